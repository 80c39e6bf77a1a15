package io.holdfast.node.container;

import io.holdfast.engine.ContainerId;
import io.holdfast.node.container.ContainerLifecycle.Event;
import io.holdfast.node.container.ContainerLifecycle.State;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * The state is PAUSED from when the engine has frozen the container until the engine lets it go on: so it is never shown
 * wrongly. While the engine is asked to do either, `ContainerRun.freezing` is set, and nobody else asks. Who uses a
 * container counts as in flight first and awakens it then: so one that is used is not frozen, and one that is just being
 * frozen is awakened right after.
 *
 * An engine that does not answer may have frozen it all the same: `ContainerRun.mayBeFrozen` then stays set, and the next
 * use asks the engine to let it go on, whatever the state is.
 */
/// Freezes a container that nobody uses, or for a while, and lets it go on. Thread-safe.
final class ContainerPause {
  private static final Logger log = LoggerFactory.getLogger(ContainerPause.class);
  private static final Duration END_SEEN_MAX = Duration.ofSeconds(5);

  private final ContainerCell cell;
  private final ContainerHost host;
  private final ContainerIdleness idleness;

  ContainerPause(ContainerCell cell, ContainerIdleness idleness) {
    this.cell = cell;
    this.host = cell.host();
    this.idleness = idleness;
  }

  /// What became of an attempt to freeze.
  enum Outcome {
    PAUSED,
    /// It is used or has ended.
    NOT_NOW,
    /// The engine does not do it, or as many are paused as may be.
    REFUSED
  }

  /// Freezes the container if it is idle; waits.
  Outcome pause() {
    ContainerRun frozen;
    synchronized (cell) {
      frozen = cell.run;
      if (frozen == null || cell.state != State.RUNNING || frozen.freezing || !idleness.isIdle()) {
        return Outcome.NOT_NOW;
      }
      if (!host.pausedLimit().take()) {
        return Outcome.REFUSED;
      }
      frozen.freezing = true;
      frozen.mayBeFrozen = true;
    }
    Outcome outcome = Outcome.NOT_NOW;
    try {
      outcome = ask(frozen);
    } finally {
      frozen(frozen, outcome);
    }
    return outcome;
  }

  private Outcome ask(ContainerRun frozen) {
    ContainerId id = Waits.join(frozen.launched).id();
    try {
      host.engine().pause(id);
      return Outcome.PAUSED;
    } catch (HoldfastException e) {
      log.warn("{}: container {} is not paused: {}", cell.address(), id, e.getMessage());
      return e.code() == ErrorCode.CONTAINER_NOT_RUNNING ? Outcome.NOT_NOW : Outcome.REFUSED;
    }
  }

  private void frozen(ContainerRun frozen, Outcome outcome) {
    synchronized (cell) {
      frozen.freezing = false;
      if (outcome == Outcome.PAUSED && cell.run == frozen && cell.state == State.RUNNING) {
        cell.step(Event.PAUSED);
      } else {
        host.pausedLimit().giveBack();
      }
      // One that is put to sleep instead is as idle as before.
      if (outcome != Outcome.REFUSED) {
        idleness.touch();
        idleness.watch();
      }
      cell.notifyAll();
    }
  }

  /// Lets it go on when it is frozen, or may be; waits until it does. To be called by who uses it,
  /// after that counts as in flight.
  ///
  /// @throws HoldfastException `container_not_running` when it has ended; `engine_unavailable`
  void awaken(ContainerRun used) {
    synchronized (cell) {
      awaitNoChange(used, Long.MAX_VALUE);
      if (!used.mayBeFrozen || cell.run != used || cell.state == State.STOPPED) {
        return;
      }
      used.freezing = true;
    }
    goOn(used);
  }

  private void goOn(ContainerRun used) {
    boolean awake = false;
    try {
      resume(used);
      awake = true;
    } finally {
      synchronized (cell) {
        used.freezing = false;
        if (awake) {
          used.mayBeFrozen = false;
          if (cell.run == used && cell.state == State.PAUSED) {
            cell.step(Event.RESUMED);
          }
        }
        idleness.touch();
        idleness.watch();
        cell.notifyAll();
      }
    }
  }

  /// Runs a task while a container that is used is frozen all the same; who else uses it waits
  /// until it goes on.
  ///
  /// @throws HoldfastException `container_not_running`; `engine_unavailable`; what the task throws
  <T> T whileFrozen(ContainerRun used, Supplier<T> task) {
    ContainerId id = Waits.join(used.launched).id();
    synchronized (cell) {
      awaitNoChange(used, Long.MAX_VALUE);
      if (cell.run != used || cell.state == State.STOPPED || used.endWanted) {
        throw cell.notRunning();
      }
      used.freezing = true;
      used.mayBeFrozen = true;
    }
    try {
      host.engine().pause(id);
      return task.get();
    } finally {
      goOnLater(used);
    }
  }

  /** Who uses it next tries again when that fails. */
  private void goOnLater(ContainerRun used) {
    try {
      goOn(used);
    } catch (HoldfastException e) {
      log.warn("{}: container does not go on yet: {}", cell.address(), e.getMessage());
    }
  }

  private void resume(ContainerRun used) {
    try {
      host.engine().resume(Waits.join(used.launched).id());
    } catch (HoldfastException e) {
      if (e.code() != ErrorCode.CONTAINER_NOT_RUNNING) {
        throw e;
      }
      // Who asks again finds it stopped, not still there.
      cell.awaitUntil(
          () -> cell.run != used || cell.state == State.STOPPED,
          System.nanoTime() + END_SEEN_MAX.toNanos());
      throw cell.notRunning();
    }
  }

  /// Waits until the engine is not being asked to freeze it or to let it go on.
  void awaitNoChange(ContainerRun of, long nanos) {
    long deadline = System.nanoTime() + Math.min(nanos, Long.MAX_VALUE / 2);
    cell.awaitUntil(() -> !of.freezing, deadline);
  }
}
