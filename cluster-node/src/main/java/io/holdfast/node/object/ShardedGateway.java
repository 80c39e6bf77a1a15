package io.holdfast.node.object;

import io.holdfast.cassandra.Placement;
import io.holdfast.node.app.AppCatalog;
import io.holdfast.node.cluster.Ownership;
import io.holdfast.node.container.ContainerOwnerHooks;
import io.holdfast.node.files.KeptFiles;
import io.holdfast.node.message.Batch;
import io.holdfast.node.message.Receipt;
import io.holdfast.node.region.ObjectMoved;
import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectGateway;
import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.RpcResult;
import io.holdfast.sdk.Container;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.pekko.actor.AllDeadLetters;
import org.apache.pekko.actor.DeadLetter;
import org.apache.pekko.actor.Dropped;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.ShardCoordinator.ShardAllocationStrategy;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;

/// The way to objects through cluster sharding.
public final class ShardedGateway implements ObjectGateway {
  /** How often a call follows an object that moves. */
  private static final int FOLLOWED_MAX = 5;

  /** What Pekko's sharding says of it. */
  private static final String DROPPED_AT_HAND_OFF = "Avoiding reordering";

  private final AppCatalog apps;
  private final Homes homes;
  private final LateEvents lateEvents = new LateEvents();
  private final LeavingObjects leaving = new LeavingObjects();
  private final Map<String, Order> orders = new ConcurrentHashMap<>();

  /// A gateway that is not yet connected: calls fail until [#connect].
  public ShardedGateway(ActorSystem<?> system, AppCatalog apps, Homes homes) {
    this.apps = apps;
    this.homes = homes;
    ActorRef<AllDeadLetters> undelivered =
        system.systemActorOf(
            undelivered(), "undelivered", org.apache.pekko.actor.typed.Props.empty());
    system.eventStream().tell(new EventStream.Subscribe<>(DeadLetter.class, undelivered.narrow()));
    system.eventStream().tell(new EventStream.Subscribe<>(Dropped.class, undelivered.narrow()));
  }

  /// Starts the shards of this node, or the ways to those of others.
  ///
  /// @param strategies where shards of each kind go; as Pekko has it, when there is none
  public void connect(
      ActorSystem<?> system,
      ObjectServices services,
      Map<ShardKind, ShardAllocationStrategy> strategies) {
    if (services.ownership().isLeased()) {
      services.sockets().connect(KeptClients.get(system));
    }
    services.ownership().beforeRelease(ShardKind.CONTAINER.type(), services.containers()::endAll);
    ClusterSharding sharding = ClusterSharding.get(system);
    homes.connect(
        kind -> sharding.init(objects(kind, services, strategies)),
        (kind, region) ->
            sharding.init(objects(kind, services, strategies).withDataCenter(region.name())));
  }

  private Entity<ObjectCommand, ShardingEnvelope<ObjectCommand>> objects(
      ShardKind kind, ObjectServices services, Map<ShardKind, ShardAllocationStrategy> strategies) {
    Entity<ObjectCommand, ShardingEnvelope<ObjectCommand>> objects =
        Entity.of(
                kind.type(),
                entity -> {
                  ObjectAddress address = ObjectAddress.parse(entity.getEntityId());
                  return ObjectActor.create(
                      address,
                      apps.objectClass(address.namespace()),
                      services,
                      entity.getShard(),
                      lateEvents,
                      leaving);
                })
            .withStopMessage(new ObjectCommand.Stop());
    ShardAllocationStrategy strategy = strategies.get(kind);
    return strategy == null
        ? objects
        : objects.withRole(kind.role().toString()).withAllocationStrategy(strategy);
  }

  @Override
  public CompletableFuture<Response> fetch(
      ObjectAddress target, Request request, CallContext context) {
    return send(target, context, new ObjectCall.Fetch(request));
  }

  @Override
  public CompletableFuture<RpcResult> invoke(
      ObjectAddress target, RpcCall call, CallContext context) {
    return send(target, context, new ObjectCall.Invoke(call));
  }

  /// Hands messages to their receiver; completes with how far they were carried out.
  CompletableFuture<Receipt> deliver(ObjectAddress receiver, Batch batch) {
    return send(receiver, CallContext.RUNTIME, new ObjectCall.Deliver(batch));
  }

  /// Whether this node is the owner of the object of a persistence id just now.
  public Predicate<String> owned(Ownership ownership) {
    return id -> {
      ObjectAddress address = ObjectAddress.parse(id.substring(id.indexOf('|') + 1));
      ShardKind kind = ShardKind.of(apps, address.namespace());
      return homes.isHere(address) && ownership.of(kind.type(), address).getAsBoolean();
    };
  }

  /// Brings an object into memory that has left events behind.
  void wake(ObjectAddress target) {
    homes.tell(
        Optional.empty(),
        new ObjectCommand.Wake(
            target,
            new ObjectCommand.Wake.Waiting() {
              @Override
              public void leave() {
                lateEvents.take(target).forEach(late -> homes.tell(Optional.empty(), late));
              }

              @Override
              public void reject(HoldfastException why) {
                lateEvents.take(target).forEach(late -> late.reject(why));
              }
            }));
  }

  /// Clients of the object's WebSockets wait at a node; completes when it has come for them.
  CompletableFuture<RpcResult> resume(ObjectAddress target, String edge) {
    return send(target, CallContext.RUNTIME, new ObjectCall.Resume(edge));
  }

  // ---- regions
  // ------------------------------------------------------------------------------------------------

  @Override
  public int birthRegion(NamespaceId namespace, Optional<Jurisdiction> jurisdiction) {
    return homes.birthRegion(namespace, jurisdiction).number();
  }

  @Override
  public CompletableFuture<String> move(ObjectAddress target, String region, CallContext context) {
    return move(target, region).thenApply(Placement::region);
  }

  /// Gives an object another home; completes when it answers there.
  ///
  /// @return its home; fails with `object_blocked` when it was busy for too long, and stays then
  CompletableFuture<Placement> move(ObjectAddress target, String region) {
    return send(target, CallContext.RUNTIME, new ObjectCall.Move(region))
        .thenCompose(home -> {
          homes.learn(target, home);
          // It looks whether an alarm is due: so its new home knows of its alarm.
          return alarms().run(target, 0).handle((_, _) -> home);
        });
  }

  /// An object that was here lives elsewhere now.
  void moved(ObjectAddress object, Placement home) {
    homes.moved(object, home);
  }

  // ---- alarms
  // -------------------------------------------------------------------------------------------------

  /// The way to alarms.
  AlarmScheduler.Runner alarms() {
    return new AlarmScheduler.Runner() {
      @Override
      public CompletableFuture<AlarmEnd> run(ObjectAddress target, int retryCount) {
        return send(target, CallContext.RUNTIME, new ObjectCall.RunAlarm(retryCount));
      }

      @Override
      public CompletableFuture<AlarmEnd> abandon(ObjectAddress target, long generation) {
        return send(target, CallContext.RUNTIME, new ObjectCall.AbandonAlarm(generation));
      }
    };
  }

  /// Runs something that an operator asked for in the turn of an object.
  <T> CompletableFuture<T> admin(
      ObjectAddress target,
      ObjectEvent.Admin.Action<T> action,
      ObjectEvent.Admin.Afterwards afterwards) {
    return here(
        target,
        reply -> new ObjectEvent.Admin<>(target, CallContext.RUNTIME, action, afterwards, reply));
  }

  // ---- operators
  // ----------------------------------------------------------------------------------------------

  /// Something that an operator may order.
  @FunctionalInterface
  interface Order {
    /// Blocks; on a virtual thread of the object's node.
    RpcResult carryOut(ObjectAddress object, RpcCall order) throws Exception;
  }

  /// @param method of the calls that order it
  void onOrder(String method, Order order) {
    orders.put(method, order);
  }

  /// Has something done on the node of an object.
  CompletableFuture<RpcResult> operate(ObjectAddress target, RpcCall order) {
    return send(target, CallContext.RUNTIME, new ObjectCall.Operate(order));
  }

  /// Carries out what was ordered from some node.
  void carryOut(ObjectCommand.Operate operate) {
    CompletableFuture<RpcResult> reply = operate.sent().reply();
    Order order = orders.get(operate.order().method());
    if (order == null) {
      operate.reject(
          new HoldfastException(
              ErrorCode.INVALID_ARGUMENT,
              "expected an order that this node knows, found " + operate.order().method()));
      return;
    }
    Thread.ofVirtual()
        .name("operate")
        .start(() -> {
          try {
            reply.complete(order.carryOut(operate.target(), operate.order()));
          } catch (Exception e) {
            reply.completeExceptionally(
                e instanceof HoldfastException known
                    ? known
                    : new HoldfastException(ErrorCode.INTERNAL, String.valueOf(e), e));
          }
        });
  }

  /// The way from the container of an object back to it.
  public ContainerOwnerHooks containerHooks(ObjectAddress target) {
    return new ContainerOwnerHooks() {
      @Override
      public CompletableFuture<?> ended(ContainerExit exit) {
        return run(target, (instance, incarnation) -> hearEnd(instance, incarnation, exit));
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

  private static void hearEnd(DurableObject instance, Incarnation incarnation, ContainerExit exit)
      throws Exception {
    ObjectRun.ended(incarnation);
    ObjectExit.note(incarnation, exit, incarnation.services().clock().instant());
    if (instance instanceof Container container) {
      container.onStop(exit);
    }
  }

  /// What comes first in each life of an object whose container may have been lost with another
  /// node: to hear of that.
  ObjectEvent lostRun(ObjectAddress target) {
    return hook(
        target,
        (instance, incarnation) -> {
          if (ObjectRun.isLost(incarnation)) {
            incarnation.services().containers().lostElsewhere(target);
            hearEnd(instance, incarnation, ObjectRun.LOST);
          }
        },
        new CompletableFuture<>());
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
    return here(target, reply -> hook(target, action, reply));
  }

  /// The event of [#run].
  ObjectEvent hook(
      ObjectAddress target, ObjectEvent.Hook.Action action, CompletableFuture<Boolean> reply) {
    return new ObjectEvent.Hook(target, CallContext.RUNTIME, action, reply);
  }

  /** From wherever the object is. */
  private <T> CompletableFuture<T> send(
      ObjectAddress target, CallContext context, ObjectCall<T> call) {
    if (homes.isOne()) {
      return sendOnce(target, context, call);
    }
    CompletableFuture<T> reply = new CompletableFuture<>();
    follow(target, context, call, reply, FOLLOWED_MAX);
    return reply;
  }

  private <T> CompletableFuture<T> sendOnce(
      ObjectAddress target, CallContext context, ObjectCall<T> call) {
    return told(
        target,
        context.locationHint(),
        reply -> new ObjectCall.Sent<>(target, context, call, reply).command());
  }

  /** Where the object is not any more nothing was done. */
  private <T> void follow(
      ObjectAddress target,
      CallContext context,
      ObjectCall<T> call,
      CompletableFuture<T> reply,
      int left) {
    sendOnce(target, context, call)
        .whenComplete((answer, failure) -> {
          if (failure instanceof ObjectMoved moved && left > 0 && call.isRepeatable()) {
            homes.learn(target, moved.home());
            follow(target, context, call, reply, left - 1);
          } else if (failure != null) {
            reply.completeExceptionally(failure);
          } else if (!reply.complete(answer)) {
            ObjectEvent.discard(answer);
          }
        });
  }

  /** Only when the object is on this node. */
  private <T> CompletableFuture<T> here(
      ObjectAddress target, Function<CompletableFuture<T>, ObjectEvent> event) {
    Function<CompletableFuture<T>, ObjectCommand.Travelling> command =
        reply -> new ObjectCommand.Deliver(event.apply(reply), Optional.empty());
    Optional<ActorRef<ObjectCommand>> actor = leaving.find(target);
    if (actor.isEmpty()) {
      return told(target, Optional.empty(), command);
    }
    CompletableFuture<T> reply = new CompletableFuture<>();
    actor.get().tell(command.apply(reply));
    return reply;
  }

  private <T> CompletableFuture<T> told(
      ObjectAddress target,
      Optional<String> hint,
      Function<CompletableFuture<T>, ObjectCommand.Travelling> command) {
    CompletableFuture<T> reply = new CompletableFuture<>();
    if (apps.find(target.namespace()).isEmpty()) {
      reply.completeExceptionally(
          new HoldfastException(
              ErrorCode.NAMESPACE_NOT_FOUND, "there is no namespace " + target.namespace()));
      return reply;
    }
    try {
      homes.tell(hint, command.apply(reply));
    } catch (HoldfastException e) {
      reply.completeExceptionally(e);
    }
    return reply;
  }

  /** What sharding could not deliver must not leave its caller waiting. */
  private Behavior<AllDeadLetters> undelivered() {
    return Behaviors.receiveMessage(letter -> {
      Object message =
          letter.message() instanceof ShardingEnvelope<?> envelope
              ? envelope.message()
              : letter.message();
      if (message instanceof ObjectCommand.Travelling command && command.passage().isGivenUp()) {
        return Behaviors.same(); // It was rejected, or is on another way.
      }
      if (message instanceof ObjectCommand.Travelling command && isOfHandOff(letter)) {
        // It waited for a shard that has gone on meanwhile. Calls have no order among them.
        homes.tellAgain(command);
      } else if (message instanceof ObjectCommand.Travelling command) {
        command.reject(unreachable(command.target()));
      } else if (message instanceof ObjectCommand.Asleep(ObjectCommand.Move order)) {
        order.reject(unreachable(order.target()));
      }
      return Behaviors.same();
    });
  }

  private static boolean isOfHandOff(AllDeadLetters letter) {
    return letter instanceof Dropped dropped && dropped.reason().startsWith(DROPPED_AT_HAND_OFF);
  }

  static HoldfastException unreachable(ObjectAddress target) {
    return new ObjectCallException(
        ErrorCode.OBJECT_UNAVAILABLE,
        "Error",
        "Durable Object " + target + " cannot be reached just now.");
  }
}
