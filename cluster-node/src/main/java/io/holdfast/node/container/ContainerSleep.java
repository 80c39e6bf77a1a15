package io.holdfast.node.container;

import io.holdfast.node.container.ContainerLifecycle.Event;
import io.holdfast.node.container.ContainerLifecycle.State;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What happens to a container that nobody uses: it is put to sleep, by its object if that wants to
/// be asked. Thread-safe.
final class ContainerSleep {
  private static final Logger log = LoggerFactory.getLogger(ContainerSleep.class);

  private final ContainerCell cell;
  private final ContainerHost host;
  private final ContainerIdleness idleness;
  private final ContainerOrders orders;
  private final ContainerPause pause;
  private final ContainerOwnerHooks hooks;
  private final boolean hooked;

  /// @param hooked whether the object wants to be asked
  ContainerSleep(
      ContainerCell cell,
      ContainerIdleness idleness,
      ContainerOrders orders,
      ContainerPause pause,
      ContainerOwnerHooks hooks,
      boolean hooked) {
    this.cell = cell;
    this.host = cell.host();
    this.idleness = idleness;
    this.orders = orders;
    this.pause = pause;
    this.hooks = hooks;
    this.hooked = hooked;
  }

  // ---- the object leaves memory
  // -------------------------------------------------------------------------------

  /// See [ContainerSupervisor#objectLeaves].
  void objectLeaves() {
    boolean keepsFiles = !host.persistentPaths(cell.address()).isEmpty();
    ContainerRun unused =
        orders.order(
            keepsFiles ? Event.STOP_ORDERED : Event.DESTROY_ORDERED,
            keepsFiles ? host.stopGrace() : Duration.ZERO,
            () -> !hooked && !idleness.hasTimeout() && unusedElseEndsLater());
    log.debug(
        "{}: left memory, its container {}", cell.address(), unused == null ? "goes on" : "ends");
  }

  /** Called with the monitor held. */
  private boolean unusedElseEndsLater() {
    if (cell.run != null && !cell.run.isUnused()) {
      cell.run.endWhenUnused = true;
      return false;
    }
    return true;
  }

  // ---- the clock
  // ----------------------------------------------------------------------------------------------

  /// The idle clock's alarm; does not block.
  void onAlarm() {
    boolean pauseFirst;
    synchronized (cell) {
      if (!idleness.isIdle()) {
        idleness.watch();
        return;
      }
      pauseFirst = idleness.pausesFirst();
    }
    if (!host.isClosed()) {
      cell.inBackground("sleep", () -> rest(pauseFirst));
    }
  }

  private void rest(boolean pauseFirst) {
    if (!pauseFirst || pause.pause() == ContainerPause.Outcome.REFUSED) {
      expire(this::isIdle);
    }
  }

  private boolean isIdle() {
    synchronized (cell) {
      return idleness.isIdle();
    }
  }

  /// See [ContainerSupervisor#sleepNow].
  void sleepNow(Duration grace) {
    ContainerRun sleeping;
    boolean stopped;
    synchronized (cell) {
      sleeping = cell.run;
      stopped = cell.state == State.STOPPED;
    }
    if (sleeping == null) {
      return;
    }
    if (!stopped) {
      expire(() -> true);
      cell.awaitUntil(() -> !idleness.expiring, System.nanoTime() + Long.MAX_VALUE / 2);
      orders.order(Event.STOP_ORDERED, grace, () -> cell.run == sleeping);
    }
    Waits.join(sleeping.settled);
  }

  /** One at a time. */
  private void expire(BooleanSupplier still) {
    synchronized (cell) {
      if (idleness.expiring) {
        return;
      }
      idleness.expiring = true;
    }
    log.debug("{}: container goes to sleep", cell.address());
    try {
      if (hooked) {
        Waits.join(hooks.idle(still));
      } else {
        orders.end(Event.STOP_ORDERED, host.stopGrace(), still);
      }
    } catch (RuntimeException e) {
      log.warn("{}: putting the container to sleep failed: {}", cell.address(), e.getMessage());
    } finally {
      synchronized (cell) {
        idleness.expiring = false;
        cell.notifyAll();
        idleness.touch();
        idleness.watch();
      }
    }
  }
}
