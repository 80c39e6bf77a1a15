package io.holdfast.node.container;

import io.holdfast.node.container.ContainerLifecycle.State;
import io.holdfast.sdk.SleepMode;
import java.time.Duration;

/// Whether a container is used, and for how long it was not. Guarded by the monitor of its
/// [ContainerCell].
final class ContainerIdleness {
  private final ContainerCell cell;
  private final IdleClock clock;

  /** Of the time that it is frozen. */
  private final IdleClock pausedClock;

  private SleepMode mode = SleepMode.STOP;

  /** Whether it is just being put to sleep: meanwhile the alarm is off. */
  boolean expiring;

  /// @param alarm runs when it may have been idle for long enough; see [IdleClock]
  ContainerIdleness(ContainerCell cell, Runnable alarm) {
    this.cell = cell;
    this.clock = new IdleClock(cell.host().timer(), alarm);
    this.pausedClock = new IdleClock(cell.host().timer(), alarm);
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

  /// @param pausedFor how long it may be frozen
  void mode(SleepMode wanted, Duration pausedFor) {
    mode = wanted;
    if (pausedClock.timeout(pausedFor)) {
      watch();
    }
  }

  /// Whether it is to be frozen first.
  boolean pausesFirst() {
    return mode == SleepMode.PAUSE && cell.state == State.RUNNING;
  }

  boolean hasTimeout() {
    return clock.hasTimeout();
  }

  void touch() {
    clock.touch();
    pausedClock.touch();
  }

  /// Sets the alarm anew; to be called when something may have changed.
  void watch() {
    ended();
    if (isUnused() && !expiring && !cell.host().isClosed()) {
      running().arm();
    }
  }

  void ended() {
    clock.disarm();
    pausedClock.disarm();
  }

  private IdleClock running() {
    return cell.state == State.PAUSED ? pausedClock : clock;
  }

  boolean isIdle() {
    return isUnused() && running().expired();
  }

  private boolean isUnused() {
    return (cell.state == State.RUNNING || cell.state == State.PAUSED)
        && cell.run != null
        && cell.run.isUnused()
        && cell.run.probes == 0;
  }
}
