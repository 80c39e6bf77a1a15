package io.holdfast.node.container;

import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ExitReason;
import io.holdfast.node.container.ContainerLifecycle.Event;
import io.holdfast.node.container.ContainerLifecycle.State;
import io.holdfast.node.files.KeptFiles;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.spi.socket.CloseCodes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How a container ends: told to, watched, reported to its object, removed. Thread-safe; the
/// methods wait, and run on virtual threads.
final class ContainerEnding {
  private static final Logger log = LoggerFactory.getLogger(ContainerEnding.class);
  private static final int REPORT_TRIES = 7;
  private static final int SIGKILL = 9;
  private static final int ORDER_PATIENCE = 3; // in pauses between two tries
  private static final Duration KILL_MAX = Duration.ofSeconds(10);
  private static final Duration LOGS_MAX = Duration.ofSeconds(5);
  private static final Duration HEARD_MAX = Duration.ofSeconds(10);

  private final ContainerCell cell;
  private final ContainerHost host;
  private final ContainerIdleness idleness;
  private final ContainerFiles files;
  private final ContainerOwnerHooks hooks;

  ContainerEnding(
      ContainerCell cell,
      ContainerIdleness idleness,
      ContainerFiles files,
      ContainerOwnerHooks hooks) {
    this.cell = cell;
    this.host = cell.host();
    this.idleness = idleness;
    this.files = files;
    this.hooks = hooks;
  }

  // ---- orders to the engine
  // -----------------------------------------------------------------------------------

  /// Lets what is in flight end, then SIGTERM, then SIGKILL, all within the grace.
  void terminate(ContainerRun ending, Duration grace) {
    long deadline = System.nanoTime() + grace.toNanos();
    closeSockets(ending);
    cell.awaitUntil(
        () ->
            (ending.inFlight == 0 && !ending.freezing)
                || cell.state == State.STOPPED
                || cell.run != ending,
        deadline);
    Duration atLeast = grace.compareTo(Duration.ofSeconds(1)) < 0 ? grace : Duration.ofSeconds(1);
    readUse(ending);
    insist(
        ending,
        id -> {
          Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
          host.engine().stop(id, left.compareTo(atLeast) < 0 ? atLeast : left);
        });
  }

  /** Requests end by themselves, WebSockets do not. */
  private void closeSockets(ContainerRun ending) {
    List<SocketRelay> open;
    synchronized (cell) {
      open = List.copyOf(ending.sockets);
      ending.sockets.clear();
    }
    open.forEach(relay -> relay.close(CloseCodes.GOING_AWAY, "The container is stopping."));
  }

  /// SIGKILL. The container stays on the engine until the object knows of its end. One that does
  /// not die, as when someone has paused it, is removed.
  void kill(ContainerRun killed) {
    boolean neverRan = killed.launched.handle((place, error) -> error != null).join();
    if (neverRan) {
      return;
    }
    readUse(killed);
    insist(killed, id -> host.engine().signal(id, SIGKILL));
    letDie(killed);
    try {
      Waits.join(killed.exited, KILL_MAX, "container of object " + cell.address() + " did not end");
    } catch (HoldfastException e) {
      insist(killed, host.engine()::destroy);
    }
  }

  /** What it used is not known any more once it has ended. */
  private void readUse(ContainerRun of) {
    host.usage().containers().readLast(Waits.join(of.launched).owner(), host.engine()::stats);
  }

  /** A frozen one takes the signal when it goes on. */
  private void letDie(ContainerRun killed) {
    boolean frozen;
    synchronized (cell) {
      cell.awaitUntil(() -> !killed.freezing, System.nanoTime() + KILL_MAX.toNanos());
      frozen = killed.mayBeFrozen;
    }
    if (frozen) {
      insist(killed, host.engine()::resume);
    }
  }

  /**
   * Repeats an order until the engine takes it or the container has ended. Who waits for the end is
   * told when that lasts.
   */
  private void insist(ContainerRun on, Consumer<ContainerId> order) {
    ContainerId id = Waits.join(on.launched).id();
    long patientUntil =
        System.nanoTime() + host.retryPause().multipliedBy(ORDER_PATIENCE).toNanos();
    while (!on.exited.isDone() && !host.isClosed()) {
      try {
        order.accept(id);
        on.endTaken();
        return;
      } catch (RuntimeException e) {
        if (e instanceof HoldfastException fault
            && fault.code() == ErrorCode.CONTAINER_NOT_RUNNING) {
          return;
        }
        log.warn("{}: container {} cannot be ended yet: {}", cell.address(), id, e.getMessage());
        if (System.nanoTime() > patientUntil) {
          on.endRefused(
              new HoldfastException(
                  ErrorCode.ENGINE_UNAVAILABLE,
                  "the container of object %s cannot be ended yet: %s"
                      .formatted(cell.address(), e.getMessage()),
                  e));
        }
        Waits.pause(host.retryPause());
      }
    }
  }

  // ---- the end
  // ------------------------------------------------------------------------------------------------

  /// Waits for the end and does what then has to be done.
  void watch(ContainerRun watched, ContainerRun.Place place) {
    while (!host.isClosed()) {
      ExitReason reason;
      try {
        reason = host.engine().awaitExit(place.id());
      } catch (RuntimeException e) {
        log.debug("{}: lost sight of container {}", cell.address(), place.id(), e);
        Waits.pause(host.retryPause());
        continue;
      }
      exited(watched, place, reason);
      return;
    }
    HoldfastException closed =
        new HoldfastException(ErrorCode.ENGINE_UNAVAILABLE, "the node shuts down");
    watched.ended.completeExceptionally(closed);
    watched.settled.completeExceptionally(closed);
  }

  private void exited(ContainerRun watched, ContainerRun.Place place, ExitReason reason) {
    ContainerExit exit;
    synchronized (cell) {
      exit = watched.exit(reason);
      cell.lastExit = exit;
      noteEnd(watched.record, exit);
      watched.freeRoom();
      host.usage().containers().ended(place.owner());
      cell.step(Event.EXITED);
      idleness.ended();
      files.ended(watched, reason);
      cell.notifyAll();
    }
    log.debug("{}: container {} ended: {}", cell.address(), place.id(), reason.text());
    watched.exited.complete(reason);
    place.address().ifPresent(at -> host.addresses().leave(at, watched));
    files.keep(watched, place.id());
    watched.ended.complete(exit);
    report(watched, exit);
    boolean committed = commitFiles(watched);
    cell.awaitUntil(() -> watched.probes == 0, System.nanoTime() + LOGS_MAX.toNanos());
    if (committed) {
      remove(place.owner(), Optional.of(place.id()), watched.record);
    }
    watched.settled.complete(null);
  }

  /** The next run takes the container's place on the engine: from then on only the book knows. */
  private void noteEnd(RunRecord record, ContainerExit exit) {
    record.change(fact -> fact.ended(exit));
    cell.endNoted(record.written());
  }

  /// Tells the object of the end of a run that an earlier life of this node started. Does not wait.
  ///
  /// @param ended with its end
  /// @param left what is left of it on the engine
  /// @param reason how it ended, as the engine tells it
  void foundEnded(RunFact ended, Optional<ContainerId> left, ExitReason reason) {
    ContainerExit exit = ended.end().orElseThrow();
    ContainerRun found = new ContainerRun(host.book());
    synchronized (cell) {
      found.record.begin(ended);
      cell.endNoted(found.record.written());
      files.foundEnded(found, reason);
      cell.step(Event.FOUND_ENDED);
      if (cell.state == State.STOPPED) {
        cell.lastExit = exit;
      }
    }
    cell.inBackground(
        "report",
        () -> {
          left.ifPresent(container -> files.keep(found, container));
          report(found, exit);
          if (commitFiles(found)) {
            remove(ended.owner(), left, found.record);
          }
        });
  }

  // ---- report
  // -------------------------------------------------------------------------------------------------

  /**
   * The stopped container stays on the engine until the object knows: a crash in between repeats
   * the report.
   */
  private void report(ContainerRun of, ContainerExit exit) {
    boolean _ = tell("onStop", () -> ended(of, exit), (why, pause) -> awaitNextTry(of, why, pause));
  }

  /** A start that its code orders meanwhile must not wait for that. */
  private CompletableFuture<?> ended(ContainerRun of, ContainerExit exit) {
    synchronized (cell) {
      of.endUnheard = false;
    }
    return hooks.ended(exit);
  }

  /** Whether the next run waits for this: then it is tried again soon, and as often as it takes. */
  private boolean awaitNextTry(ContainerRun of, RuntimeException why, Duration pause) {
    synchronized (cell) {
      of.endUnheard = isOfTheNode(why);
      boolean awaited = of.endAwaited;
      cell.awaitUntil(
          () -> !awaited && of.endAwaited,
          System.nanoTime() + (awaited ? host.retryPause() : pause).toNanos());
      return of.endAwaited && of.endUnheard;
    }
  }

  /** Code of the object that throws has heard, and may throw each time. */
  private static boolean isOfTheNode(RuntimeException why) {
    return why instanceof HoldfastException known && known.code().retryable();
  }

  /// Before a run begins, its object hears of the end of the one before, if that failed at first:
  /// as when the store was away. Waits, up to a limit.
  void awaitHeard(@Nullable ContainerRun before) {
    if (before == null || !setAwaited(before, true)) {
      return;
    }
    try {
      Waits.join(before.settled, HEARD_MAX, "its object did not hear of the end of the one before");
    } catch (HoldfastException e) {
      log.warn("{}: a run begins though {}", cell.address(), e.getMessage());
      boolean _ = setAwaited(before, false);
    }
  }

  /** Whether its object could not hear of its end. */
  private boolean setAwaited(ContainerRun of, boolean awaited) {
    synchronized (cell) {
      of.endAwaited = awaited && of.endUnheard;
      cell.notifyAll();
      return of.endUnheard;
    }
  }

  /// Tells the object that its container was found running.
  void reportFound() {
    boolean _ = tell("the container found running", hooks::found, ContainerEnding::pause);
  }

  /**
   * Without that the container stays on the engine, for the next start of the node or of the
   * object.
   *
   * @return whether nothing is left to be committed
   */
  private boolean commitFiles(ContainerRun run) {
    if (!run.keepsFiles || run.filesKept.isCompletedExceptionally()) {
      return true;
    }
    for (KeptFiles kept : run.filesKept.join().stream().toList()) {
      if (!tell("the files that were kept", () -> hooks.filesKept(kept), ContainerEnding::pause)) {
        return false;
      }
      files.committed(run, kept);
    }
    return true;
  }

  private static boolean pause(RuntimeException why, Duration pause) {
    Waits.pause(pause);
    return false;
  }

  /**
   * False when it was tried in vain.
   *
   * @param pause waits before the next try; whether the one before does not count
   */
  private boolean tell(
      String what,
      Supplier<CompletableFuture<?>> hook,
      BiPredicate<RuntimeException, Duration> pause) {
    int attempt = 1;
    while (attempt <= REPORT_TRIES && !host.isClosed()) {
      try {
        Waits.join(hook.get());
        return true;
      } catch (RuntimeException e) {
        log.warn(
            "{}: {} failed ({} of {}): {}",
            cell.address(),
            what,
            attempt,
            REPORT_TRIES,
            e.getMessage());
        if (!pause.test(e, host.retryPause().multipliedBy(1L << attempt))) {
          attempt++;
        }
      }
    }
    return false;
  }

  private void remove(ContainerOwner owner, Optional<ContainerId> left, RunRecord record) {
    if (host.isClosed()) {
      return;
    }
    left.ifPresent(container -> host.logs().keep(cell.address(), container));
    host.usage().flush(); // Only the engine knows its end, if this crashes before.
    try {
      left.ifPresent(host.engine()::destroy);
      host.usage().containers().gone(owner);
    } catch (RuntimeException e) {
      log.warn("{}: container of {} is removed later: {}", cell.address(), owner, e.getMessage());
      host.inventory().cleanSoon();
    }
    host.inventory().settled(owner, record.erase());
  }
}
