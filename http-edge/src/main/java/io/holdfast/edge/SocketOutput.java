package io.holdfast.edge;

import io.holdfast.sdk.spi.socket.CloseCodes;
import io.holdfast.sdk.spi.socket.FrameEncoder;
import io.holdfast.sdk.spi.socket.SocketMessage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/// The frames that wait for the client to read them. Any thread adds, the connection's stream
/// takes.
///
/// One close frame ends it: what is added after that is dropped.
final class SocketOutput {
  /// What a frame takes besides its bytes.
  private static final int FRAME_OVERHEAD = 64;

  private static final int WRITE_BYTES = 64 * 1024;
  private static final Runnable NOBODY_WAITS = () -> {};
  private static final FrameEncoder FRAMES = FrameEncoder.ofServer();

  private final ConcurrentLinkedQueue<Frame> frames = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waitingBytes = new AtomicInteger();
  private final AtomicReference<@Nullable Frame> close = new AtomicReference<>();
  private final int waitingBytesMax;
  private boolean closeTaken;

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Frame(byte[] bytes, Runnable taken) {
    int weight() {
      return bytes.length + FRAME_OVERHEAD;
    }
  }

  SocketOutput(int waitingBytesMax) {
    this.waitingBytesMax = waitingBytesMax;
  }

  /// False when the client reads too slowly. One message is taken whatever its length.
  boolean message(SocketMessage message, Runnable taken) {
    return add(new Frame(FRAMES.message(message), taken));
  }

  boolean pong(byte[] payload) {
    return add(new Frame(FRAMES.pong(payload), NOBODY_WAITS));
  }

  void ping() {
    var _ = add(new Frame(FRAMES.ping(new byte[0]), NOBODY_WAITS));
  }

  private boolean add(Frame frame) {
    int before = waitingBytes.getAndAdd(frame.weight());
    if (closing()) {
      waitingBytes.addAndGet(-frame.weight());
      frame.taken.run();
      return true;
    }
    if (before > 0 && before + frame.weight() > waitingBytesMax) {
      waitingBytes.addAndGet(-frame.weight());
      frame.taken.run();
      return false;
    }
    frames.add(frame);
    return true;
  }

  /// Adds the close frame behind what waits; false when there is one already.
  boolean close(int code, String reason) {
    return close.compareAndSet(null, new Frame(FRAMES.close(code, reason), NOBODY_WAITS));
  }

  /// Drops all messages that wait.
  void clear() {
    for (Frame frame = frames.poll(); frame != null; frame = frames.poll()) {
      waitingBytes.addAndGet(-frame.weight());
      frame.taken.run();
    }
  }

  /// Whether there is a close frame, taken or not.
  boolean closing() {
    return close.get() != null;
  }

  /// Whether the close frame was taken, and so all before it.
  boolean closed() {
    return closeTaken;
  }

  /// What to write next, null when there is nothing. For the stream.
  @Nullable ByteString next() {
    // Looked at first: what was added before the close frame is in the queue by then.
    Frame last = close.get();
    Frame first = frames.poll();
    if (first == null) {
      if (last == null || closeTaken) {
        return null;
      }
      closeTaken = true;
      return ByteString.fromArrayUnsafe(last.bytes);
    }
    waitingBytes.addAndGet(-first.weight());
    ByteString bytes = ByteString.fromArrayUnsafe(first.bytes);
    first.taken.run();
    return frames.isEmpty() ? bytes : more(bytes);
  }

  private ByteString more(ByteString first) {
    ByteString bytes = first;
    while (bytes.size() < WRITE_BYTES) {
      Frame frame = frames.poll();
      if (frame == null) {
        return bytes;
      }
      waitingBytes.addAndGet(-frame.weight());
      bytes = bytes.concat(ByteString.fromArrayUnsafe(frame.bytes));
      frame.taken.run();
    }
    return bytes;
  }

  /// The code of a frame for a code of [io.holdfast.sdk.spi.socket.SocketReceiver#closed].
  static int codeOf(int code) {
    return code == CloseCodes.NO_STATUS || CloseCodes.mayBeSent(code)
        ? code
        : CloseCodes.INTERNAL_ERROR;
  }
}
