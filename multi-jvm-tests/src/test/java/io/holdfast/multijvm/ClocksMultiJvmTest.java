package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two nodes, the clock of one of which is wrong.
class ClocksMultiJvmTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final List<String> TIMERS =
      IntStream.range(0, 16).mapToObj(number -> "t" + number).toList();

  @TempDir Path directory;

  /// A node whose clock is ahead finds alarms due of objects on the other, which has time yet; and
  /// then waits by a clock that is set back.
  @Test
  void alarmsRingInTimeThoughTheClockOfANodeIsAheadAndSetRight() throws Exception {
    try (TestCluster cluster =
        TestCluster.of(directory, 2, NodeProcess::withJumpingClock, Apps.timers(directory))) {
      NodeProcess right = cluster.node(1);
      arm(right, "before", System.currentTimeMillis());
      awaitFired(right, "before");
      cluster.node(2).setClock(Duration.ofMinutes(20));
      arm(right, "during", System.currentTimeMillis() + 3_000);
      awaitFired(right, "during");

      arm(right, "after", System.currentTimeMillis() + 3_000);
      NodeProcess.pause(Duration.ofSeconds(1));
      cluster.node(2).setClock(Duration.ZERO);
      awaitFired(right, "after");
    }
  }

  private static void arm(NodeProcess node, String token, long due) {
    for (String timer : TIMERS) {
      String _ = node.post("/timers/%s?token=%s&at=%d".formatted(timer, token, due), "").ok();
    }
  }

  private static void awaitFired(NodeProcess node, String token) {
    Awaitility.await("all fired " + token)
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(TIMERS)
                .allSatisfy(timer ->
                    assertThat(node.get("/timers/" + timer).ok()).contains("\n" + token + " ")));
  }
}
