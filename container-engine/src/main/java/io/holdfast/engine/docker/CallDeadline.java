package io.holdfast.engine.docker;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// Interrupts the calling thread when a call takes too long: over a Unix socket the transport knows
/// no time limit.
final class CallDeadline implements AutoCloseable {
  private static final ScheduledThreadPoolExecutor TIMER = timer();

  private final Thread caller = Thread.currentThread();
  private final Future<?> alarm;
  private Stage stage = Stage.RUNNING;

  private enum Stage {
    RUNNING,
    PASSED,
    DONE
  }

  CallDeadline(Duration limit) {
    this.alarm = TIMER.schedule(this::pass, limit.toNanos(), TimeUnit.NANOSECONDS);
  }

  private static ScheduledThreadPoolExecutor timer() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1,
            task -> Thread.ofPlatform().daemon().name("holdfast-engine-deadlines").unstarted(task));
    timer.setRemoveOnCancelPolicy(true);
    return timer;
  }

  private synchronized void pass() {
    if (stage == Stage.RUNNING) {
      stage = Stage.PASSED;
      caller.interrupt();
    }
  }

  synchronized boolean passed() {
    return stage == Stage.PASSED;
  }

  /// Leaves the thread uninterrupted, unless somebody else interrupted it.
  @Override
  public synchronized void close() {
    alarm.cancel(false);
    if (stage == Stage.PASSED) {
      Thread.interrupted();
    }
    stage = Stage.DONE;
  }
}
