package io.holdfast.node.object;

import io.holdfast.node.peer.PeerMessage;
import io.holdfast.node.peer.Peers;
import io.holdfast.persistence.database.RowBytes;
import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import java.io.IOException;
import java.io.NotSerializableException;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/*
 * Sharding decides where an object is, and buffers, forwards and hands over its messages while it moves; so a call is a
 * message to its shard like any other. Whether it leaves this node is known only when it does, that is here: then its caller
 * waits in `Peers`, and the other node makes the call its own with a reply that is sent back.
 */
/// Commands that leave this node.
public final class CommandSerializer extends SerializerWithStringManifest {
  private static final int IDENTIFIER = 7402;
  private static final String CALL = "C";
  private static final String WAKE = "W";
  private static final String NOTHING = "N";
  private static final long NO_CALL = 0;

  private final ExtendedActorSystem system;

  public CommandSerializer(ExtendedActorSystem system) {
    this.system = system;
  }

  @Override
  public int identifier() {
    return IDENTIFIER;
  }

  @Override
  public String manifest(Object command) {
    return switch ((ObjectCommand) command) {
      case ObjectCommand.Deliver deliver -> deliver.sent().isPresent() ? CALL : NOTHING;
      case ObjectCommand.Asked _ -> CALL;
      case ObjectCommand.Wake _ -> WAKE;
      default -> throw new IllegalArgumentException("it stays on its node: " + command.getClass());
    };
  }

  @Override
  public byte[] toBinary(Object command) {
    return switch ((ObjectCommand) command) {
      case ObjectCommand.Wake wake -> {
        if (wake.passage().end()) {
          wake.waiting().leave();
        }
        yield RowBytes.written(out -> CallCodec.write(wake.target(), out));
      }
      case ObjectCommand.Travelling given when !given.passage().end() -> nothing();
      case ObjectCommand.Deliver deliver ->
          deliver.sent().map(this::call).orElseGet(() -> notHere(deliver.event()));
      case ObjectCommand.Asked asked -> call(asked.sent());
      default -> throw new IllegalArgumentException("it stays on its node: " + command.getClass());
    };
  }

  /** Something that can only be done where the object is. */
  private static byte[] notHere(ObjectEvent event) {
    event.reject(
        new ObjectCallException(
            ErrorCode.OBJECT_UNAVAILABLE,
            "Error",
            "Durable Object " + event.target() + " is on another node."));
    return new byte[0];
  }

  private <T> byte[] call(ObjectCall.Sent<T> sent) {
    Peers peers = Peers.get(system);
    CallCodec codec = new CallCodec(peers, KeptClients.get(system));
    long id = peers.leaves(new Waiting<>(sent, codec));
    try {
      return RowBytes.written(out -> {
        out.writeLong(id);
        out.text(resolver().toSerializationFormat(peers.self()));
        CallCodec.write(sent.target(), out);
        CallCodec.write(sent.context(), out);
        codec.write(sent.call(), out);
      });
    } catch (RuntimeException e) {
      peers.stays(id, "cannot be sent to another node: " + e.getMessage());
      return nothing();
    }
  }

  /** In the place of a call that does not leave. */
  private static byte[] nothing() {
    return RowBytes.written(out -> out.writeLong(NO_CALL));
  }

  private ActorRefResolver resolver() {
    return ActorRefResolver.get(Adapter.toTyped(system));
  }

  /** A caller of this node whose call is on another one. */
  private record Waiting<T>(ObjectCall.Sent<T> sent, CallCodec codec) implements Peers.Caller {
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

  @Override
  public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
    return switch (manifest) {
      case CALL -> RowBytes.read("a call of another node", bytes, this::arrived);
      case WAKE ->
          RowBytes.read(
              "a call of another node",
              bytes,
              in ->
                  new ObjectCommand.Wake(
                      CallCodec.readAddress(in), ObjectCommand.Wake.Waiting.NONE));
      case NOTHING -> new ObjectCommand.Nothing();
      default -> throw new NotSerializableException("a command of kind " + manifest);
    };
  }

  private ObjectCommand arrived(RowBytes.In in) throws IOException {
    Peers peers = Peers.get(system);
    CallCodec codec = new CallCodec(peers, KeptClients.get(system));
    long id = in.readLong();
    if (id == NO_CALL) {
      return new ObjectCommand.Nothing();
    }
    ActorRef<PeerMessage> origin = resolver().resolveActorRef(in.text());
    ObjectAddress target = CallCodec.readAddress(in);
    CallContext context = CallCodec.readContext(in, origin.path().address().toString());
    peers.arrived(origin, id);
    ObjectCommand command =
        command(
            target, context, codec.readCall(in), codec, answer -> peers.answer(origin, id, answer));
    if (command instanceof ObjectCommand.Travelling onItsWay) {
      Underway.get(system)
          .watch(onItsWay, Underway.IN_REGION_MAX, () -> ShardedGateway.unreachable(target));
    }
    return command;
  }

  private interface Answer {
    void send(byte[] answer);
  }

  private static <T> ObjectCommand command(
      ObjectAddress target,
      CallContext context,
      ObjectCall<T> call,
      CallCodec codec,
      Answer answer) {
    CompletableFuture<T> reply = new CompletableFuture<>();
    reply.whenComplete((value, failure) -> {
      if (failure != null) {
        answer.send(CallCodec.failure(failure));
        return;
      }
      try {
        answer.send(codec.answer(value));
      } catch (RuntimeException e) {
        ObjectEvent.discard(value);
        answer.send(CallCodec.failure(e));
      }
    });
    try {
      return new ObjectCall.Sent<>(target, context, call, reply).command();
    } catch (HoldfastException e) {
      reply.completeExceptionally(e);
      return new ObjectCommand.Nothing();
    }
  }
}
