package io.holdfast.node.container;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// How long a container has been idle, and the alarm for when that is long enough.
///
/// Guarded by the monitor of its supervisor, which decides when it runs.
final class IdleClock {
  /// "Never" for those who give an enormous timeout; nanoseconds count 292 years.
  private static final Duration TIMEOUT_MAX = Duration.ofDays(36_500);

  private static final long DELAY_MIN_NANOS = 1_000_000;

  private final ScheduledExecutorService timer;
  private final Runnable alarm;
  private long lastActivityNanos = System.nanoTime();
  private @Nullable Duration timeout;
  private @Nullable ScheduledFuture<?> pending;

  /// @param alarm runs on the timer's thread, must not block, and looks for itself whether it is
  ///   time
  IdleClock(ScheduledExecutorService timer, Runnable alarm) {
    this.timer = timer;
    this.alarm = alarm;
  }

  /// @return whether it is another one than before
  /// @throws HoldfastException `invalid_argument` when not positive
  boolean timeout(Duration wanted) {
    if (wanted.isNegative() || wanted.isZero()) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT, "expected a positive inactivity timeout, found " + wanted);
    }
    Duration before = timeout;
    timeout = wanted.compareTo(TIMEOUT_MAX) < 0 ? wanted : TIMEOUT_MAX;
    return !timeout.equals(before);
  }

  Optional<Duration> timeout() {
    return Optional.ofNullable(timeout);
  }

  boolean hasTimeout() {
    return timeout != null;
  }

  /// Something happened.
  void touch() {
    lastActivityNanos = System.nanoTime();
  }

  /// Whether nothing happened for long enough.
  boolean expired() {
    return timeout != null && leftNanos(timeout) <= 0;
  }

  private long leftNanos(Duration of) {
    return of.toNanos() - (System.nanoTime() - lastActivityNanos);
  }

  /// The alarm comes when it will have expired, unless something happens; does nothing without a
  /// timeout.
  void arm() {
    disarm();
    if (timeout != null) {
      long delay = Math.max(leftNanos(timeout), DELAY_MIN_NANOS);
      pending = timer.schedule(alarm, delay, TimeUnit.NANOSECONDS);
    }
  }

  void disarm() {
    if (pending != null) {
      pending.cancel(false);
      pending = null;
    }
  }
}
