package io.holdfast.node.object;

import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.RpcResult;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;

/// Bodies for code that runs in turns: reading one gives the turn away while no bytes are there.
final class TurnStreams {
  /// Stands for the arguments themselves among the streams of a call, when they stayed on another
  /// node.
  static final int ARGUMENTS = -1;

  private TurnStreams() {}

  static Request inbound(Incarnation incarnation, Request request) {
    return request.body().buffered().isPresent()
        ? request
        : request.withBody(wrapped(incarnation, request.body()));
  }

  static Response inbound(Incarnation incarnation, Response response) {
    return response.body().buffered().isPresent()
        ? response
        : response.withBody(wrapped(incarnation, response.body()));
  }

  static RpcCall inbound(Incarnation incarnation, RpcCall call) {
    if (call.streams().isEmpty()) {
      return call;
    }
    Map<Integer, InputStream> wrapped = new HashMap<>();
    call.streams().forEach((index, in) -> wrapped.put(index, new TurnInputStream(incarnation, in)));
    return whole(call.withStreams(wrapped));
  }

  /** The call with its arguments. */
  private static RpcCall whole(RpcCall call) {
    InputStream arguments = call.streams().get(ARGUMENTS);
    if (arguments == null) {
      return call;
    }
    Map<Integer, InputStream> others = new HashMap<>(call.streams());
    others.remove(ARGUMENTS);
    try (arguments) {
      return new RpcCall(call.method(), call.encoding(), arguments.readAllBytes(), others);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static RpcResult inbound(Incarnation incarnation, RpcResult result) {
    return result instanceof RpcResult.Bytes(InputStream stream)
        ? new RpcResult.Bytes(new TurnInputStream(incarnation, stream))
        : result;
  }

  static InputStream inbound(Incarnation incarnation, InputStream in) {
    return new TurnInputStream(incarnation, in);
  }

  static OutputStream outbound(Incarnation incarnation, OutputStream out) {
    return new TurnOutputStream(incarnation, out);
  }

  private static boolean holdsTurn(Incarnation incarnation) {
    return Turn.CURRENT.isBound()
        && Turn.CURRENT.get().incarnation == incarnation
        && !Turn.CURRENT.get().away;
  }

  private static Body wrapped(Incarnation incarnation, Body body) {
    InputStream stream = new TurnInputStream(incarnation, body.stream());
    return body.length().isPresent() ? Body.of(stream, body.length().getAsLong()) : Body.of(stream);
  }

  /** Read outside of a turn (the edge sends it on) it is the plain stream. */
  private static final class TurnInputStream extends FilterInputStream {
    private final Incarnation incarnation;

    TurnInputStream(Incarnation incarnation, InputStream in) {
      super(in);
      this.incarnation = incarnation;
    }

    @Override
    public int read() throws IOException {
      return waits(1) ? yielding(super::read) : super.read();
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return waits(length)
          ? yielding(() -> in.read(target, offset, length))
          : in.read(target, offset, length);
    }

    /** What is there already, or with the turn given away. */
    @Override
    public long skip(long count) throws IOException {
      return waits(1)
          ? yielding(() -> in.skip(count))
          : in.skip(holdsTurn() ? Math.min(count, in.available()) : count);
    }

    private boolean waits(int length) throws IOException {
      return length > 0 && holdsTurn() && in.available() == 0;
    }

    private boolean holdsTurn() {
      return TurnStreams.holdsTurn(incarnation);
    }

    private <T> T yielding(Callable<T> read) throws IOException {
      try {
        return incarnation.yieldWhile(read);
      } catch (IOException | RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IOException(e);
      }
    }
  }

  /** Written outside of a turn it is the plain stream; in a turn it waits for earlier writes. */
  private static final class TurnOutputStream extends FilterOutputStream {
    private final Incarnation incarnation;

    TurnOutputStream(Incarnation incarnation, OutputStream out) {
      super(out);
      this.incarnation = incarnation;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      leaving(() -> out.write(source, offset, length));
    }

    @Override
    public void flush() throws IOException {
      leaving(out::flush);
    }

    @Override
    public void close() throws IOException {
      leaving(out::close);
    }

    private void leaving(Write write) throws IOException {
      if (!holdsTurn(incarnation)) {
        write.run();
        return;
      }
      try {
        incarnation.yieldForEffect(() -> {
          write.run();
          return true;
        });
      } catch (IOException | RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IOException(e);
      }
    }
  }

  /** Something done to a stream. */
  @FunctionalInterface
  private interface Write {
    void run() throws IOException;
  }
}
