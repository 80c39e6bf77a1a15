package io.holdfast.node.object;

import io.holdfast.node.NodeFixture;
import java.time.Duration;
import org.awaitility.Awaitility;

/// How fast messages go, on one node with fsync.
///
/// Run: `java … io.holdfast.node.object.MessageBench`.
public final class MessageBench {
  private static final int MESSAGES_PER_SENDER = 4_000;

  private MessageBench() {}

  public static void main(String[] arguments) {
    try (NodeFixture node = NodeFixture.with()) {
      for (int round = 0; round < 3; round++) {
        run(node, "one pair, round " + round, 1);
        run(node, "16 pairs, round " + round, 16);
      }
    }
  }

  private static void run(NodeFixture node, String what, int pairs) {
    long before = carriedOut(node);
    long start = System.nanoTime();
    for (int sent = 0; sent < MESSAGES_PER_SENDER / pairs; sent += 50) {
      for (int pair = 0; pair < pairs; pair++) {
        node.callAsync("post", what + " from " + pair, "send", what + " to " + pair, 50);
      }
    }
    long expected = (long) MESSAGES_PER_SENDER / pairs / 50 * 50 * pairs;
    Awaitility.await()
        .pollInterval(Duration.ofMillis(5))
        .atMost(Duration.ofMinutes(2))
        .until(() -> carriedOut(node) >= before + expected);
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf("%s: %d messages, %.0f/s%n", what, expected, expected / seconds);
  }

  private static long carriedOut(NodeFixture node) {
    return node.metric("holdfast_messages_carried_out_total");
  }
}
