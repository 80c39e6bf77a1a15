package io.holdfast.node.peer;

import io.holdfast.cassandra.Placement;
import io.holdfast.persistence.database.RowBytes;
import java.io.IOException;
import java.io.NotSerializableException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/// The bytes of a [PeerMessage].
public final class PeerSerializer extends SerializerWithStringManifest {
  private static final int IDENTIFIER = 7401;
  private static final String MESSAGE = "a message of another node";

  private final ExtendedActorSystem system;

  public PeerSerializer(ExtendedActorSystem system) {
    this.system = system;
  }

  @Override
  public int identifier() {
    return IDENTIFIER;
  }

  @Override
  public String manifest(Object message) {
    return switch ((PeerMessage) message) {
      case PeerMessage.Taken _ -> "T";
      case PeerMessage.Answered _ -> "A";
      case PeerMessage.AreThere _ -> "Q";
      case PeerMessage.AreGone _ -> "G";
      case PeerMessage.AlarmSet _ -> "S";
      case PeerMessage.ObjectMoved _ -> "M";
      case PeerMessage.Ask _ -> "C";
      case PeerMessage.Told _ -> "D";
      case PeerMessage.Ping _ -> "I";
      case PeerMessage.Pong _ -> "O";
      case PeerMessage.NodeLeft _, PeerMessage.NodeSilent _, PeerMessage.Local _ ->
          throw new IllegalArgumentException("it stays on its node");
    };
  }

  @Override
  public byte[] toBinary(Object message) {
    return switch ((PeerMessage) message) {
      case PeerMessage.Taken(long id, ActorRef<PeerMessage> by, String region) ->
          RowBytes.written(out -> {
            out.writeLong(id);
            out.text(text(by));
            out.text(region);
          });
      case PeerMessage.Answered(long id, byte[] answer) ->
          ByteBuffer.allocate(Long.BYTES + answer.length).putLong(id).put(answer).array();
      case PeerMessage.AreThere(List<Long> ids, ActorRef<PeerMessage> from) ->
          RowBytes.written(out -> {
            write(ids, out);
            out.text(text(from));
          });
      case PeerMessage.AreGone(List<Long> ids) -> RowBytes.written(out -> write(ids, out));
      case PeerMessage.AlarmSet(String objectKey, long atMillis) ->
          RowBytes.written(out -> {
            out.text(objectKey);
            out.writeLong(atMillis);
          });
      case PeerMessage.Ask(long id, String about, ActorRef<PeerMessage> from) ->
          RowBytes.written(out -> {
            out.writeLong(id);
            out.text(about);
            out.text(text(from));
          });
      case PeerMessage.Told(long id, byte[] answer) ->
          RowBytes.written(out -> {
            out.writeLong(id);
            out.bytes(answer);
          });
      case PeerMessage.Ping(ActorRef<PeerMessage> from) ->
          RowBytes.written(out -> out.text(text(from)));
      case PeerMessage.Pong(String region) -> RowBytes.written(out -> out.text(region));
      case PeerMessage.ObjectMoved(String objectKey, Placement home) ->
          RowBytes.written(out -> {
            out.text(objectKey);
            write(home, out);
          });
      case PeerMessage.NodeLeft _, PeerMessage.NodeSilent _, PeerMessage.Local _ ->
          throw new IllegalArgumentException("it stays on its node");
    };
  }

  /// A home, also within a call or an answer.
  public static void write(Placement home, RowBytes.Out out) throws IOException {
    out.text(home.region());
    out.writeLong(home.version());
    out.writeLong(home.txSeq());
  }

  public static Placement readPlacement(RowBytes.In in) throws IOException {
    return new Placement(in.text(), in.readLong(), in.readLong());
  }

  private static void write(List<Long> ids, RowBytes.Out out) throws IOException {
    out.writeInt(ids.size());
    for (long id : ids) {
      out.writeLong(id);
    }
  }

  private String text(ActorRef<PeerMessage> ref) {
    return ActorRefResolver.get(Adapter.toTyped(system)).toSerializationFormat(ref);
  }

  private ActorRef<PeerMessage> ref(String text) {
    return ActorRefResolver.get(Adapter.toTyped(system)).resolveActorRef(text);
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
    return switch (manifest) {
      case "T" ->
          RowBytes.read(
              MESSAGE,
              bytes,
              in -> new PeerMessage.Taken(in.readLong(), ref(in.text()), in.text()));
      case "A" -> {
        ByteBuffer all = ByteBuffer.wrap(bytes);
        long id = all.getLong();
        byte[] answer = new byte[all.remaining()];
        all.get(answer);
        yield new PeerMessage.Answered(id, answer);
      }
      case "Q" ->
          RowBytes.read(MESSAGE, bytes, in -> new PeerMessage.AreThere(ids(in), ref(in.text())));
      case "G" -> RowBytes.read(MESSAGE, bytes, in -> new PeerMessage.AreGone(ids(in)));
      case "S" ->
          RowBytes.read(MESSAGE, bytes, in -> new PeerMessage.AlarmSet(in.text(), in.readLong()));
      case "C" ->
          RowBytes.read(
              MESSAGE, bytes, in -> new PeerMessage.Ask(in.readLong(), in.text(), ref(in.text())));
      case "D" ->
          RowBytes.read(MESSAGE, bytes, in -> new PeerMessage.Told(in.readLong(), in.bytes()));
      case "I" -> RowBytes.read(MESSAGE, bytes, in -> new PeerMessage.Ping(ref(in.text())));
      case "O" -> RowBytes.read(MESSAGE, bytes, in -> new PeerMessage.Pong(in.text()));
      case "M" ->
          RowBytes.read(
              MESSAGE, bytes, in -> new PeerMessage.ObjectMoved(in.text(), readPlacement(in)));
      default -> throw new NotSerializableException("a peer message of kind " + manifest);
    };
  }

  private static List<Long> ids(RowBytes.In in) throws IOException {
    int count = in.readInt();
    List<Long> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(in.readLong());
    }
    return ids;
  }
}
