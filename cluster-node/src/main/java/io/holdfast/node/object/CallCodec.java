package io.holdfast.node.object;

import io.holdfast.cassandra.Placement;
import io.holdfast.node.message.Batch;
import io.holdfast.node.message.Receipt;
import io.holdfast.node.peer.PeerSerializer;
import io.holdfast.node.peer.Peers;
import io.holdfast.node.peer.RemoteRef;
import io.holdfast.node.region.ObjectMoved;
import io.holdfast.persistence.database.RowBytes;
import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.IdempotencyKey;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.RpcResult;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.ObjectId;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.spi.socket.PairedSocket;
import io.holdfast.sdk.spi.socket.SocketEnd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// Calls and their answers as bytes, for another node. Bodies, arguments and results of more than
/// [#INLINE_MAX] bytes, and all that is a stream, stay behind and are offered by reference.
final class CallCodec {
  /// What travels within a message.
  static final int INLINE_MAX = 64 << 10;

  private static final int FETCH = 1;
  private static final int INVOKE = 2;
  private static final int DELIVER = 3;
  private static final int RUN_ALARM = 4;
  private static final int ABANDON_ALARM = 5;
  private static final int MOVE = 6;
  private static final int OPERATE = 7;
  private static final int RESUME = 8;

  private static final int RESPONSE = 1;
  private static final int VALUE = 2;
  private static final int BYTES = 3;
  private static final int RECEIPT = 4;
  private static final int ALARM_END = 5;
  private static final int FAILURE = 6;
  private static final int MOVED = 7;
  private static final int PLACEMENT = 8;

  private static final long NEVER = Long.MAX_VALUE;

  private static final int NOTHING = 0;
  private static final int INLINE = 1;
  private static final int STREAM = 2;

  private final Peers peers;
  private final KeptClients clients;

  CallCodec(Peers peers, KeptClients clients) {
    this.peers = peers;
    this.clients = clients;
  }

  // ---- calls
  // --------------------------------------------------------------------------------------------------

  void write(ObjectCall<?> call, RowBytes.Out out) throws IOException {
    switch (call) {
      case ObjectCall.Fetch(Request request) -> {
        out.writeByte(FETCH);
        out.text(request.method());
        out.text(request.url());
        write(request.headers(), out);
        write(request.body(), out);
      }
      case ObjectCall.Invoke(RpcCall invoked) -> {
        out.writeByte(INVOKE);
        write(invoked, out);
      }
      case ObjectCall.Deliver(Batch batch) -> {
        out.writeByte(DELIVER);
        batch.write(out);
      }
      case ObjectCall.RunAlarm(int retryCount) -> {
        out.writeByte(RUN_ALARM);
        out.writeInt(retryCount);
      }
      case ObjectCall.AbandonAlarm(long generation) -> {
        out.writeByte(ABANDON_ALARM);
        out.writeLong(generation);
      }
      case ObjectCall.Move(String region) -> {
        out.writeByte(MOVE);
        out.text(region);
      }
      case ObjectCall.Operate(RpcCall order) -> {
        out.writeByte(OPERATE);
        write(order, out);
      }
      case ObjectCall.Resume(String edge) -> {
        out.writeByte(RESUME);
        out.text(edge);
      }
    }
  }

  /// Whether all of a call travels with it: then it can be written more than once.
  static boolean isWhole(ObjectCall<?> call) {
    return switch (call) {
      case ObjectCall.Fetch(Request request) ->
          request.body().buffered().filter(bytes -> bytes.length <= INLINE_MAX).isPresent();
      case ObjectCall.Invoke(RpcCall invoked) -> isWhole(invoked);
      case ObjectCall.Operate(RpcCall order) -> isWhole(order);
      case ObjectCall.Deliver _,
          ObjectCall.RunAlarm _,
          ObjectCall.AbandonAlarm _,
          ObjectCall.Move _,
          ObjectCall.Resume _ ->
          true;
    };
  }

  private static boolean isWhole(RpcCall call) {
    return call.streams().isEmpty() && call.arguments().length <= INLINE_MAX;
  }

  private void write(RpcCall call, RowBytes.Out out) throws IOException {
    out.text(call.method());
    out.writeByte(call.encoding().ordinal());
    write(Body.of(call.arguments()), out);
    out.writeInt(call.streams().size());
    for (Map.Entry<Integer, InputStream> stream : call.streams().entrySet()) {
      out.writeInt(stream.getKey());
      peers.offer(stream.getValue()).write(out);
    }
  }

  ObjectCall<?> readCall(RowBytes.In in) throws IOException {
    int kind = in.readByte();
    return switch (kind) {
      case FETCH -> {
        String method = in.text();
        String url = in.text();
        Headers headers = readHeaders(in);
        yield new ObjectCall.Fetch(Request.of(method, url, headers, readBody(in)));
      }
      case INVOKE -> new ObjectCall.Invoke(readRpcCall(in));
      case DELIVER -> new ObjectCall.Deliver(Batch.read(in));
      case RUN_ALARM -> new ObjectCall.RunAlarm(in.readInt());
      case ABANDON_ALARM -> new ObjectCall.AbandonAlarm(in.readLong());
      case MOVE -> new ObjectCall.Move(in.text());
      case OPERATE -> new ObjectCall.Operate(readRpcCall(in));
      case RESUME -> new ObjectCall.Resume(in.text());
      default -> throw new IOException("a call of kind " + kind);
    };
  }

  private RpcCall readRpcCall(RowBytes.In in) throws IOException {
    String method = in.text();
    RpcCall.Encoding encoding = RpcCall.Encoding.values()[in.readByte()];
    Body arguments = readBody(in);
    Map<Integer, InputStream> streams = new HashMap<>();
    for (int left = in.readInt(); left > 0; left--) {
      streams.put(in.readInt(), peers.stream(RemoteRef.read(in)));
    }
    if (arguments.buffered().isEmpty()) {
      streams.put(TurnStreams.ARGUMENTS, arguments.stream());
    }
    return new RpcCall(
        method, encoding, arguments.buffered().orElse(new byte[0]), Map.copyOf(streams));
  }

  static void write(ObjectAddress target, RowBytes.Out out) throws IOException {
    out.text(target.namespace().app());
    out.text(target.namespace().name());
    out.text(target.id().hex());
    out.optional(target.id().name());
  }

  static ObjectAddress readAddress(RowBytes.In in) throws IOException {
    NamespaceId namespace = new NamespaceId(in.text(), in.text());
    return new ObjectAddress(namespace, new ObjectId(in.text(), in.optional()));
  }

  static void write(CallContext context, RowBytes.Out out) throws IOException {
    out.text(context.requestId());
    out.optional(context.locationHint());
    out.writeInt(context.depth());
    out.optional(context.idempotencyKey().map(IdempotencyKey::value));
  }

  /// @param origin the node that it comes from
  static CallContext readContext(RowBytes.In in, String origin) throws IOException {
    return new CallContext(
        in.text(),
        in.optional(),
        in.readInt(),
        in.optional().map(IdempotencyKey::new),
        Optional.of(origin));
  }

  private static void write(Headers headers, RowBytes.Out out) throws IOException {
    out.writeInt(headers.size());
    for (int i = 0; i < headers.size(); i++) {
      out.text(headers.name(i));
      out.text(headers.value(i));
    }
  }

  private static Headers readHeaders(RowBytes.In in) throws IOException {
    String[] pairs = new String[2 * in.readInt()];
    for (int i = 0; i < pairs.length; i++) {
      pairs[i] = in.text();
    }
    return Headers.of(pairs);
  }

  private void write(Body body, RowBytes.Out out) throws IOException {
    byte[] bytes = body.buffered().orElse(null);
    if (bytes != null && bytes.length == 0) {
      out.writeByte(NOTHING);
    } else if (bytes != null && bytes.length <= INLINE_MAX) {
      out.writeByte(INLINE);
      out.bytes(bytes);
    } else {
      out.writeByte(STREAM);
      out.writeLong(body.length().orElse(-1));
      peers.offer(bytes == null ? body.stream() : new ByteArrayInputStream(bytes)).write(out);
    }
  }

  private Body readBody(RowBytes.In in) throws IOException {
    int kind = in.readByte();
    return switch (kind) {
      case NOTHING -> Body.empty();
      case INLINE -> Body.of(in.bytes());
      case STREAM -> {
        long length = in.readLong();
        InputStream stream = peers.stream(RemoteRef.read(in));
        yield length < 0 ? Body.of(stream) : Body.of(stream, length);
      }
      default -> throw new IOException("a body of kind " + kind);
    };
  }

  // ---- answers
  // ------------------------------------------------------------------------------------------------

  byte[] answer(Object answer) {
    return RowBytes.written(out -> {
      switch (answer) {
        case Response response -> write(response, out);
        case RpcResult.Value(byte[] bytes) -> {
          out.writeByte(VALUE);
          write(Body.of(bytes), out);
        }
        case RpcResult.Bytes(InputStream stream) -> {
          out.writeByte(BYTES);
          peers.offer(stream).write(out);
        }
        case Receipt receipt -> {
          out.writeByte(RECEIPT);
          receipt.write(out);
        }
        case AlarmEnd end -> {
          out.writeByte(ALARM_END);
          write(end, out);
        }
        case Placement placement -> {
          out.writeByte(PLACEMENT);
          PeerSerializer.write(placement, out);
        }
        default -> throw new IOException("an answer of " + answer.getClass());
      }
    });
  }

  private void write(Response response, RowBytes.Out out) throws IOException {
    out.writeByte(RESPONSE);
    out.writeShort(response.status());
    write(response.headers(), out);
    if (response.webSocket().isPresent()) {
      write(PairedSocket.take(response.webSocket().get()), out);
    } else {
      write(response.body(), out);
    }
  }

  /** One that an object of this node has accepted outlives the object's stay here. */
  private void write(SocketEnd end, RowBytes.Out out) throws IOException {
    Optional<HeldSocket> held =
        end.receiver().filter(HeldSocket.class::isInstance).map(HeldSocket.class::cast);
    Optional<KeptSocket> kept = held.flatMap(HeldSocket::kept);
    out.writeBoolean(kept.isPresent());
    if (kept.isPresent()) {
      kept.get().write(out);
      held.get().state().write(out);
      out.text(peers.name());
    }
    peers.offer(end).write(out);
  }

  private static void write(AlarmEnd end, RowBytes.Out out) throws IOException {
    switch (end) {
      case AlarmEnd.Done _ -> out.writeLong(-1);
      case AlarmEnd.NotDue rest -> {
        out.writeLong(-2);
        out.writeLong(rest.next().orElse(NEVER));
        out.writeLong(rest.restMillis());
      }
      case AlarmEnd.Failed _ -> out.writeLong(-3);
      case AlarmEnd.Again _ -> out.writeLong(-4);
      case AlarmEnd.Abandoned(long generation) -> out.writeLong(generation);
    }
  }

  private static AlarmEnd readAlarmEnd(RowBytes.In in) throws IOException {
    long kind = in.readLong();
    if (kind >= 0) {
      return new AlarmEnd.Abandoned(kind);
    }
    return switch ((int) kind) {
      case -1 -> new AlarmEnd.Done();
      case -2 -> readRest(in);
      case -3 -> new AlarmEnd.Failed();
      case -4 -> new AlarmEnd.Again();
      default -> throw new IOException("expected the end of an alarm's run, found " + kind);
    };
  }

  private static AlarmEnd.NotDue readRest(RowBytes.In in) throws IOException {
    long next = in.readLong();
    return new AlarmEnd.NotDue(
        next == NEVER ? OptionalLong.empty() : OptionalLong.of(next), in.readLong());
  }

  static byte[] failure(Throwable failure) {
    return RowBytes.written(out -> {
      if (failure instanceof ObjectMoved moved) {
        out.writeByte(MOVED);
        out.text(moved.getMessage());
        PeerSerializer.write(moved.home(), out);
        return;
      }
      out.writeByte(FAILURE);
      HoldfastException known =
          failure instanceof HoldfastException fault
              ? fault
              : new HoldfastException(ErrorCode.INTERNAL, "unexpected: " + failure, failure);
      out.text(known.code().name());
      out.text(known.getMessage());
      out.optional(
          known instanceof ObjectCallException call
              ? Optional.of(call.errorName())
              : Optional.empty());
      out.writeBoolean(known instanceof ObjectCallException call && call.remote());
    });
  }

  /// The answer.
  ///
  /// @throws HoldfastException the one that it is; blocks while a large result is read
  Object readAnswer(byte[] bytes) {
    Object answer = RowBytes.read("an answer of another node", bytes, this::readAnswer);
    if (answer instanceof HoldfastException failure) {
      throw failure;
    }
    return answer;
  }

  private Object readAnswer(RowBytes.In in) throws IOException {
    int kind = in.readByte();
    return switch (kind) {
      case RESPONSE -> readResponse(in);
      case VALUE -> new RpcResult.Value(readBody(in).bytes());
      case BYTES -> new RpcResult.Bytes(peers.stream(RemoteRef.read(in)));
      case RECEIPT -> Receipt.read(in);
      case ALARM_END -> readAlarmEnd(in);
      case PLACEMENT -> PeerSerializer.readPlacement(in);
      case FAILURE -> readFailure(in);
      case MOVED -> new ObjectMoved(in.text(), PeerSerializer.readPlacement(in));
      default -> throw new IOException("an answer of kind " + kind);
    };
  }

  /// Whether reading an answer may wait for the other node.
  static boolean isLarge(byte[] answer) {
    return answer.length > 2 && answer[1] == VALUE && answer[2] == STREAM;
  }

  private Response readResponse(RowBytes.In in) throws IOException {
    int status = in.readShort();
    Headers headers = readHeaders(in);
    if (status != 101) {
      return Response.of(status, headers, readBody(in));
    }
    SocketEnd here = SocketEnd.open();
    if (in.readBoolean()) {
      KeptSocket socket = KeptSocket.read(in);
      SocketState state = SocketState.read(in);
      String owner = in.text();
      clients.keep(socket, here, state, owner, RemoteRef.read(in));
    } else {
      peers.connect(RemoteRef.read(in), here);
    }
    return Response.webSocket(new PairedSocket(here.other())).withHeaders(headers);
  }

  private static HoldfastException readFailure(RowBytes.In in) throws IOException {
    ErrorCode code = ErrorCode.valueOf(in.text());
    String message = in.text();
    Optional<String> errorName = in.optional();
    ObjectCallException.Origin origin =
        in.readBoolean()
            ? ObjectCallException.Origin.OBJECT_CODE
            : ObjectCallException.Origin.RUNTIME;
    return errorName.isPresent()
        ? new ObjectCallException(code, errorName.get(), message, origin, null)
        : new HoldfastException(code, message);
  }
}
