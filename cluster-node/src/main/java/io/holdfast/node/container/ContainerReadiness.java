package io.holdfast.node.container;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Readiness;
import java.time.Duration;
import java.util.Optional;

/// Waiting until a container answers; that counts as use of it. Thread-safe.
final class ContainerReadiness {
  private final ContainerCell cell;
  private final ContainerHost host;
  private final ContainerIdleness idleness;
  private final ContainerPause pause;

  ContainerReadiness(ContainerCell cell, ContainerIdleness idleness, ContainerPause pause) {
    this.cell = cell;
    this.host = cell.host();
    this.idleness = idleness;
    this.pause = pause;
  }

  /// See [ContainerSupervisor#awaitReady].
  void await(Readiness readiness, Duration timeout) {
    ContainerRun watched = cell.currentOrUntold(cell::notRunning);
    long deadline = System.nanoTime() + timeout.toNanos();
    synchronized (cell) {
      watched.probes++;
      idleness.watch();
    }
    try {
      await(watched, readiness, timeout, deadline);
    } catch (HoldfastException e) {
      throw cell.wasToldToEnd(watched) && !watched.neverRan() ? cell.notRunning() : e;
    } finally {
      synchronized (cell) {
        watched.probes--;
        idleness.touch();
        idleness.watch();
        cell.notifyAll();
      }
    }
  }

  private void await(
      ContainerRun watched, Readiness readiness, Duration timeout, long deadlineNanos) {
    String missed = "the container of object " + cell.address() + " did not start";
    ContainerRun.Place place = launched(watched, timeout, missed);
    if (cell.wasToldToEnd(watched)) {
      throw cell.notRunning();
    }
    if (readiness instanceof Readiness.Running) {
      return;
    }
    pause.awaken(watched);
    Duration left = Duration.ofNanos(Math.max(1, deadlineNanos - System.nanoTime()));
    if (place.address().isEmpty() || watched.exited.isDone()) {
      throw host.probe()
          .endedFirst(place.id(), readiness, Waits.join(watched.exited, left, missed));
    }
    host.probe().await(place.id(), place.address().get(), readiness, left, watched.exited);
    watched.ready = true;
  }

  /// Waits until the engine has started it; who waits in vain is told of a pull that takes so long.
  private ContainerRun.Place launched(ContainerRun watched, Duration timeout, String missed) {
    try {
      return Waits.join(watched.launched, timeout, missed);
    } catch (HoldfastException e) {
      String image = watched.image;
      Optional<String> pull =
          e.code() == ErrorCode.TIMEOUT && image != null
              ? host.engine().pulls().of(image).map(seen -> seen.text(host.clock().instant()))
              : Optional.empty();
      throw pull.isEmpty()
          ? e
          : new HoldfastException(e.code(), e.getMessage() + ": " + pull.get(), e);
    }
  }
}
