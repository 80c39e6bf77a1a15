package io.holdfast.node.container;

import io.holdfast.engine.egress.EgressPolicy;
import io.holdfast.node.container.ContainerLifecycle.Action;
import io.holdfast.node.container.ContainerLifecycle.Event;
import io.holdfast.node.container.ContainerLifecycle.State;
import io.holdfast.node.files.KeptFiles;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.StartOptions;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// What a container can be told: to start, to end, a signal. Thread-safe.
final class ContainerOrders {
  private final ContainerCell cell;
  private final ContainerFiles files;
  private final ContainerLaunch launch;
  private final ContainerEnding ending;
  private final ContainerPause pause;

  ContainerOrders(
      ContainerCell cell,
      ContainerFiles files,
      ContainerLaunch launch,
      ContainerEnding ending,
      ContainerPause pause) {
    this.cell = cell;
    this.files = files;
    this.launch = launch;
    this.ending = ending;
    this.pause = pause;
  }

  /// See [ContainerSupervisor#start].
  void start(
      StartOptions options,
      Optional<KeptFiles> committed,
      Outbound outbound,
      CompletableFuture<Void> permitted) {
    cell.host().check(cell.address(), options);
    StartFiles snapshots = StartFiles.of(options, cell.address(), cell.host().files().snapshots());
    EgressPolicy policy = cell.egress().plan(outbound);
    ContainerRun started = new ContainerRun(cell.host().book());
    started.network = policy.network();
    ContainerFiles.Before filesBefore;
    ContainerRun before;
    synchronized (cell) {
      if (cell.retired) {
        throw new HoldfastException(
            ErrorCode.OBJECT_UNAVAILABLE, "object " + cell.address() + " is leaving memory");
      }
      if (cell.leaving) {
        throw new HoldfastException(
            ErrorCode.OBJECT_UNAVAILABLE, "object " + cell.address() + " is moving");
      }
      if (cell.step(Event.START_ORDERED) != Action.LAUNCH) {
        throw new HoldfastException(
            ErrorCode.WRONG_STATE,
            "start() cannot be called on a container that is already running.");
      }
      cell.egress().set(outbound, policy);
      before = cell.run;
      cell.run = started;
      cell.lastExit = null;
      filesBefore = files.before(committed, snapshots);
    }
    cell.inBackground(
        "launch",
        () -> {
          ending.awaitHeard(before);
          cell.awaitNoneElsewhere();
          launch.launch(started, options, filesBefore, permitted);
        });
  }

  /// See [ContainerSupervisor#signal].
  void signal(int number) {
    if (number < 1 || number > 64) {
      throw new HoldfastException(ErrorCode.INVALID_ARGUMENT, "Invalid signal number.");
    }
    ContainerRun signalled = cell.current(() -> ContainerCell.cannot("signal()"));
    try {
      pause.awaken(signalled);
      cell.host().engine().signal(Waits.join(signalled.launched).id(), number);
    } catch (HoldfastException e) {
      throw e.code() == ErrorCode.CONTAINER_NOT_RUNNING ? ContainerCell.cannot("signal()") : e;
    }
  }

  /// Orders the end when the condition holds, and waits for it.
  void end(Event order, Duration grace, BooleanSupplier condition) {
    ContainerRun ended = order(order, grace, condition);
    if (ended != null) {
      awaitEnd(ended);
      if (order == Event.STOP_ORDERED && !ended.neverRan()) {
        files.awaitKept(ended);
      }
    }
  }

  private void awaitEnd(ContainerRun ended) {
    try {
      ended.awaitEnd();
      cell.told(ended);
    } catch (HoldfastException e) {
      if (!ended.neverRan()) {
        throw e;
      }
    }
  }

  /// Orders the end; does not wait.
  ///
  /// @param condition asked with the monitor held
  /// @return null when there is nothing to end, or the condition does not hold
  @Nullable ContainerRun order(Event order, Duration grace, BooleanSupplier condition) {
    synchronized (cell) {
      if (!condition.getAsBoolean()) {
        return null;
      }
      ContainerRun told = cell.run;
      if (told == null || cell.state == State.STOPPED) {
        cell.step(order);
        return null;
      }
      told.wantEnd();
      told.killWanted |= order == Event.DESTROY_ORDERED;
      told.record.change(RunFact::toldToEnd);
      switch (cell.step(order)) {
        case TERMINATE -> cell.inBackground("stop", () -> ending.terminate(told, grace));
        case KILL -> cell.inBackground("kill", () -> ending.kill(told));
        case NONE, LAUNCH, WATCH, WATCH_AND_KILL, REPORT_FAILURE, REPORT_EXIT, REFUSE -> {}
      }
      return told;
    }
  }
}
