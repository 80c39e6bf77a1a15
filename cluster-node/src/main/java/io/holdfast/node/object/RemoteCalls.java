package io.holdfast.node.object;

import io.holdfast.node.cluster.Ownership;
import io.holdfast.node.peer.PeerMessage;
import io.holdfast.node.peer.Peers;
import io.holdfast.node.region.Region;
import io.holdfast.persistence.database.RowBytes;
import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.AbstractExtensionId;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Extension;
import org.apache.pekko.actor.ExtensionIdProvider;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;

/*
 * Sharding decides where an object is, and buffers, forwards and hands over its messages while it moves; so a call is a
 * message to its shard like any other. Whether it leaves this node is known only when it does: then its caller waits in
 * `PeerCalls`, and the other node makes the call its own with a reply that is sent back.
 *
 * Once a node has taken a call for a shard, the next ones go to that node at once, on a line of their own. It looks whether it
 * has the lease of the shard, and does nothing without it; then the call goes through sharding after all.
 */
/// The calls of this node that are on others, and theirs that are here. Thread-safe; no method
/// blocks.
final class RemoteCalls implements Extension {
  private static final Id ID = new Id();
  private static final String CALL = "a call of another node";
  private static final long NO_CALL = 0;

  private final Peers peers;
  private final CallCodec codec;
  private final Underway underway;
  private final ActorRefResolver resolver;
  private final Ownership ownership;
  private final CoordinatedShutdown shutdown;
  private final Map<Shard, ActorRef<PeerMessage>> owners = new ConcurrentHashMap<>();
  private volatile Function<NamespaceId, ShardKind> kinds = _ -> ShardKind.PLAIN;
  private volatile Consumer<ObjectCommand.Travelling> shards = _ -> {};
  private volatile Consumer<ObjectCommand.Travelling> again = _ -> {};

  /** A shard of a region. */
  private record Shard(String region, ShardKind kind, String id) {}

  private RemoteCalls(ExtendedActorSystem system) {
    peers = Peers.get(system);
    codec = new CallCodec(peers, KeptClients.get(system));
    underway = Underway.get(system);
    resolver = ActorRefResolver.get(Adapter.toTyped(system));
    ownership = Ownership.get(system);
    shutdown = CoordinatedShutdown.get(system);
  }

  /// The extension of this system.
  static RemoteCalls get(ClassicActorSystemProvider system) {
    return ID.get(system);
  }

  /// From now on calls are taken here without sharding.
  ///
  /// @param shards of this node
  /// @param again sends what was not taken where it was sent
  void connect(
      Function<NamespaceId, ShardKind> kinds,
      Consumer<ObjectCommand.Travelling> shards,
      Consumer<ObjectCommand.Travelling> again) {
    this.kinds = kinds;
    this.shards = shards;
    this.again = again;
    peers.onCall(this::taken);
  }

  // ---- in messages of sharding
  // ----------------------------------------------------------------------------------------

  /// A call that leaves this node in a message.
  <T> byte[] leaving(ObjectCall.Sent<T> sent) {
    long id = peers.leaves(new Waiting<>(sent, () -> {}));
    try {
      return RowBytes.written(out -> {
        out.writeLong(id);
        out.text(resolver.toSerializationFormat(peers.self()));
        write(sent, out);
      });
    } catch (RuntimeException e) {
      peers.stays(id, "cannot be sent to another node: " + e.getMessage());
      return nothing();
    }
  }

  /// In the place of a call that does not leave.
  static byte[] nothing() {
    return RowBytes.written(out -> out.writeLong(NO_CALL));
  }

  /// A call of another node that has come in a message.
  ObjectCommand arrived(byte[] message) {
    return RowBytes.read(
        CALL,
        message,
        in -> {
          long id = in.readLong();
          if (id == NO_CALL) {
            return new ObjectCommand.Nothing();
          }
          ActorRef<PeerMessage> origin = resolver.resolveActorRef(in.text());
          peers.arrived(origin, id);
          return command(
              CallCodec.readAddress(in),
              origin.path().address().toString(),
              in,
              answer -> peers.answer(origin, id, answer));
        });
  }

  private void write(ObjectCall.Sent<?> sent, RowBytes.Out out) throws IOException {
    CallCodec.write(sent.target(), out);
    CallCodec.write(sent.context(), out);
    codec.write(sent.call(), out);
  }

  private ObjectCommand command(
      ObjectAddress target, String origin, RowBytes.In in, Consumer<byte[]> answer)
      throws IOException {
    CallContext context = CallCodec.readContext(in, origin);
    ObjectCommand command = command(target, context, codec.readCall(in), answer);
    if (command instanceof ObjectCommand.Travelling onItsWay) {
      underway.watch(onItsWay, Underway.IN_REGION_MAX, () -> ShardedGateway.unreachable(target));
    }
    return command;
  }

  private <T> ObjectCommand command(
      ObjectAddress target, CallContext context, ObjectCall<T> call, Consumer<byte[]> answer) {
    CompletableFuture<T> reply = new CompletableFuture<>();
    reply.whenComplete((value, failure) -> {
      if (failure != null) {
        answer.accept(CallCodec.failure(failure));
        return;
      }
      try {
        answer.accept(codec.answer(value));
      } catch (RuntimeException e) {
        ObjectEvent.discard(value);
        answer.accept(CallCodec.failure(e));
      }
    });
    try {
      return new ObjectCall.Sent<>(target, context, call, reply).command();
    } catch (HoldfastException e) {
      reply.completeExceptionally(e);
      return new ObjectCommand.Nothing();
    }
  }

  // ---- on lines
  // -----------------------------------------------------------------------------------------------

  /// Sends a command to the node that has taken one for its shard before, if it is a call that can
  /// go there at once.
  ///
  /// @return false when it is to be sent through sharding
  boolean send(Region home, ObjectCommand.Travelling command) {
    if (!(command instanceof ObjectCommand.Deliver deliver) || deliver.sent().isEmpty()) {
      return false;
    }
    ObjectCall.Sent<?> sent = deliver.sent().get();
    Shard shard = shard(home.name(), sent.target());
    ActorRef<PeerMessage> owner = owners.get(shard);
    if (owner == null || !CallCodec.isWhole(sent.call())) {
      return false;
    }
    return !command.passage().end() // Its caller has been told that it does not get there.
        || peers.call(
            owner,
            () -> RowBytes.written(out -> write(sent, out)),
            new Waiting<>(
                sent,
                () -> {
                  owners.remove(shard, owner);
                  again.accept(command.again());
                }));
  }

  /**
   * From another node that takes this one for the owner. While this one leaves it sends its callers
   * to sharding: that waits for the next owner where the caller is.
   */
  private boolean taken(byte[] call, String origin, Consumer<byte[]> answer) {
    return RowBytes.read(
        CALL,
        call,
        in -> {
          ObjectAddress target = CallCodec.readAddress(in);
          ShardKind kind = kinds.apply(target.namespace());
          boolean isLeaving = shutdown.getShutdownReason().isPresent();
          if (isLeaving || !ownership.of(kind.type(), target).getAsBoolean()) {
            return false;
          }
          if (command(target, origin, in, answer) instanceof ObjectCommand.Travelling command) {
            shards.accept(command);
          }
          return true;
        });
  }

  private Shard shard(String region, ObjectAddress object) {
    return new Shard(region, kinds.apply(object.namespace()), ownership.shard(object));
  }

  /**
   * A caller of this node whose call is on another one.
   *
   * @param elsewhere what to do when it is not taken there
   */
  private final class Waiting<T> implements Peers.Caller {
    private final ObjectCall.Sent<T> sent;
    private final Runnable elsewhere;

    Waiting(ObjectCall.Sent<T> sent, Runnable elsewhere) {
      this.sent = sent;
      this.elsewhere = elsewhere;
    }

    @Override
    public void taken(ActorRef<PeerMessage> by, String region) {
      if (by.equals(peers.self())) {
        owners.remove(shard(region, sent.target()));
      } else {
        owners.put(shard(region, sent.target()), by);
      }
    }

    @Override
    public void isElsewhere() {
      elsewhere.run();
    }

    @Override
    public void answered(byte[] answer) {
      if (CallCodec.isLarge(answer)) {
        Thread.ofVirtual().name("peer-answer").start(() -> complete(answer));
      } else {
        complete(answer);
      }
    }

    @SuppressWarnings("unchecked") // The answer to a call is of its type.
    private void complete(byte[] answer) {
      try {
        T value = (T) codec.readAnswer(answer);
        if (!sent.reply().complete(value)) {
          ObjectEvent.discard(value);
        }
      } catch (HoldfastException e) {
        sent.reply().completeExceptionally(e);
      } catch (RuntimeException e) {
        lost("was answered, but the answer cannot be read: " + e.getMessage());
      }
    }

    @Override
    public void lost(String why) {
      sent.reply()
          .completeExceptionally(
              new ObjectCallException(
                  ErrorCode.OBJECT_UNAVAILABLE,
                  "Error",
                  "A call to Durable Object " + sent.target() + " " + why + "."));
    }
  }

  /// How Pekko finds the extension.
  private static final class Id extends AbstractExtensionId<RemoteCalls>
      implements ExtensionIdProvider {
    @Override
    public RemoteCalls createExtension(ExtendedActorSystem system) {
      return new RemoteCalls(system);
    }

    @Override
    public Id lookup() {
      return ID;
    }
  }
}
