package io.holdfast.node.object;

import io.holdfast.cassandra.Placement;
import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.history.StoredState;
import io.holdfast.persistence.writer.ObjectWriter;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.RpcResult;
import io.holdfast.sdk.HoldfastException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The messages of an object's entity.
sealed interface ObjectCommand {
  /// One that is sent to the object through sharding.
  sealed interface Travelling extends ObjectCommand {
    ObjectAddress target();

    Passage passage();

    /// The same on a way of its own: this one has to be given up.
    Travelling again();

    /// It does not get there.
    void reject(HoldfastException why);
  }

  /// Something happens to the object.
  ///
  /// @param sent what it takes to send it to another node; empty for what can only happen here
  record Deliver(ObjectEvent event, Optional<ObjectCall.Sent<?>> sent, Passage passage)
      implements Travelling {
    Deliver(ObjectEvent event, Optional<ObjectCall.Sent<?>> sent) {
      this(event, sent, new Passage());
    }

    @Override
    public ObjectAddress target() {
      return event.target();
    }

    @Override
    public Deliver again() {
      return new Deliver(event, sent);
    }

    @Override
    public void reject(HoldfastException why) {
      event.reject(why);
    }
  }

  /// One of the object's node, not of its code.
  sealed interface Asked extends Travelling {
    ObjectCall.Sent<?> sent();

    @Override
    default ObjectAddress target() {
      return sent().target();
    }

    @Override
    default void reject(HoldfastException why) {
      sent().reject(why);
    }
  }

  /// Leave for another region.
  record Move(ObjectCall.Sent<Placement> sent, String region, Passage passage) implements Asked {
    Move(ObjectCall.Sent<Placement> sent, String region) {
      this(sent, region, new Passage());
    }

    @Override
    public Move again() {
      return new Move(sent, region);
    }
  }

  /// Have an operator's order carried out.
  record Operate(ObjectCall.Sent<RpcResult> sent, RpcCall order, Passage passage) implements Asked {
    Operate(ObjectCall.Sent<RpcResult> sent, RpcCall order) {
      this(sent, order, new Passage());
    }

    @Override
    public Operate again() {
      return new Operate(sent, order);
    }
  }

  /// What is left of a command that cannot be carried out on another node.
  record Nothing() implements ObjectCommand {}

  /// A turn ended, or gave the turn away: what it committed, and what is to leave once that is
  /// durable.
  ///
  /// @param committed the count of commits of the incarnation at that point
  /// @param through the count up to which commits must be durable for the effect to leave
  record Produced(
      Incarnation from,
      @Nullable Commit commit,
      long committed,
      long through,
      OutputGate.Effect effect)
      implements ObjectCommand {}

  /// A state that takes the place of the current one; otherwise like [Produced].
  record Replace(Incarnation from, StoredState state, long through, OutputGate.Effect effect)
      implements ObjectCommand {}

  /// The first use of storage in an incarnation.
  record OpenStorage(Incarnation from) implements ObjectCommand {}

  /// An incarnation is over: its memory is dropped and the next event makes a new one.
  record Reset(Incarnation from, HoldfastException reason) implements ObjectCommand {}

  /// From the writer of an incarnation.
  record Written(Incarnation incarnation, ObjectWriter.Event event) implements ObjectCommand {}

  /// The writer has stopped.
  record WriterStopped(Incarnation incarnation) implements ObjectCommand {}

  /// An alarm may begin that had to wait for others to do so.
  record Begin(Deliver alarm) implements ObjectCommand {}

  /// Time to look whether the object is idle.
  record CheckIdle() implements ObjectCommand {}

  /// Be there: events wait in [LateEvents].
  ///
  /// @param waiting what becomes of them when they cannot wait here
  record Wake(ObjectAddress target, Waiting waiting, Passage passage) implements Travelling {
    /// Events that wait.
    interface Waiting {
      /// The object is on another node: they have to go there.
      void leave();

      void reject(HoldfastException why);

      /// Of another node, or none.
      Waiting NONE =
          new Waiting() {
            @Override
            public void leave() {}

            @Override
            public void reject(HoldfastException why) {}
          };
    }

    Wake(ObjectAddress target, Waiting waiting) {
      this(target, waiting, new Passage());
    }

    @Override
    public Wake again() {
      return new Wake(target, waiting);
    }

    @Override
    public void reject(HoldfastException why) {
      waiting.reject(why);
    }
  }

  /// The answer to the question where the object's home is: one of both.
  ///
  /// @param generation of the region when it was asked
  record HomeKnown(long generation, @Nullable Placement placement, @Nullable Throwable failure)
      implements ObjectCommand {}

  /// The answer to a change of the object's home.
  ///
  /// @param done null when nobody knows
  record Departed(
      Placement from, Placement next, @Nullable Boolean done, @Nullable Throwable failure)
      implements ObjectCommand {}

  /// The container sleeps, as far as it did: the order to leave can be obeyed.
  record Asleep(Move order) implements ObjectCommand {}

  /// Leave memory: sent by sharding, after a passivation or when the node drains.
  record Stop() implements ObjectCommand {}
}
