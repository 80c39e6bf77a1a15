package io.holdfast.node.container;

import io.holdfast.node.container.ContainerLifecycle.Action;
import io.holdfast.node.container.ContainerLifecycle.Event;
import io.holdfast.node.container.ContainerLifecycle.State;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Kills a container at an absolute time, whatever it does then. The time stands on the container's
/// labels, so whoever takes it over sets this up anew.
final class HardDeadline {
  private static final Logger log = LoggerFactory.getLogger(HardDeadline.class);

  /** By then it is noticed that the clock was set. */
  private static final Duration LOOK_AGAIN_AFTER = Duration.ofHours(1);

  private final ContainerCell cell;
  private final ContainerEnding ending;

  HardDeadline(ContainerCell cell, ContainerEnding ending) {
    this.cell = cell;
    this.ending = ending;
  }

  /// Does not wait.
  void watch(ContainerRun watched, Instant deadline) {
    Duration left = Duration.between(cell.host().clock().instant(), deadline);
    Duration delay = left.compareTo(LOOK_AGAIN_AFTER) < 0 ? left : LOOK_AGAIN_AFTER;
    var _ =
        cell.host()
            .timer()
            .schedule(
                () -> look(watched, deadline),
                Math.max(1, delay.toMillis()),
                TimeUnit.MILLISECONDS);
  }

  private void look(ContainerRun watched, Instant deadline) {
    if (watched.exited.isDone() || cell.host().isClosed()) {
      return;
    }
    if (cell.host().clock().instant().isBefore(deadline)) {
      watch(watched, deadline);
    } else {
      end(watched);
    }
  }

  private void end(ContainerRun over) {
    synchronized (cell) {
      if (cell.run != over || cell.state == State.STOPPED) {
        return;
      }
      log.info("{}: container reached its hard timeout", cell.address());
      over.endWanted = true;
      over.record.change(RunFact::toldToEnd);
      if (cell.step(Event.DESTROY_ORDERED) == Action.KILL) {
        cell.inBackground("kill", () -> ending.kill(over));
      }
    }
  }
}
