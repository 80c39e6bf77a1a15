package io.holdfast.node.container;

import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ExitReason;
import io.holdfast.engine.Network;
import io.holdfast.engine.egress.EgressPolicy;
import io.holdfast.node.capacity.StartTicket;
import io.holdfast.node.container.ContainerLifecycle.Event;
import io.holdfast.node.container.ContainerLifecycle.State;
import io.holdfast.node.files.KeptFiles;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ContainerInspection;
import io.holdfast.sdk.ContainerProcess;
import io.holdfast.sdk.ContainerSnapshot;
import io.holdfast.sdk.ContainerSocket;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.DirectorySnapshot;
import io.holdfast.sdk.ExecOptions;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.SleepMode;
import io.holdfast.sdk.StartOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/*
 * One object's container has many sides that happen at once: orders, traffic, idleness, its start, its end. Each is a class
 * of its own; what they share is the cell, with the state and the one monitor under which it changes. They know each other
 * in this order only, never backwards:
 *
 *   cell <- {idleness, files} <- {pause, ending} <- launch <- orders <- {traffic, holds, sleep} <- snapshots
 */
/// The container of one object on this node. It outlives the object's stays in memory.
///
/// Thread-safe: the state changes under the monitor of the [ContainerCell] by [ContainerLifecycle],
/// what then has to be done runs outside of it on virtual threads. Methods that wait say so; call
/// them on virtual threads.
public final class ContainerSupervisor {
  private static final Duration GRACE_MAX = Duration.ofDays(1);

  private final ContainerCell cell;
  private final ContainerIdleness idleness;
  private final ContainerFiles files;
  private final ContainerEnding ending;
  private final ContainerLaunch launch;
  private final ContainerOrders orders;
  private final ContainerTraffic traffic;
  private final ContainerHolds holds;
  private final ContainerSnapshots snapshots;
  private final ContainerReadiness readiness;
  private final ContainerSleep sleep;

  /// @param hooked whether the object wants to be asked before its container is put to sleep
  ContainerSupervisor(
      ObjectAddress address, ContainerHost host, ContainerOwnerHooks hooks, boolean hooked) {
    this.cell = new ContainerCell(address, host);
    this.idleness = new ContainerIdleness(cell, this::onIdleAlarm);
    this.files = new ContainerFiles(cell);
    this.ending = new ContainerEnding(cell, idleness, files, hooks);
    this.launch = new ContainerLaunch(cell, idleness, files, ending);
    ContainerPause pause = new ContainerPause(cell, idleness);
    this.orders = new ContainerOrders(cell, files, launch, ending, pause);
    this.traffic = new ContainerTraffic(cell, idleness, orders, pause);
    this.holds = new ContainerHolds(cell, idleness, orders, pause);
    this.snapshots = new ContainerSnapshots(cell, holds, pause);
    this.readiness = new ContainerReadiness(cell, idleness, pause);
    this.sleep = new ContainerSleep(cell, idleness, orders, pause, hooks, hooked);
  }

  private void onIdleAlarm() {
    sleep.onAlarm();
  }

  // ---- orders
  // -------------------------------------------------------------------------------------------------

  /// Orders the start and returns at once. The engine is asked once `permitted` completes.
  ///
  /// @throws HoldfastException `wrong_state` when it runs, starts or stops; `invalid_argument` for
  ///   an instance type that there is not
  public void start(StartOptions options, CompletableFuture<Void> permitted) {
    start(options, Optional.empty(), Outbound.internet(options.enableInternet()), permitted);
  }

  /// As [#start(StartOptions, CompletableFuture)]; before its program runs the container gets the
  /// files that were kept.
  ///
  /// @param committed the files that the object names, read in the turn that orders the start
  /// @param outbound what it may reach
  public void start(
      StartOptions options,
      Optional<KeptFiles> committed,
      Outbound outbound,
      CompletableFuture<Void> permitted) {
    orders.start(options, committed, outbound, permitted);
  }

  /// Whether a start with this is one behind the gate.
  ///
  /// @throws HoldfastException `invalid_argument` for a host that is none
  public boolean isGated(Outbound outbound) {
    return cell.egress().plan(outbound).network().isGated();
  }

  /// What was said about what the container may reach, as far as this life of the node knows.
  public Outbound outbound() {
    return cell.egress()
        .said()
        .orElseGet(() -> {
          synchronized (cell) {
            boolean internet =
                cell.run != null && cell.run.network().filter(Network.INTERNET::equals).isPresent();
            return Outbound.internet(internet);
          }
        });
  }

  /// From now on this is what the container may reach, when it runs; each start says it anew.
  ///
  /// @throws HoldfastException `invalid_argument` for a host that is none or a handler that the
  ///   class has not; `wrong_state` when the running container cannot be held to it
  public void outbound(Outbound outbound) {
    EgressPolicy next = cell.egress().plan(outbound);
    cell.egress().requireHandlers(outbound.rules());
    synchronized (cell) {
      if (cell.run != null && cell.state != State.STOPPED) {
        ContainerEgress.requireHolds(next, cell.run.network());
        cell.egress().set(outbound, next);
      }
    }
  }

  /// As [#outbound(Outbound)], of what was stored when the container was started: an app that was
  /// changed since may lack a handler, which its requests are told then.
  public void outboundAgain(Outbound outbound) {
    EgressPolicy known = cell.egress().plan(outbound);
    synchronized (cell) {
      if (cell.egress().isUnknown()) {
        cell.egress().set(outbound, known);
      }
    }
  }

  /// Whether it runs behind the gate, started by an earlier life of the node, and nobody has said
  /// yet what it may reach.
  public boolean awaitsOutbound() {
    synchronized (cell) {
      return cell.run != null
          && cell.state != State.STOPPED
          && cell.egress().isUnknown()
          && cell.run.network().filter(Network::isGated).isPresent();
    }
  }

  /// Sends a signal; waits for the start.
  public void signal(int number) {
    orders.signal(number);
  }

  /// Lets what is in flight end, then SIGTERM, then SIGKILL, all within the grace; waits until it
  /// is gone and its files are kept. An engine that does not answer is asked until it does, which
  /// is not waited for.
  ///
  /// @throws HoldfastException `engine_unavailable`; why the files of the container could not be
  ///   kept: it has ended
  public void stop(Duration grace) {
    Duration most = grace.compareTo(GRACE_MAX) < 0 ? grace : GRACE_MAX;
    orders.end(Event.STOP_ORDERED, most, () -> true);
  }

  /// SIGKILL; waits until it is gone. An engine that does not answer is asked until it does, which
  /// is not waited for.
  ///
  /// @throws HoldfastException `engine_unavailable`
  public void destroy() {
    orders.end(Event.DESTROY_ORDERED, Duration.ZERO, () -> true);
  }

  /// As [#destroy()]; who waits in [#monitor()] gets the error.
  public void destroyBecause(RuntimeException error) {
    orders.end(
        Event.DESTROY_ORDERED,
        Duration.ZERO,
        () -> {
          if (cell.run != null) {
            cell.run.destroyedFor = error;
          }
          return true;
        });
  }

  // ---- files
  // --------------------------------------------------------------------------------------------------

  /// Whether files of the container outlive it.
  public boolean keepsFiles() {
    return files.areKept();
  }

  /// What the object has to commit as its files, if there is something.
  public Optional<KeptFiles> uncommittedFiles() {
    return files.uncommitted();
  }

  /// See [io.holdfast.sdk.ContainerHandle#snapshotContainer]; waits.
  public ContainerSnapshot snapshotContainer(String name) {
    return snapshots.ofContainer(name);
  }

  /// See [io.holdfast.sdk.ContainerHandle#snapshotDirectory]; waits.
  public DirectorySnapshot snapshotDirectory(String directory, String name) {
    return snapshots.ofDirectory(directory, name);
  }

  // ---- questions
  // ----------------------------------------------------------------------------------------------

  public boolean running() {
    synchronized (cell) {
      return cell.state != State.STOPPED;
    }
  }

  /// Whether the run of now was marked as prepared, in this life of the node or an earlier one.
  public boolean prepared() {
    synchronized (cell) {
      return cell.run != null && cell.run.prepared;
    }
  }

  /// The object has set its container up.
  ///
  /// @param durable completes when what it wrote meanwhile is durable: only then the next life of
  ///   the node may rely on it
  public void markPrepared(CompletableFuture<Void> durable) {
    ContainerRun marked;
    synchronized (cell) {
      marked = cell.run;
      if (marked == null) {
        return;
      }
      marked.prepared = true;
    }
    var _ = durable.thenRun(() -> marked.record.change(RunFact::asPrepared));
  }

  ObjectAddress address() {
    return cell.address();
  }

  /// What the engine has of it, also while it ends; empty while it starts and when it is gone.
  Optional<ContainerRun.Place> place() {
    synchronized (cell) {
      ContainerRun now = cell.run;
      return now == null || cell.state == State.STOPPED || !now.launched.isDone() || now.neverRan()
          ? Optional.empty()
          : Optional.of(now.launched.join());
    }
  }

  public ContainerState state() {
    return cell.described();
  }

  /// The end of the current run; of the last one, when nobody was told how that ended. Which run
  /// that is, is settled now; only the supplier waits.
  ///
  /// @throws HoldfastException `wrong_state` when there is no such run
  public Supplier<ContainerExit> monitor() {
    ContainerRun watched = cell.currentOrUntold(() -> ContainerCell.cannot("monitor()"));
    return () -> endOf(watched);
  }

  private ContainerExit endOf(ContainerRun watched) {
    ContainerExit exit = watched.awaitEnd();
    cell.told(watched);
    RuntimeException error = watched.destroyedFor;
    if (error != null) {
      throw error;
    }
    return exit;
  }

  /// Waits until the container answers; that counts as use of it.
  ///
  /// @throws HoldfastException `container_not_running` when it was told to end first
  public void awaitReady(Readiness wanted, Duration timeout) {
    readiness.await(wanted, timeout);
  }

  /// What it was made of; empty when it is not running, or its start fails. Waits for the start.
  public Optional<ContainerInspection> inspect() {
    ContainerRun now;
    synchronized (cell) {
      now = cell.state == State.STOPPED ? null : cell.run;
    }
    if (now == null) {
      return Optional.empty();
    }
    ContainerFacts facts;
    try {
      facts = Waits.join(now.launched).facts();
    } catch (HoldfastException e) {
      if (now.neverRan()) {
        return Optional.empty();
      }
      throw e;
    }
    Map<String, String> labels = now.labels;
    return Optional.of(
        new ContainerInspection(labels == null ? facts.labels() : labels, facts.image()));
  }

  /// Other labels from now on.
  ///
  /// @throws HoldfastException `wrong_state`
  public void labels(Map<String, String> labels) {
    ContainerRun now = cell.current(() -> ContainerCell.cannot("setLabels()"));
    now.labels = labels;
    now.record.change(fact -> fact.labelled(labels));
  }

  /// How the last run ended, when this supervisor knows.
  public Optional<ContainerExit> lastExit() {
    synchronized (cell) {
      return Optional.ofNullable(cell.lastExit);
    }
  }

  // ---- traffic
  // ------------------------------------------------------------------------------------------------

  /// Sends a request to a port; until its response is read or closed it counts as in flight.
  ///
  /// @throws HoldfastException `container_not_running` only when nothing was sent
  public Response fetch(int port, Request request) {
    return traffic.fetch(port, request);
  }

  /// Runs a command; waits for the start of the container, and until the command's process runs.
  ///
  /// @throws HoldfastException `wrong_state` when it is not running
  public ContainerProcess exec(List<String> command, ExecOptions options) {
    return holds.exec(command, options);
  }

  /// Connects to a port; waits for the start of the container.
  ///
  /// @throws HoldfastException `container_not_running`, `container_not_listening`
  public ContainerSocket connect(int port) {
    return holds.connect(port);
  }

  /// A new life of the object begins in memory: what the one before had open it cannot reach. Does
  /// not wait.
  public void objectArrives() {
    holds.letGo();
  }

  // ---- inactivity
  // ---------------------------------------------------------------------------------------------

  public void inactivityTimeout(Duration timeout) {
    synchronized (cell) {
      idleness.timeout(timeout);
    }
  }

  /// @param pausedFor how long it may be frozen with [SleepMode#PAUSE]
  public void inactivityTimeout(Duration timeout, SleepMode mode, Duration pausedFor) {
    synchronized (cell) {
      idleness.timeout(timeout);
      idleness.mode(mode, pausedFor);
    }
  }

  public void renewActivity() {
    synchronized (cell) {
      idleness.touch();
    }
  }

  /// The object leaves memory. Its container goes on when there is someone to put it to sleep, else
  /// it is told to end now, or once nothing is in flight. Does not wait.
  void objectLeaves() {
    holds.letGo();
    sleep.objectLeaves();
  }

  /// When nothing runs, this supervisor starts nothing any more, and can be dropped.
  ///
  /// @return whether it can
  boolean retire() {
    synchronized (cell) {
      cell.retired = cell.state == State.STOPPED;
      return cell.retired;
    }
  }

  /// What happens to an idle container happens now; if it runs on, it is stopped. Waits until the
  /// object has heard of its end.
  void sleepNow(Duration grace) {
    sleep.sleepNow(grace);
  }

  // ---- the object goes to another node
  // ------------------------------------------------------------------------

  /// Whether it runs, or its object has not heard of its end.
  boolean isBusy() {
    synchronized (cell) {
      return cell.run != null && (cell.state != State.STOPPED || !cell.run.settled.isDone());
    }
  }

  /// The object had a container on another node, which is ended within that time.
  void hadOneElsewhere(Duration endedWithin) {
    cell.hadOneElsewhere(endedWithin);
  }

  /// As [#sleepNow], and starts nothing until [#remain].
  void leave(Duration grace) {
    setLeaving(true);
    sleep.sleepNow(grace);
  }

  /// The object stays after all.
  void remain() {
    setLeaving(false);
  }

  /// Another node has the object: kills it, and starts nothing. Does not wait.
  ///
  /// @return completes when it has ended; fails when it never ran, or the host was closed first
  CompletableFuture<?> disown() {
    setLeaving(true);
    ContainerRun disowned = orders.order(Event.DESTROY_ORDERED, Duration.ZERO, () -> true);
    return disowned == null ? CompletableFuture.completedFuture(null) : disowned.ended;
  }

  private void setLeaving(boolean leaving) {
    synchronized (cell) {
      cell.leaving = leaving;
    }
  }

  // ---- adoption
  // -----------------------------------------------------------------------------------------------

  /// Takes over a container that an earlier life of this node started and that runs.
  ///
  /// @param room what it takes of the node
  /// @param fact what is known of it
  /// @return false when this supervisor is retired
  boolean foundRunning(ContainerRun.Place place, StartTicket room, RunFact fact) {
    return launch.foundRunning(place, room, fact);
  }

  /// Tells the object of the end of a run that an earlier life of this node started.
  ///
  /// @param ended with its end
  /// @param left what is left of it on the engine
  /// @param reason how it ended, as the engine tells it
  void foundEnded(RunFact ended, Optional<ContainerId> left, ExitReason reason) {
    ending.foundEnded(ended, left, reason);
  }
}
