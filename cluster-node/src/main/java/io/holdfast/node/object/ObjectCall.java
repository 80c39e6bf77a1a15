package io.holdfast.node.object;

import io.holdfast.cassandra.Placement;
import io.holdfast.node.message.Batch;
import io.holdfast.node.message.Receipt;
import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.IdempotencyKey;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.RpcResult;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// What one may ask of an object from any node. Other events begin where the object is.
///
/// @param <T> the answer
sealed interface ObjectCall<T> {
  /// What this call is at its object.
  ///
  /// @throws HoldfastException `invalid_argument` for an idempotency key that is none
  ObjectCommand.Travelling command(Sent<T> sent);

  /// Whether it can be sent again when it was not carried out: a stream may have been offered
  /// already.
  default boolean isRepeatable() {
    return true;
  }

  /// One that happens to the object.
  sealed interface Happening<T> extends ObjectCall<T> {
    ObjectEvent event(ObjectAddress target, CallContext context, CompletableFuture<T> reply);

    @Override
    default ObjectCommand.Travelling command(Sent<T> sent) {
      return new ObjectCommand.Deliver(
          event(sent.target(), sent.context(), sent.reply()), Optional.of(sent));
    }
  }

  /// An HTTP request; a key of its headers makes it idempotent.
  record Fetch(Request request) implements Happening<Response> {
    @Override
    public boolean isRepeatable() {
      return request.body().buffered().isPresent();
    }

    @Override
    public ObjectEvent event(
        ObjectAddress target, CallContext context, CompletableFuture<Response> reply) {
      Optional<IdempotencyKey> key = IdempotencyKey.of(request.headers());
      return key.isEmpty()
          ? new ObjectEvent.Fetch(target, context, request, reply)
          : new ObjectEvent.Task(
              target, context, new KeyedCall<>(key.get(), new KeyedFetch(request), reply));
    }
  }

  /// A method call; a key of its context makes it idempotent.
  record Invoke(RpcCall call) implements Happening<RpcResult> {
    @Override
    public boolean isRepeatable() {
      return call.streams().isEmpty();
    }

    @Override
    public ObjectEvent event(
        ObjectAddress target, CallContext context, CompletableFuture<RpcResult> reply) {
      Optional<IdempotencyKey> key = context.idempotencyKey();
      return key.isEmpty()
          ? new ObjectEvent.Invoke(target, context, call, reply)
          : new ObjectEvent.Task(
              target, context, new KeyedCall<>(key.get(), new KeyedInvoke(call), reply));
    }
  }

  /// Messages of another object.
  record Deliver(Batch batch) implements Happening<Receipt> {
    @Override
    public ObjectEvent event(
        ObjectAddress target, CallContext context, CompletableFuture<Receipt> reply) {
      return new ObjectEvent.Task(target, context, new Delivery(batch, reply));
    }
  }

  /// A run of the alarm.
  record RunAlarm(int retryCount) implements Happening<AlarmEnd> {
    @Override
    public ObjectEvent event(
        ObjectAddress target, CallContext context, CompletableFuture<AlarmEnd> reply) {
      return new ObjectEvent.Alarm(target, context, retryCount, reply);
    }
  }

  /// The removal of an alarm that is not to be run again.
  record AbandonAlarm(long generation) implements Happening<AlarmEnd> {
    @Override
    public ObjectEvent event(
        ObjectAddress target, CallContext context, CompletableFuture<AlarmEnd> reply) {
      return new ObjectEvent.AbandonAlarm(target, context, generation, reply);
    }
  }

  /// The clients of its WebSockets that are connected to a node wait for it.
  ///
  /// @param edge the address of that node
  record Resume(String edge) implements Happening<RpcResult> {
    @Override
    public ObjectEvent event(
        ObjectAddress target, CallContext context, CompletableFuture<RpcResult> reply) {
      return new ObjectEvent.Task(target, context, new ResumedSockets(edge, reply));
    }
  }

  /// The order to live in another region; the answer is the new home.
  record Move(String region) implements ObjectCall<Placement> {
    @Override
    public ObjectCommand.Travelling command(Sent<Placement> sent) {
      return new ObjectCommand.Move(sent, region);
    }
  }

  /// An operator's order: carried out on the node of the object, outside of its turns.
  record Operate(RpcCall order) implements ObjectCall<RpcResult> {
    @Override
    public ObjectCommand.Travelling command(Sent<RpcResult> sent) {
      return new ObjectCommand.Operate(sent, order);
    }
  }

  /// A call on its way: what has to be known to send it to another node.
  record Sent<T>(
      ObjectAddress target, CallContext context, ObjectCall<T> call, CompletableFuture<T> reply) {
    ObjectCommand.Travelling command() {
      return call.command(this);
    }

    /// It does not arrive.
    void reject(HoldfastException why) {
      reply.completeExceptionally(why);
    }
  }
}
