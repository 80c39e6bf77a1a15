package io.holdfast.node.container;

import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ExitReason;
import io.holdfast.engine.Network;
import io.holdfast.node.capacity.StartTicket;
import io.holdfast.node.files.KeptFiles;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.HoldfastException;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// One run of a container, from the order to start it until the object has heard of its end.
final class ContainerRun {
  /// What the engine started.
  ///
  /// @param owner as the engine knows it, with the epoch of this start
  /// @param address where it is reached; empty when it had ended again before that was known
  /// @param facts what it was started with
  record Place(
      ContainerOwner owner, ContainerId id, Optional<InetAddress> address, ContainerFacts facts) {}

  /** Completes when the engine has started it, or with the reason why it did not. */
  final CompletableFuture<Place> launched = new CompletableFuture<>();

  /** The end as the engine tells it; ends readiness probes. */
  final CompletableFuture<ExitReason> exited = new CompletableFuture<>();

  /** Completes with its end, or with the reason why it never ran. */
  final CompletableFuture<ContainerExit> ended = new CompletableFuture<>();

  /** Fails as long as the engine does not take the order to end it. */
  private volatile CompletableFuture<ContainerExit> endRefused = new CompletableFuture<>();

  /** Completes when the object has heard of the end and the container was removed. */
  final CompletableFuture<Void> settled = new CompletableFuture<>();

  /**
   * What was kept of its files when it had ended, or why nothing was; empty when nothing was to be.
   */
  final CompletableFuture<Optional<KeptFiles>> filesKept = new CompletableFuture<>();

  /** What it is started from, once that is known. */
  volatile @Nullable String image;

  /** Where it is started; null when an earlier life of the node did that. */
  volatile @Nullable Network network;

  /** What is kept of it for the next life of the node. */
  final RunRecord record;

  /** Completes when the book knows of it, or cannot: nothing is sent to it before. */
  final CompletableFuture<Void> noted = new CompletableFuture<>();

  /** Its labels, when they were set after its start. */
  volatile @Nullable Map<String, String> labels;

  /** Why it was destroyed, for who waits for its end. */
  volatile @Nullable RuntimeException destroyedFor;

  /** Whether it was ready when last asked. */
  volatile boolean ready;

  // Guarded by the monitor of the supervisor.

  /** Requests whose response was not yet read to its end. */
  int inFlight;

  /** Its open WebSockets, each also in flight; some may have ended since. */
  final Set<SocketRelay> sockets = new HashSet<>();

  /** Commands and raw connections that its object can reach. */
  final Set<ContainerHolds.Hold> holds = new HashSet<>();

  /** Those who wait for it to be ready, and want its log when it ends instead. */
  int probes;

  /** Whether the engine is being asked to freeze it, or to let it go on. */
  boolean freezing;

  /** Whether the engine has frozen it, or may have. */
  boolean mayBeFrozen;

  /** Whether its object has set it up. */
  boolean prepared;

  /** Whether its object left memory while something was in flight: it ends when that has. */
  boolean endWhenUnused;

  /** Whether its end was ordered. */
  boolean endWanted;

  /** Whether it was to be killed: what it changed is not kept. */
  boolean killWanted;

  /** Whether its files are kept; known when it has ended. */
  boolean keepsFiles;

  /** Its room on the node; null before it was asked for. */
  private @Nullable StartTicket ticket;

  /** Whether its object could not be told of its end at the last try. */
  boolean endUnheard;

  /** Whether the next run waits for its object to be told. */
  boolean endAwaited;

  /** Whether anyone who waited for its end was told of it. */
  boolean endTold;

  ContainerRun(RunBook book) {
    this.record = new RunRecord(book);
  }

  /** Whether nothing is in flight. */
  boolean isUnused() {
    return inFlight == 0 && holds.isEmpty();
  }

  /// Takes this room, for as long as it runs.
  void takes(StartTicket room) {
    ticket = room;
    if (endWanted) {
      room.callOff();
    }
  }

  /// Its end is wanted: it need not wait for room any more.
  void wantEnd() {
    endWanted = true;
    if (ticket != null) {
      ticket.callOff();
    }
  }

  /// It runs no more.
  void freeRoom() {
    if (ticket != null) {
      ticket.release();
    }
  }

  /// The engine does not take the order to end it, and is asked again.
  void endRefused(HoldfastException why) {
    endRefused.completeExceptionally(why);
  }

  /// The engine has taken the order to end it.
  void endTaken() {
    if (endRefused.isDone()) {
      endRefused = new CompletableFuture<>();
    }
  }

  /// Waits for its end.
  ///
  /// @throws HoldfastException why it never ran; why it is told to end in vain just now
  ContainerExit awaitEnd() {
    CompletableFuture<ContainerExit> refused = endRefused;
    return Waits.join(ended.applyToEither(refused, exit -> exit));
  }

  /// Where it runs; empty when nothing tells.
  Optional<Network> network() {
    Network ordered = network;
    return ordered != null || !launched.isDone() || neverRan()
        ? Optional.ofNullable(ordered)
        : launched.join().facts().network();
  }

  boolean neverRan() {
    return launched.isCompletedExceptionally();
  }

  ContainerExit exit(ExitReason reason) {
    return exit(reason, endWanted);
  }

  /// @param endWanted whether its end was ordered
  static ContainerExit exit(ExitReason reason, boolean endWanted) {
    ContainerExit.Reason byWhom =
        endWanted ? ContainerExit.Reason.RUNTIME_SIGNAL : ContainerExit.Reason.EXIT;
    return switch (reason) {
      case ExitReason.Exited(int code) -> new ContainerExit(code, byWhom);
      case ExitReason.OutOfMemory(int code) ->
          new ContainerExit(code, ContainerExit.Reason.OUT_OF_MEMORY);
      case ExitReason.Destroyed() -> new ContainerExit(137, byWhom);
    };
  }
}
