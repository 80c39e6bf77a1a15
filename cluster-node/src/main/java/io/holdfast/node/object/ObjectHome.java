package io.holdfast.node.object;

import io.holdfast.cassandra.Placement;
import io.holdfast.node.region.ObjectMoved;
import io.holdfast.node.region.Placements;
import io.holdfast.node.region.Region;
import io.holdfast.persistence.store.StoredFutures;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/*
 * A departure: events wait, what runs ends, the writer says how far it came and stops, the directory is changed. Only then
 * does anybody else run the object, and only this, its home, may change the directory. When nobody knows whether the change
 * was made, it is overtaken by another one that keeps the object here; until that is answered the object runs nowhere.
 */
/// Whether an object may run in this region, and how it leaves for another one. Used by the actor
/// of the object only, to which it sends [ObjectCommand.HomeKnown] and [ObjectCommand.Departed].
final class ObjectHome {
  private static final Executor AFTER_A_PAUSE =
      CompletableFuture.delayedExecutor(500, TimeUnit.MILLISECONDS);

  private final ObjectAddress object;
  private final Optional<Placements> placements;
  private final ActorRef<ObjectCommand> self;

  private volatile long generation;
  private @Nullable Placement home;
  private @Nullable HoldfastException refusal;
  private ObjectCommand.@Nullable Move waiting;
  private @Nullable Departure departure;

  /** The order to leave, once it is obeyed. */
  private static final class Departure {
    private final ObjectCommand.Move order;
    private final Region to;
    private final Duration quietMax;
    private final long begunNanos = System.nanoTime();
    private @Nullable Long lastTxSeq;

    Departure(ObjectCommand.Move order, Region to, Duration quietMax) {
      this.order = order;
      this.to = to;
      this.quietMax = quietMax;
    }
  }

  /// @param placements empty in a cluster of one region
  ObjectHome(ObjectAddress object, Optional<Placements> placements, ActorRef<ObjectCommand> self) {
    this.object = object;
    this.placements = placements;
    this.self = self;
  }

  /// Asks whether the object may run here.
  void ask() {
    home = null;
    placements.ifPresent(directory -> {
      long now = directory.generation();
      directory
          .confirm(object)
          .whenComplete(
              (found, failure) -> self.tell(new ObjectCommand.HomeKnown(now, found, failure)));
    });
  }

  void answered(ObjectCommand.HomeKnown answer) {
    Placement found = answer.placement();
    generation = answer.generation();
    home = null;
    refusal = null;
    if (found == null) {
      refusal = fault(answer.failure());
    } else if (found.region().equals(directory().regions().self().name())) {
      home = found;
    } else {
      refusal = new ObjectMoved(object, found);
    }
  }

  private Placements directory() {
    return placements.orElseThrow();
  }

  /// Whether events may run now.
  boolean isOpen() {
    return placements.isEmpty() || (home != null && departure == null);
  }

  /// Whether it may run here as far as its region is concerned. Any thread.
  boolean isCurrent() {
    return placements.isEmpty() || placements.get().isCurrent(generation);
  }

  /// Whether it was here, and that has to be asked anew.
  boolean isStale() {
    return home != null && departure == null && !isCurrent();
  }

  /// Why the object does not run here, when it does not.
  @Nullable HoldfastException refusal() {
    return refusal;
  }

  /// The commit from which on the object goes on here.
  long txSeqMin() {
    return home == null ? 0 : home.txSeq();
  }

  // ---- leaving
  // ------------------------------------------------------------------------------------------------

  /// Whether an order to leave would be obeyed.
  boolean isToObey(ObjectCommand.Move order) {
    try {
      return home != null
          && departure == null
          && !directory()
              .requireMovable(object, order.region())
              .equals(directory().regions().self());
    } catch (HoldfastException e) {
      return false;
    }
  }

  /// An order to leave.
  ///
  /// @param quietMax how long callers wait for what runs
  /// @return whether it is to be obeyed now
  boolean beginDeparture(ObjectCommand.Move order, Duration quietMax) {
    try {
      if (placements.isEmpty()) {
        throw new HoldfastException(
            ErrorCode.INVALID_ARGUMENT,
            "expected a cluster of several regions (holdfast.regions), found one of one");
      }
      if (refusal != null) {
        throw refusal;
      }
      if (departure != null || waiting != null) {
        throw stays(ErrorCode.OBJECT_UNAVAILABLE, "it is moving already");
      }
      if (home == null) {
        waiting = order;
        return false;
      }
      Region to = directory().requireMovable(object, order.region());
      if (to.equals(directory().regions().self())) {
        order.sent().reply().complete(home);
        return false;
      }
      departure = new Departure(order, to, quietMax);
      return true;
    } catch (HoldfastException e) {
      order.sent().reply().completeExceptionally(e);
      return false;
    }
  }

  /// An order that came before it was known whether the object is here.
  ObjectCommand.@Nullable Move waitingOrder() {
    ObjectCommand.Move order = waiting;
    waiting = null;
    return order;
  }

  boolean isDeparting() {
    return departure != null;
  }

  /// Gives the departure up when the object has been busy for too long.
  ///
  /// @return whether it was given up
  boolean isTooBusy() {
    Departure leaving = departure;
    if (leaving == null || System.nanoTime() - leaving.begunNanos < leaving.quietMax.toNanos()) {
      return false;
    }
    giveUp(
        stays(ErrorCode.OBJECT_BLOCKED, "it was busy for " + leaving.quietMax.toSeconds() + " s"));
    return true;
  }

  private HoldfastException stays(ErrorCode code, String why) {
    return new HoldfastException(code, "Durable Object " + object + " is not moved: " + why);
  }

  /// It stays.
  void giveUp(HoldfastException why) {
    Departure leaving = departure;
    departure = null;
    if (leaving != null) {
      leaving.order.sent().reply().completeExceptionally(why);
    }
  }

  /// Its writer comes to an end.
  void released(long txSeq) {
    if (departure != null) {
      departure.lastTxSeq = txSeq;
    }
  }

  /// Its writer has stopped, so nothing of it runs here.
  ///
  /// @return false when the writer did not say how far it came: it stays
  boolean leave() {
    Departure leaving = departure;
    Placement from = home;
    if (leaving == null || from == null || leaving.lastTxSeq == null) {
      giveUp(stays(ErrorCode.STORAGE_FAILED, "its writer has failed"));
      return false;
    }
    change(from, from.next(leaving.to.name(), leaving.lastTxSeq));
    return true;
  }

  private void change(Placement from, Placement next) {
    directory()
        .replace(object, from, next)
        .whenComplete(
            (done, failure) -> self.tell(new ObjectCommand.Departed(from, next, done, failure)));
  }

  /// What came of a change of the directory.
  ///
  /// @return whether it is known now whether the object stays
  boolean departed(ObjectCommand.Departed outcome) {
    Boolean done = outcome.done();
    if (done == null) {
      // It may still come true, unless something else does first.
      Placement from = outcome.from();
      AFTER_A_PAUSE.execute(
          () -> change(from, from.next(directory().regions().self().name(), from.txSeq())));
      return false;
    }
    if (!done) {
      home = null;
      giveUp(stays(ErrorCode.OBJECT_UNAVAILABLE, "its home was changed meanwhile"));
      ask();
      return false;
    }
    Departure leaving = departure;
    if (outcome.next().region().equals(directory().regions().self().name())) {
      home = outcome.next();
      giveUp(stays(ErrorCode.STORAGE_FAILED, "the directory did not answer"));
    } else {
      home = null;
      departure = null;
      refusal = new ObjectMoved(object, outcome.next());
      if (leaving != null) {
        leaving.order.sent().reply().complete(outcome.next());
      }
    }
    return true;
  }

  /// The actor ends.
  void close(HoldfastException why) {
    ObjectCommand.Move order = waitingOrder();
    if (order != null) {
      order.sent().reply().completeExceptionally(why);
    }
    giveUp(why);
  }

  private HoldfastException fault(@Nullable Throwable failure) {
    Throwable cause = failure == null ? null : StoredFutures.cause(failure);
    return cause instanceof HoldfastException known
        ? known
        : new HoldfastException(
            ErrorCode.OBJECT_UNAVAILABLE,
            "whether Durable Object " + object + " lives here cannot be found out: " + cause,
            cause);
  }
}
