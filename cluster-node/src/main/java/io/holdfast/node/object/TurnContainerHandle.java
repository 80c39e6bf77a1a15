package io.holdfast.node.object;

import io.holdfast.node.container.ContainerSupervisor;
import io.holdfast.node.container.Outbound;
import io.holdfast.node.files.KeptFiles;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ContainerExitException;
import io.holdfast.sdk.ContainerHandle;
import io.holdfast.sdk.ContainerInspection;
import io.holdfast.sdk.ContainerPort;
import io.holdfast.sdk.ContainerProcess;
import io.holdfast.sdk.ContainerSnapshot;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.DirectorySnapshot;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ExecOptions;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.OutboundConfig;
import io.holdfast.sdk.OutboundRules;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.SleepMode;
import io.holdfast.sdk.StartOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/// The container as the object's code sees it: commands leave only after earlier writes are
/// durable, and waiting gives the turn away.
final class TurnContainerHandle implements ContainerHandle {
  private final Incarnation incarnation;
  private final ContainerSupervisor supervisor;

  TurnContainerHandle(Incarnation incarnation, ContainerSupervisor supervisor) {
    this.incarnation = incarnation;
    this.supervisor = supervisor;
  }

  @Override
  public boolean running() {
    incarnation.turn();
    return supervisor.running();
  }

  @Override
  public boolean prepared() {
    incarnation.turn();
    return supervisor.prepared();
  }

  @Override
  public void markPrepared() {
    supervisor.markPrepared(incarnation.whenDurable());
  }

  @Override
  public void start(StartOptions options, OutboundConfig config) {
    incarnation.turn();
    Optional<Outbound> before = ObjectOutbound.stored(incarnation.database());
    Outbound outbound =
        before.orElseGet(() -> new Outbound(config, OutboundRules.NONE)).with(config);
    if (before.isPresent() || supervisor.isGated(outbound)) {
      ObjectOutbound.store(incarnation, outbound);
    }
    ObjectRun.begin(incarnation);
    supervisor.start(options, storedFiles(), outbound, incarnation.whenDurable());
  }

  private Optional<KeptFiles> storedFiles() {
    return supervisor.keepsFiles() ? ObjectFiles.stored(incarnation.database()) : Optional.empty();
  }

  @Override
  public ContainerExit monitor() {
    incarnation.turn();
    // Chosen within the turn: once others have theirs, there may be another run.
    Supplier<ContainerExit> end = supervisor.monitor();
    ContainerExit exit = waiting(end::get);
    boolean asked = exit.reason() == ContainerExit.Reason.RUNTIME_SIGNAL;
    if (exit.exitCode() != 0 && !asked) {
      throw new ContainerExitException(exit.exitCode());
    }
    return exit;
  }

  @Override
  public void awaitReady(Readiness readiness, Duration timeout) {
    waiting(() -> {
      supervisor.awaitReady(readiness, timeout);
      return true;
    });
  }

  @Override
  public ContainerPort port(int port) {
    if (port < 1 || port > 65_535) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT, "expected a port from 1 to 65535, found " + port);
    }
    return new TurnContainerPort(incarnation, supervisor, port);
  }

  @Override
  public ContainerProcess exec(List<String> command, ExecOptions options) {
    return new TurnProcess(incarnation, leaving(() -> supervisor.exec(command, options)));
  }

  @Override
  public void signal(int number) {
    leaving(() -> {
      supervisor.signal(number);
      return true;
    });
  }

  @Override
  public void stop(Duration grace) {
    leaving(() -> {
      supervisor.stop(grace);
      return true;
    });
    // In this turn, so that who hears of the stop knows the files safe.
    supervisor.uncommittedFiles().ifPresent(files -> ObjectFiles.store(incarnation, files));
  }

  @Override
  public void destroy() {
    leaving(() -> {
      supervisor.destroy();
      return true;
    });
  }

  @Override
  public void destroy(RuntimeException error) {
    leaving(() -> {
      supervisor.destroyBecause(error);
      return true;
    });
  }

  @Override
  public Optional<ContainerInspection> inspect() {
    return waiting(supervisor::inspect);
  }

  @Override
  public void setLabels(Map<String, String> labels) {
    StartOptions.DEFAULT.labels(labels); // Throws when they are out of range.
    incarnation.turn();
    supervisor.labels(Map.copyOf(labels));
  }

  @Override
  public ContainerSnapshot snapshotContainer(String name) {
    return leaving(() -> supervisor.snapshotContainer(name));
  }

  @Override
  public DirectorySnapshot snapshotDirectory(String directory, String name) {
    return leaving(() -> supervisor.snapshotDirectory(directory, name));
  }

  @Override
  public ContainerState state() {
    incarnation.turn();
    ContainerState state = supervisor.state();
    return state.status() == ContainerState.Status.STOPPED && supervisor.lastExit().isEmpty()
        ? ObjectExit.stored(incarnation.database()).orElse(state)
        : state;
  }

  @Override
  public void setInactivityTimeout(Duration timeout) {
    incarnation.turn();
    supervisor.inactivityTimeout(timeout);
  }

  @Override
  public void setInactivityTimeout(Duration timeout, SleepMode mode, Duration pausedFor) {
    incarnation.turn();
    supervisor.inactivityTimeout(timeout, mode, pausedFor);
  }

  @Override
  public void renewActivity() {
    incarnation.turn();
    supervisor.renewActivity();
  }

  // ---- what the container may reach
  // -----------------------------------------------------------------------------

  @Override
  public OutboundRules outboundRules() {
    return outbound().rules();
  }

  @Override
  public void outboundRules(OutboundRules rules) {
    Outbound next = outbound().with(rules);
    supervisor.outbound(next);
    ObjectOutbound.store(incarnation, next);
  }

  private Outbound outbound() {
    incarnation.turn();
    return ObjectOutbound.stored(incarnation.database()).orElseGet(supervisor::outbound);
  }

  private <T> T waiting(Callable<T> task) {
    return Unchecked.call(() -> incarnation.yieldWhile(task));
  }

  private <T> T leaving(Callable<T> task) {
    return Unchecked.call(() -> incarnation.yieldForEffect(task));
  }
}
