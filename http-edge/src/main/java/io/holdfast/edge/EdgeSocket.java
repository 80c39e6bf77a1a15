package io.holdfast.edge;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.spi.socket.CloseCodes;
import io.holdfast.sdk.spi.socket.FrameDecoder;
import io.holdfast.sdk.spi.socket.FrameException;
import io.holdfast.sdk.spi.socket.SocketEnd;
import io.holdfast.sdk.spi.socket.SocketMessage;
import io.holdfast.sdk.spi.socket.SocketReceiver;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/// A client's WebSocket: frames on the side of the connection, messages on the side of the app.
///
/// What the app sends comes on any thread; the connection's stream ([ConnectionGuard]) reads and
/// writes; the edge's clock looks at the deadlines.
final class EdgeSocket implements SocketReceiver {
  /// What a message takes besides its bytes.
  private static final int MESSAGE_OVERHEAD = 256;

  private static final String TOO_SLOW = "The client reads too slowly.";

  private final SocketEnd end;
  private final SocketLimits limits;
  private final SocketMetrics metrics;
  private final SocketOutput output;
  private final FrameDecoder decoder;
  private final AtomicInteger untakenBytes = new AtomicInteger();
  private final AtomicBoolean woken = new AtomicBoolean();
  private final AtomicBoolean ended = new AtomicBoolean();

  private volatile Runnable stream = () -> {};
  private volatile boolean counted;
  private volatile boolean paused;
  private volatile boolean peerClosed;
  private volatile boolean failed;
  private volatile long closingSinceNanos;
  private volatile long heardNanos = System.nanoTime();
  private volatile long askedNanos = heardNanos;

  EdgeSocket(SocketEnd end, SocketLimits limits, SocketMetrics metrics) {
    this.end = end;
    this.limits = limits;
    this.metrics = metrics;
    this.output = new SocketOutput(limits.unreadBytesMax());
    this.decoder =
        new FrameDecoder(FrameDecoder.Reader.SERVER, limits.messageBytesMax(), new FromClient());
  }

  /// Begins to receive from the app.
  ///
  /// @param wakeStream tells the stream that there is something to write, or that it may read again
  void open(Runnable wakeStream) {
    stream = wakeStream;
    metrics.opened();
    counted = true;
    end.attach(this);
  }

  // ---- from the app, any thread
  // -------------------------------------------------------------------------------

  @Override
  public void message(SocketMessage message, Runnable taken) {
    if (output.message(message, taken)) {
      metrics.sent();
      wake();
    } else {
      giveUp();
    }
  }

  @Override
  public void closed(int code, String reason, boolean clean) {
    close(SocketOutput.codeOf(code), reason);
  }

  /// Begins the close handshake, unless it has begun.
  void close(int code, String reason) {
    if (output.close(code, reason)) {
      closingSinceNanos = System.nanoTime();
      wake();
    }
  }

  private void giveUp() {
    close(CloseCodes.TRY_AGAIN_LATER, TOO_SLOW);
    output.clear();
    end.close(CloseCodes.TRY_AGAIN_LATER, TOO_SLOW, false);
  }

  private void wake() {
    if (woken.compareAndSet(false, true)) {
      stream.run();
    }
  }

  // ---- for the stream
  // -----------------------------------------------------------------------------------------

  /// To be called before looking for what there is to do.
  void awake() {
    woken.set(false);
  }

  void received(ByteString bytes) {
    heardNanos = System.nanoTime();
    try {
      for (ByteBuffer part : bytes.getByteBuffers()) {
        decoder.feed(part);
      }
    } catch (FrameException e) {
      fail(e);
    }
  }

  private void fail(FrameException e) {
    failed = true;
    String message = String.valueOf(e.getMessage());
    close(e.closeCode(), message);
    end.fail(new HoldfastException(ErrorCode.INVALID_REQUEST, message, e));
    end.close(e.closeCode(), message, false);
  }

  /// What to write, null when there is nothing.
  @Nullable ByteString next() {
    return output.next();
  }

  /// Whether the stream may read; if not, it is woken when it may.
  boolean mayRead() {
    if (hasRoom()) {
      return true;
    }
    paused = true;
    paused = !hasRoom();
    return !paused;
  }

  private boolean hasRoom() {
    return untakenBytes.get() < limits.untakenBytesMax();
  }

  /// Whether both close frames have passed.
  boolean done() {
    return peerClosed && output.closed();
  }

  /// Whether what the client sends is no longer looked at, and our close frame is on its way.
  boolean failedAndTold() {
    return failed && output.closed();
  }

  /// The connection is gone. Safe to repeat.
  void gone() {
    if (ended.compareAndSet(false, true)) {
      if (counted) {
        metrics.closed();
      }
      output.close(CloseCodes.GOING_AWAY, "");
      output.clear();
      end.close(CloseCodes.ABNORMAL, CloseCodes.DISCONNECTED, false);
    }
  }

  private final class FromClient implements FrameDecoder.Sink {
    @Override
    public void message(SocketMessage message) {
      metrics.received();
      Taken taken = new Taken(message.weight() + MESSAGE_OVERHEAD);
      untakenBytes.addAndGet(taken.weight);
      end.send(message, taken);
    }

    @Override
    public void ping(byte[] payload) {
      if (output.pong(payload)) {
        wake();
      } else {
        giveUp();
      }
    }

    @Override
    public void pong(byte[] payload) {}

    @Override
    public void close(int code, String reason) {
      peerClosed = true;
      EdgeSocket.this.close(code, "");
      end.close(code, reason, true);
    }
  }

  /** The app is done with a message. */
  private final class Taken implements Runnable {
    private final int weight;

    Taken(int weight) {
      this.weight = weight;
    }

    @Override
    public void run() {
      untakenBytes.addAndGet(-weight);
      if (paused && hasRoom()) {
        paused = false;
        wake();
      }
    }
  }

  // ---- for the clock
  // ------------------------------------------------------------------------------------------

  /// Asks a silent client for a sign of life; true when its time is up.
  boolean timeIsUp(long nowNanos) {
    if (closingSinceNanos != 0) {
      return nowNanos - closingSinceNanos > limits.closeTimeout().toNanos();
    }
    if (paused || nowNanos - heardNanos <= limits.pingInterval().toNanos()) {
      return false;
    }
    if (askedNanos - heardNanos <= 0) {
      askedNanos = nowNanos;
      output.ping();
      wake();
      return false;
    }
    return nowNanos - askedNanos > limits.pongTimeout().toNanos();
  }
}
