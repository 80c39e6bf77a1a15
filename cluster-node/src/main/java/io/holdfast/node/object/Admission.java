package io.holdfast.node.object;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Which events an object takes in: what it cannot serve in time is refused at once, before it
/// costs anything. Any thread.
final class Admission {
  private static final long WINDOW_NANOS = 10_000_000_000L;

  private final EventLimits limits;
  private final AtomicLong queuedBytes = new AtomicLong();
  private long windowStartNanos = System.nanoTime();
  private int callsInWindow;

  Admission(EventLimits limits) {
    this.limits = limits;
  }

  /// Why the event is not to be taken in, or null; then it counts as queued until [#left].
  ///
  /// @param queued how many wait for the turn
  /// @param inObject how many are queued, running or waiting
  @Nullable HoldfastException refusal(ObjectEvent event, int queued, int inObject) {
    if (queued >= limits.queuedMax() || inObject >= limits.eventsMax()) {
      return overloaded("Too many requests queued.");
    }
    long bytes = event.bytes();
    if (bytes > 0 && queuedBytes.addAndGet(bytes) > limits.queuedBytesMax() && queued > 0) {
      queuedBytes.addAndGet(-bytes);
      return overloaded("Too much data queued.");
    }
    if (event.isCall() && limits.callsPer10sMax() > 0 && !fitsWindow()) {
      left(event);
      return overloaded("Too many requests for the same object within a 10 second window.");
    }
    return null;
  }

  /// The event waits no longer.
  void left(ObjectEvent event) {
    long bytes = event.bytes();
    if (bytes > 0) {
      queuedBytes.addAndGet(-bytes);
    }
  }

  /// Why the event, whose turn has come, is not to run any more, or null.
  @Nullable HoldfastException expiry(ObjectEvent event, long nowNanos) {
    return event.isCall() && nowNanos - event.enteredNanos() > limits.queuedTimeMax().toNanos()
        ? overloaded("Requests queued for too long.")
        : null;
  }

  private synchronized boolean fitsWindow() {
    long now = System.nanoTime();
    if (now - windowStartNanos >= WINDOW_NANOS) {
      windowStartNanos = now;
      callsInWindow = 0;
    }
    return callsInWindow++ < limits.callsPer10sMax();
  }

  private static HoldfastException overloaded(String why) {
    return new ObjectCallException(
        ErrorCode.OBJECT_OVERLOADED, "Error", "Durable Object is overloaded. " + why);
  }
}
