package io.holdfast.multijvm;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/// Adds one token after the other, each once, and keeps those that were acknowledged.
final class AddingClient {
  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicInteger refused = new AtomicInteger();
  private final Thread thread;

  /// What is added where.
  record Addition(String path, String token) {}

  private AddingClient(
      NodeProcess node, Queue<String> acknowledged, IntFunction<Addition> additions) {
    this.thread = Thread.ofVirtual().start(() -> play(node, acknowledged, additions));
  }

  /// Begins.
  ///
  /// @param acknowledged gets the tokens; thread-safe
  /// @param additions by their number, from 0
  static AddingClient start(
      NodeProcess node, Queue<String> acknowledged, IntFunction<Addition> additions) {
    return new AddingClient(node, acknowledged, additions);
  }

  private void play(NodeProcess node, Queue<String> acknowledged, IntFunction<Addition> additions) {
    for (int number = 0; !over.get(); number++) {
      Addition next = additions.apply(number);
      try {
        if (node.post(next.path() + "?token=" + next.token(), "").status() == 200) {
          acknowledged.add(next.token());
        } else {
          refused.incrementAndGet();
        }
      } catch (UncheckedIOException _) {
        refused.incrementAndGet();
        NodeProcess.pause(Duration.ofMillis(20));
      }
    }
  }

  /// Ends; returns when the last answer was there.
  ///
  /// @return how many were not acknowledged
  int stop() throws InterruptedException {
    over.set(true);
    thread.join();
    return refused.get();
  }
}
