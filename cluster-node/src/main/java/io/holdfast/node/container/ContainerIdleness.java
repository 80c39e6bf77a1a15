package io.holdfast.node.container;

import io.holdfast.node.container.ContainerLifecycle.State;
import java.time.Duration;

/// Whether a container is used, and for how long it was not. Guarded by the monitor of its
/// [ContainerCell].
final class ContainerIdleness {
  private final ContainerCell cell;
  private final IdleClock clock;

  /** Whether it is just being put to sleep: meanwhile the alarm is off. */
  boolean expiring;

  /// @param alarm runs when it may have been idle for long enough; see [IdleClock]
  ContainerIdleness(ContainerCell cell, Runnable alarm) {
    this.cell = cell;
    this.clock = new IdleClock(cell.host().timer(), alarm);
  }

  void timeout(Duration timeout) {
    if (clock.timeout(timeout)) {
      if (cell.run != null) {
        cell.run.record.change(this::limited);
      }
      watch();
    }
  }

  /// The fact with what may idle how long.
  RunFact limited(RunFact fact) {
    return clock.timeout().map(fact::idlingAtMost).orElse(fact);
  }

  boolean hasTimeout() {
    return clock.hasTimeout();
  }

  void touch() {
    clock.touch();
  }

  /// Sets the alarm anew; to be called when something may have changed.
  void watch() {
    clock.disarm();
    if (isUnused() && !expiring && !cell.host().isClosed()) {
      clock.arm();
    }
  }

  void ended() {
    clock.disarm();
  }

  boolean isIdle() {
    return isUnused() && clock.expired();
  }

  private boolean isUnused() {
    return cell.state == State.RUNNING
        && cell.run != null
        && cell.run.isUnused()
        && cell.run.probes == 0;
  }
}
