package io.holdfast.node.container;

import java.util.concurrent.atomic.AtomicInteger;

/// How many containers of this node are paused, and may be: each keeps its memory. Thread-safe.
final class PausedLimit {
  private final int max;
  private final AtomicInteger taken = new AtomicInteger();

  PausedLimit(int max) {
    this.max = max;
  }

  /// To be given back when the container goes on, ends, or was not paused after all.
  ///
  /// @return false when as many are paused as may be
  boolean take() {
    return taken.getAndUpdate(now -> now < max ? now + 1 : now) < max;
  }

  void giveBack() {
    taken.decrementAndGet();
  }
}
