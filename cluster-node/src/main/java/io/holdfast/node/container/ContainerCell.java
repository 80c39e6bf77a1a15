package io.holdfast.node.container;

import io.holdfast.node.container.ContainerLifecycle.Action;
import io.holdfast.node.container.ContainerLifecycle.Event;
import io.holdfast.node.container.ContainerLifecycle.State;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What is known of one object's container, and the monitor under which it changes: the monitor of
/// this. The parts of a [ContainerSupervisor] share it.
///
/// Thread-safe where a method takes the monitor; the others, and the fields, are for those who hold
/// it.
final class ContainerCell {
  private static final Logger log = LoggerFactory.getLogger(ContainerCell.class);

  private final ObjectAddress address;
  private final ContainerHost host;
  private final ContainerEgress egress;

  // Guarded by this.
  State state = State.STOPPED;
  @Nullable ContainerRun run;
  @Nullable ContainerExit lastExit;

  /** Whether nothing is started here any more. */
  boolean retired;

  /** Whether nothing is started here, because the object is going to another node. */
  boolean leaving;

  /** Until when the container that the object had on another node may still run. */
  private long elsewhereUntilNanos = System.nanoTime();

  /** Completes when the ends of earlier runs, of which the object may not know, are in the book. */
  private CompletableFuture<Void> endsNoted = CompletableFuture.completedFuture(null);

  private Instant lastChange;

  ContainerCell(ObjectAddress address, ContainerHost host) {
    this.address = address;
    this.host = host;
    this.egress = new ContainerEgress(address, host);
    this.lastChange = host.clock().instant();
  }

  ObjectAddress address() {
    return address;
  }

  ContainerHost host() {
    return host;
  }

  ContainerEgress egress() {
    return egress;
  }

  // ---- state
  // --------------------------------------------------------------------------------------------------

  /** Called with the monitor held. */
  Action step(Event event) {
    ContainerLifecycle.Transition transition = ContainerLifecycle.next(state, event);
    host.stepped(state, event, transition.next());
    if (transition.next() != state) {
      log.debug("{}: container {} -> {} by {}", address, state, transition.next(), event);
      state = transition.next();
      lastChange = host.clock().instant();
    }
    return transition.action();
  }

  /// The state as users see it.
  synchronized ContainerState described() {
    return switch (state) {
      case STARTING -> described(ContainerState.Status.STARTING);
      case RUNNING ->
          described(
              run != null && run.ready
                  ? ContainerState.Status.HEALTHY
                  : ContainerState.Status.RUNNING);
      case PAUSED -> described(ContainerState.Status.PAUSED);
      case STOPPING -> described(ContainerState.Status.STOPPING);
      case STOPPED -> stopped(lastExit);
    };
  }

  private ContainerState stopped(@Nullable ContainerExit exit) {
    if (exit == null
        || exit.exitCode() == 0
        || exit.reason() == ContainerExit.Reason.RUNTIME_SIGNAL) {
      return described(ContainerState.Status.STOPPED);
    }
    return new ContainerState(
        ContainerState.Status.STOPPED_WITH_CODE, lastChange, OptionalInt.of(exit.exitCode()));
  }

  private ContainerState described(ContainerState.Status status) {
    return new ContainerState(status, lastChange, OptionalInt.empty());
  }

  /// The object had a container on another node, which is ended within that time.
  synchronized void hadOneElsewhere(Duration endedWithin) {
    elsewhereUntilNanos = System.nanoTime() + endedWithin.toNanos();
  }

  /// Waits until none runs on another node.
  void awaitNoneElsewhere() {
    long until;
    synchronized (this) {
      until = elsewhereUntilNanos;
    }
    awaitUntil(() -> false, until);
  }

  /// The next start has to wait for this too; it does not fail.
  synchronized void endNoted(CompletableFuture<Void> noted) {
    endsNoted = endsNoted.isDone() ? noted : CompletableFuture.allOf(endsNoted, noted);
  }

  synchronized CompletableFuture<Void> endsNoted() {
    return endsNoted;
  }

  // ---- runs
  // ---------------------------------------------------------------------------------------------------

  /// The run of now; throws otherwise.
  synchronized ContainerRun current(Supplier<HoldfastException> otherwise) {
    ContainerRun now = run;
    if (now == null || state == State.STOPPED) {
      throw otherwise.get();
    }
    return now;
  }

  /// The run of now, or the last one while there is something of it to tell; throws otherwise.
  synchronized ContainerRun currentOrUntold(Supplier<HoldfastException> otherwise) {
    ContainerRun last = run;
    if (last == null || (state == State.STOPPED && last.endTold && !last.neverRan())) {
      throw otherwise.get();
    }
    return last;
  }

  /// Someone who waited for the end of the run knows it now.
  synchronized void told(ContainerRun of) {
    of.endTold = true;
  }

  synchronized boolean wasToldToEnd(ContainerRun watched) {
    return watched.endWanted;
  }

  /// Where a port of the run is reached; waits for its start, without the monitor.
  ///
  /// @throws HoldfastException `container_not_running` when it was told to end, or its address is
  ///   another's by now
  InetSocketAddress endpoint(ContainerRun used, int port) {
    InetAddress at = Waits.join(used.launched).address().orElseThrow(this::notRunning);
    Waits.join(used.noted);
    if (wasToldToEnd(used) || !host.addresses().leadsTo(at, used)) {
      throw notRunning();
    }
    return new InetSocketAddress(at, port);
  }

  // ---- waiting
  // ------------------------------------------------------------------------------------------------

  /// Waits, without the monitor, until the condition holds or the deadline has passed. It is asked
  /// with the monitor held, whenever someone has said by `notifyAll` that something has changed.
  synchronized void awaitUntil(BooleanSupplier condition, long deadlineNanos) {
    while (!condition.getAsBoolean()) {
      long millis = (deadlineNanos - System.nanoTime()) / 1_000_000;
      if (millis <= 0) {
        return;
      }
      try {
        wait(millis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /// Runs on a virtual thread of its own; what it throws is logged.
  void inBackground(String what, Runnable task) {
    Thread.ofVirtual()
        .name("container-" + what)
        .start(() -> {
          try {
            task.run();
          } catch (RuntimeException e) {
            log.warn("{}: container {} failed", address, what, e);
          }
        });
  }

  // ---- faults
  // -------------------------------------------------------------------------------------------------

  HoldfastException notRunning() {
    return new HoldfastException(
        ErrorCode.CONTAINER_NOT_RUNNING, "the container of object " + address + " is not running");
  }

  static HoldfastException cannot(String verb) {
    return new HoldfastException(
        ErrorCode.WRONG_STATE, verb + " cannot be called on a container that is not running.");
  }
}
