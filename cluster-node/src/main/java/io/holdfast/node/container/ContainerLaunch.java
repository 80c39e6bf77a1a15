package io.holdfast.node.container;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.InstanceType;
import io.holdfast.engine.StartedContainer;
import io.holdfast.node.capacity.Resources;
import io.holdfast.node.capacity.StartTicket;
import io.holdfast.node.container.ContainerLifecycle.Action;
import io.holdfast.node.container.ContainerLifecycle.Event;
import io.holdfast.node.container.ContainerLifecycle.State;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.StartOptions;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How a container comes to run: started on the engine, or taken over from an earlier life of the
/// node. Thread-safe.
final class ContainerLaunch {
  private static final Logger log = LoggerFactory.getLogger(ContainerLaunch.class);
  private static final int LAUNCH_TRIES = 3;

  private final ContainerCell cell;
  private final ContainerHost host;
  private final ContainerIdleness idleness;
  private final ContainerFiles files;
  private final ContainerEnding ending;

  ContainerLaunch(
      ContainerCell cell,
      ContainerIdleness idleness,
      ContainerFiles files,
      ContainerEnding ending) {
    this.cell = cell;
    this.files = files;
    this.host = cell.host();
    this.idleness = idleness;
    this.ending = ending;
  }

  // ---- start
  // --------------------------------------------------------------------------------------------------

  /// Starts it on the engine once that is permitted; waits, runs on a virtual thread.
  void launch(
      ContainerRun started,
      StartOptions options,
      ContainerFiles.Before before,
      CompletableFuture<Void> permitted) {
    long begun = System.nanoTime();
    Optional<ContainerRun.Place> place;
    try {
      Waits.join(permitted);
      host.inventory().adopt();
      place =
          started.launched.isDone() ? Optional.empty() : Optional.of(ask(started, options, before));
    } catch (RuntimeException | Error e) {
      if (!started.launched.isDone()) {
        host.metrics().startFailed();
        failed(started, e);
      }
      return;
    }
    place.ifPresent(at -> {
      host.metrics().started(System.nanoTime() - begun);
      launched(started, at);
    });
  }

  /** Called with the monitor held. */
  private RunFact firstFact(ContainerRun started, ContainerOwner owner) {
    RunFact fact = idleness.limited(RunFact.of(owner, host.image(cell.address())));
    return started.endWanted ? fact.toldToEnd() : fact;
  }

  private ContainerRun.Place ask(
      ContainerRun started, StartOptions options, ContainerFiles.Before before) {
    // The container before is removed by the start: not before its files are kept.
    StartFiles first = files.toRestore(before);
    Waits.join(cell.endsNoted());
    ContainerOwner owner = host.newOwner(cell.address());
    StartTicket room = awaitRoom(started, host.instanceType(cell.address(), options));
    host.inventory().wants(owner);
    try {
      ContainerSpec spec =
          host.spec(cell.address(), owner, options, started.network().orElseThrow(), first);
      started.image = spec.image();
      StartedContainer container = startPatiently(spec, preparation(spec, first));
      host.usage().containers().started(owner, container.id(), spec.instanceType());
      return new ContainerRun.Place(
          owner, container.id(), container.address(), ContainerFacts.of(spec));
    } catch (RuntimeException | Error e) {
      room.release();
      host.inventory().wantsNoMore(owner);
      if (e instanceof HoldfastException fault && fault.code() == ErrorCode.ENGINE_UNAVAILABLE) {
        host.inventory().cleanSoon();
      }
      throw e;
    }
  }

  private StartTicket awaitRoom(ContainerRun started, InstanceType type) {
    StartTicket room = host.capacity().take(cell.address(), Resources.of(type));
    synchronized (cell) {
      started.takes(room);
    }
    room.await();
    return room;
  }

  private ContainerEngine.Preparation preparation(ContainerSpec spec, StartFiles first) {
    if (first.isEmpty()) {
      return ContainerEngine.Preparation.NONE;
    }
    return created -> first.restore(cell.address(), created, spec.readOnlyRoot(), host.files());
  }

  /**
   * An engine that does not answer may have started it all the same: the same start again finds it.
   */
  private StartedContainer startPatiently(
      ContainerSpec spec, ContainerEngine.Preparation preparation) {
    for (int attempt = 1; ; attempt++) {
      try {
        return host.images().using(spec.image(), () -> host.engine().start(spec, preparation));
      } catch (HoldfastException e) {
        if (e.code() != ErrorCode.ENGINE_UNAVAILABLE || attempt == LAUNCH_TRIES) {
          throw e;
        }
        Waits.pause(host.retryPause().multipliedBy(attempt));
      }
    }
  }

  private void launched(ContainerRun started, ContainerRun.Place place) {
    Action action;
    synchronized (cell) {
      started.record.begin(firstFact(started, place.owner()));
      action = step(Event.LAUNCHED);
    }
    runs(started, place, action);
  }

  /** Called with the monitor held. */
  private Action step(Event event) {
    Action action = cell.step(event);
    idleness.touch();
    idleness.watch();
    return action;
  }

  private void runs(ContainerRun started, ContainerRun.Place place, Action action) {
    place.address().ifPresent(at -> host.addresses().enter(at, started, cell.egress()));
    started.launched.complete(place);
    var _ = started.record.written().thenRun(() -> started.noted.complete(null));
    cell.inBackground("watch", () -> ending.watch(started, place));
    place.facts().hardDeadline().ifPresent(at -> new HardDeadline(cell, ending).watch(started, at));
    if (action == Action.WATCH_AND_KILL) {
      cell.inBackground("kill", () -> ending.kill(started));
    }
  }

  private void failed(ContainerRun started, Throwable error) {
    HoldfastException reason =
        error instanceof HoldfastException known
            ? known
            : new HoldfastException(
                ErrorCode.CONTAINER_START_FAILED,
                "Failed to start container: " + error.getMessage(),
                error);
    log.warn("{}: container could not be started: {}", cell.address(), reason.getMessage());
    synchronized (cell) {
      if (cell.step(Event.LAUNCH_FAILED) == Action.REFUSE) {
        return; // Another start has found it running meanwhile.
      }
      started.launched.completeExceptionally(reason);
      started.exited.completeExceptionally(reason);
      started.ended.completeExceptionally(reason);
    }
    started.settled.complete(null);
  }

  // ---- adoption
  // -----------------------------------------------------------------------------------------------

  /// Takes over a container that an earlier life of this node started and that runs. Does not wait.
  ///
  /// @param fact what is known of it
  /// @return false when this supervisor is retired
  boolean foundRunning(ContainerRun.Place place, StartTicket room, RunFact fact) {
    ContainerRun adopted;
    Action action;
    synchronized (cell) {
      if (cell.retired) {
        return false;
      }
      ContainerRun ordered = cell.run;
      adopted =
          ordered == null || cell.state == State.STOPPED ? new ContainerRun(host.book()) : ordered;
      adopted.prepared = fact.prepared();
      adopted.labels = fact.labels().orElse(null);
      adopted.record.begin(adopted.endWanted ? fact.toldToEnd() : fact);
      adopted.endWanted |= fact.endWanted();
      adopted.takes(room);
      cell.run = adopted;
      if (!idleness.hasTimeout()) {
        fact.inactivityTimeout().ifPresent(idleness::timeout);
      }
      // In the same breath: an order to start in between would take the run's place.
      action = step(Event.FOUND_RUNNING);
    }
    runs(adopted, place, action);
    if (fact.endWanted()) {
      endAgain(adopted);
    } else {
      cell.inBackground("found", ending::reportFound);
    }
    return true;
  }

  /** An order stays ordered. */
  private void endAgain(ContainerRun adopted) {
    synchronized (cell) {
      if (cell.run == adopted && cell.step(Event.STOP_ORDERED) == Action.TERMINATE) {
        cell.inBackground("stop", () -> ending.terminate(adopted, host.stopGrace()));
      }
    }
  }
}
