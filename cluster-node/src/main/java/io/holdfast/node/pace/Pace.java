package io.holdfast.node.pace;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/// Lets something be done at most once in a while, by one of those who would do it. Thread-safe;
/// never blocks.
public final class Pace {
  private final long everyNanos;
  private final LongSupplier nanoTime;
  private final AtomicLong lastNanos;

  private Pace(Duration every, LongSupplier nanoTime, long lastNanos) {
    this.everyNanos = every.toNanos();
    this.nanoTime = nanoTime;
    this.lastNanos = new AtomicLong(lastNanos);
  }

  /// The first time is at once.
  public static Pace fromNow(Duration every) {
    return new Pace(every, System::nanoTime, System.nanoTime() - every.toNanos());
  }

  /// It was done just now.
  ///
  /// @param nanoTime as [System#nanoTime()]
  public static Pace afterNow(Duration every, LongSupplier nanoTime) {
    return new Pace(every, nanoTime, nanoTime.getAsLong());
  }

  /// Whether it is time again, and the caller is the one to do it.
  public boolean isTime() {
    long last = lastNanos.get();
    long now = nanoTime.getAsLong();
    return now - last >= everyNanos && lastNanos.compareAndSet(last, now);
  }
}
