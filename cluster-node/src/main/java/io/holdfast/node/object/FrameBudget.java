package io.holdfast.node.object;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ObjectCallException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// What the frames of one life of an object that wait for durability take. Any thread.
final class FrameBudget {
  static final long BYTES_MAX = 64 << 20;

  private final AtomicLong bytes = new AtomicLong();
  private final AtomicInteger batches = new AtomicInteger();

  /// @throws ObjectCallException `object_overloaded`
  void take(int more) {
    if (bytes.addAndGet(more) > BYTES_MAX) {
      bytes.addAndGet(-more);
      throw new ObjectCallException(
          ErrorCode.OBJECT_OVERLOADED,
          "Error",
          "Durable Object is overloaded. Too much data queued: WebSocket messages of more than "
              + BYTES_MAX
              + " bytes wait for earlier writes to be durable.");
    }
  }

  void begin() {
    batches.incrementAndGet();
  }

  /// A batch has left or was lost.
  void end(long freed) {
    bytes.addAndGet(-freed);
    batches.decrementAndGet();
  }

  boolean isEmpty() {
    return batches.get() == 0;
  }

  boolean isOnly() {
    return batches.get() == 1;
  }
}
