package io.holdfast.node.object;

import io.holdfast.node.app.AppCatalog;
import io.holdfast.node.container.ContainerOwnerHooks;
import io.holdfast.node.files.KeptFiles;
import io.holdfast.node.message.Batch;
import io.holdfast.node.message.Receipt;
import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.IdempotencyKey;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectGateway;
import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.RpcResult;
import io.holdfast.sdk.Container;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.pekko.actor.DeadLetter;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;

/// The way to objects through cluster sharding.
public final class ShardedGateway implements ObjectGateway {
  private static final EntityTypeKey<ObjectCommand> TYPE =
      EntityTypeKey.create(ObjectCommand.class, "object");

  private final AppCatalog apps;
  private final LateEvents lateEvents = new LateEvents();
  private volatile ActorRef<ShardingEnvelope<ObjectCommand>> region;

  /// A gateway that is not yet connected: calls fail until [#connect].
  public ShardedGateway(ActorSystem<?> system, AppCatalog apps) {
    this.apps = apps;
    this.region = system.<ShardingEnvelope<ObjectCommand>>deadLetters();
    ActorRef<DeadLetter> undelivered =
        system.systemActorOf(
            undelivered(), "undelivered", org.apache.pekko.actor.typed.Props.empty());
    system.eventStream().tell(new EventStream.Subscribe<>(DeadLetter.class, undelivered));
  }

  /// Starts the shards of this node.
  public void connect(ActorSystem<?> system, ObjectServices services) {
    region =
        ClusterSharding.get(system)
            .init(
                Entity.of(
                        TYPE,
                        entity -> {
                          ObjectAddress address = ObjectAddress.parse(entity.getEntityId());
                          return ObjectActor.create(
                              address,
                              apps.objectClass(address.namespace()),
                              services,
                              entity.getShard(),
                              lateEvents);
                        })
                    .withStopMessage(new ObjectCommand.Stop()));
  }

  @Override
  public CompletableFuture<Response> fetch(
      ObjectAddress target, Request request, CallContext context) {
    try {
      Optional<IdempotencyKey> key = IdempotencyKey.of(request.headers());
      return send(
          target,
          reply ->
              key.isEmpty()
                  ? new ObjectEvent.Fetch(target, context, request, reply)
                  : new ObjectEvent.Task(
                      target, context, new KeyedCall<>(key.get(), new KeyedFetch(request), reply)));
    } catch (HoldfastException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public CompletableFuture<RpcResult> invoke(
      ObjectAddress target, RpcCall call, CallContext context) {
    Optional<IdempotencyKey> key = context.idempotencyKey();
    return send(
        target,
        reply ->
            key.isEmpty()
                ? new ObjectEvent.Invoke(target, context, call, reply)
                : new ObjectEvent.Task(
                    target, context, new KeyedCall<>(key.get(), new KeyedInvoke(call), reply)));
  }

  /// Hands messages to their receiver; completes with how far they were carried out.
  CompletableFuture<Receipt> deliver(ObjectAddress receiver, Batch batch) {
    return send(
        receiver,
        reply -> new ObjectEvent.Task(receiver, CallContext.RUNTIME, new Delivery(batch, reply)));
  }

  /// Brings an object into memory that has left events behind.
  void wake(ObjectAddress target) {
    region.tell(new ShardingEnvelope<>(target.key(), new ObjectCommand.Wake(target)));
  }

  /// The way to alarms.
  AlarmScheduler.Runner alarms() {
    return new AlarmScheduler.Runner() {
      @Override
      public CompletableFuture<AlarmEnd> run(ObjectAddress target, int retryCount) {
        return send(
            target, reply -> new ObjectEvent.Alarm(target, CallContext.RUNTIME, retryCount, reply));
      }

      @Override
      public CompletableFuture<AlarmEnd> abandon(ObjectAddress target, long generation) {
        return send(
            target,
            reply -> new ObjectEvent.AbandonAlarm(target, CallContext.RUNTIME, generation, reply));
      }
    };
  }

  /// Runs something that an operator asked for in the turn of an object.
  <T> CompletableFuture<T> admin(
      ObjectAddress target,
      ObjectEvent.Admin.Action<T> action,
      ObjectEvent.Admin.Afterwards afterwards) {
    return send(
        target,
        reply -> new ObjectEvent.Admin<>(target, CallContext.RUNTIME, action, afterwards, reply));
  }

  /// The way from the container of an object back to it.
  public ContainerOwnerHooks containerHooks(ObjectAddress target) {
    return new ContainerOwnerHooks() {
      @Override
      public CompletableFuture<?> ended(ContainerExit exit) {
        return run(
            target,
            (instance, incarnation) -> {
              ObjectExit.note(incarnation, exit, incarnation.services().clock().instant());
              if (instance instanceof Container container) {
                container.onStop(exit);
              }
            });
      }

      @Override
      public CompletableFuture<?> idle(BooleanSupplier still) {
        return hook(
            target,
            container -> {
              if (still.getAsBoolean()) {
                container.onActivityExpired();
              }
            });
      }

      @Override
      public CompletableFuture<?> filesKept(KeptFiles files) {
        return admin(
            target,
            incarnation -> {
              ObjectFiles.store(incarnation, files);
              return true;
            },
            ObjectEvent.Admin.Afterwards.STAY);
      }

      @Override
      public CompletableFuture<?> found() {
        return run(target, (instance, incarnation) -> ObjectOutbound.tellAgain(incarnation));
      }
    };
  }

  /** A hook of a [Container]; nothing for other classes. */
  private interface ContainerHook {
    void run(Container container) throws Exception;
  }

  private CompletableFuture<Boolean> hook(ObjectAddress target, ContainerHook hook) {
    return run(
        target,
        (instance, incarnation) -> {
          if (instance instanceof Container container) {
            hook.run(container);
          }
        });
  }

  /// Runs something of the runtime in the object's own turn.
  CompletableFuture<Boolean> run(ObjectAddress target, ObjectEvent.Hook.Action action) {
    return send(target, reply -> hook(target, action, reply));
  }

  /// The event of [#run].
  ObjectEvent hook(
      ObjectAddress target, ObjectEvent.Hook.Action action, CompletableFuture<Boolean> reply) {
    return new ObjectEvent.Hook(target, CallContext.RUNTIME, action, reply);
  }

  private <T> CompletableFuture<T> send(
      ObjectAddress target, Function<CompletableFuture<T>, ObjectEvent> event) {
    CompletableFuture<T> reply = new CompletableFuture<>();
    if (apps.find(target.namespace()).isEmpty()) {
      reply.completeExceptionally(
          new HoldfastException(
              ErrorCode.NAMESPACE_NOT_FOUND, "there is no namespace " + target.namespace()));
      return reply;
    }
    region.tell(
        new ShardingEnvelope<>(target.key(), new ObjectCommand.Deliver(event.apply(reply))));
    return reply;
  }

  /** What sharding could not deliver must not leave its caller waiting. */
  private Behavior<DeadLetter> undelivered() {
    return Behaviors.receiveMessage(letter -> {
      Object message =
          letter.message() instanceof ShardingEnvelope<?> envelope
              ? envelope.message()
              : letter.message();
      if (message instanceof ObjectCommand.Deliver deliver) {
        reject(deliver.event());
      } else if (message instanceof ObjectCommand.Wake wake) {
        lateEvents.take(wake.address()).forEach(ShardedGateway::reject);
      }
      return Behaviors.same();
    });
  }

  private static void reject(ObjectEvent event) {
    event.reject(
        new ObjectCallException(
            ErrorCode.OBJECT_UNAVAILABLE,
            "Error",
            "Durable Object " + event.target() + " cannot be reached just now."));
  }
}
