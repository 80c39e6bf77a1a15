package io.holdfast.engine.http;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.spi.socket.CloseCodes;
import io.holdfast.sdk.spi.socket.FrameDecoder;
import io.holdfast.sdk.spi.socket.FrameEncoder;
import io.holdfast.sdk.spi.socket.FrameException;
import io.holdfast.sdk.spi.socket.SocketEnd;
import io.holdfast.sdk.spi.socket.SocketMessage;
import io.holdfast.sdk.spi.socket.SocketReceiver;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// A line on which WebSocket is spoken: frames on the side of the peer, messages on the other.
///
/// One virtual thread reads and one writes. It reads no more while [#UNTAKEN_BYTES_MAX] of what the
/// peer sent is not yet taken; what is sent to the peer counts as taken once it is written. The
/// line is given up when both close frames have passed, or the peer takes more than [#CLOSE_MAX] to
/// answer ours.
public final class SocketLine implements SocketReceiver {
  static final Duration CLOSE_MAX = Duration.ofSeconds(10);
  private static final Duration PART_MAX = Duration.ofSeconds(1);
  private static final int UNTAKEN_BYTES_MAX = 256 * 1024;
  private static final int MESSAGE_OVERHEAD = 256;
  private static final int READ_BYTES = 16 * 1024;

  private final Line line;
  private final InputStream in;
  private final SocketEnd end;
  private final FrameEncoder encoder;
  private final FrameDecoder.Reader reader;
  private final FrameQueue frames = new FrameQueue();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final CountDownLatch readEnded = new CountDownLatch(1);
  private int untakenBytes;

  /// A connection on which HTTP is no longer spoken.
  public interface Line {
    /// What is written goes out as it is.
    OutputStream output() throws IOException;

    /// Tells the other side that nothing more will come.
    void endOutput() throws IOException;

    /// Closes it without ceremony; also from another thread, whose blocked read or write then
    /// fails. Safe to repeat.
    void discard();
  }

  private SocketLine(
      Line line, InputStream in, SocketEnd end, FrameEncoder encoder, FrameDecoder.Reader reader) {
    this.line = line;
    this.in = in;
    this.end = end;
    this.encoder = encoder;
    this.reader = reader;
  }

  /// Takes over a line to a server whose upgrade is done.
  ///
  /// @param in what the server sends from now on
  /// @return the end for the other side
  static SocketEnd toServer(Line line, InputStream in) throws IOException {
    SocketEnd end = SocketEnd.open();
    new SocketLine(
            line,
            in,
            end,
            FrameEncoder.ofClient(() -> ThreadLocalRandom.current().nextInt()),
            FrameDecoder.Reader.CLIENT)
        .start();
    return end.other();
  }

  /// Takes over a line to a client whose upgrade is done.
  ///
  /// @param in what the client sends from now on
  /// @param end whose other side the client gets to hear
  public static void toClient(Line line, InputStream in, SocketEnd end) throws IOException {
    new SocketLine(line, in, end, FrameEncoder.ofServer(), FrameDecoder.Reader.SERVER).start();
  }

  private void start() throws IOException {
    OutputStream out = line.output();
    end.attach(this);
    Thread.ofVirtual().name("holdfast-socket-in").start(this::read);
    Thread.ofVirtual().name("holdfast-socket-out").start(() -> write(out));
  }

  // ---- to the peer
  // --------------------------------------------------------------------------------------------

  @Override
  public void message(SocketMessage message, Runnable taken) {
    frames.add(() -> encoder.message(message), taken);
  }

  @Override
  public void closed(int code, String reason, boolean clean) {
    frames.close(encoder.close(CloseCodes.forwarded(code), reason));
  }

  private void write(OutputStream out) {
    try {
      frames.writeAll(out);
    } catch (IOException e) {
      end.close(CloseCodes.INTERNAL_ERROR, "The message could not be forwarded.", false);
      line.discard();
      return;
    } finally {
      frames.abandon();
      untaken(0);
    }
    if (!frames.awaitPeerClosed(CLOSE_MAX)) {
      end.close(CloseCodes.ABNORMAL, CloseCodes.DISCONNECTED, false);
    }
    partGently();
  }

  /** A line that is just dropped takes with it what the peer has not read yet. */
  private void partGently() {
    try {
      line.endOutput();
      var _ = readEnded.await(PART_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (IOException _) {
      // It is gone already.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      line.discard();
    }
  }

  // ---- from the peer
  // ------------------------------------------------------------------------------------------

  private void read() {
    FrameDecoder decoder = new FrameDecoder(reader, SocketMessage.BYTES_MAX, new FromPeer());
    byte[] bytes = new byte[READ_BYTES];
    try {
      for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
        decoder.feed(ByteBuffer.wrap(bytes, 0, count));
        awaitRoom();
      }
    } catch (FrameException e) {
      String message = String.valueOf(e.getMessage());
      frames.close(encoder.close(e.closeCode(), message));
      end.fail(new HoldfastException(ErrorCode.CONTAINER_DISCONNECTED, message, e));
      end.close(CloseCodes.INTERNAL_ERROR, message, false);
    } catch (IOException _) {
      // As the end of the stream.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    end.close(CloseCodes.ABNORMAL, CloseCodes.DISCONNECTED, false);
    frames.peerClosed();
    readEnded.countDown();
  }

  private void awaitRoom() throws InterruptedException {
    lock.lock();
    try {
      while (untakenBytes >= UNTAKEN_BYTES_MAX && !frames.isOver()) {
        room.await();
      }
    } finally {
      lock.unlock();
    }
  }

  private void untaken(int change) {
    lock.lock();
    try {
      untakenBytes += change;
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private final class FromPeer implements FrameDecoder.Sink {
    @Override
    public void message(SocketMessage message) {
      int weight = message.weight() + MESSAGE_OVERHEAD;
      untaken(weight);
      end.send(message, () -> untaken(-weight));
    }

    @Override
    public void ping(byte[] payload) {
      frames.add(() -> encoder.pong(payload), () -> {});
    }

    @Override
    public void pong(byte[] payload) {}

    @Override
    public void close(int code, String reason) {
      frames.close(encoder.close(code, ""));
      end.close(code, reason, true);
      frames.peerClosed();
    }
  }
}
