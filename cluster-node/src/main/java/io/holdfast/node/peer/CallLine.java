package io.holdfast.node.peer;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Each hand-over from a thread to another costs more than what is done with a frame. So who sends a frame writes it, and what
 * others send meanwhile, as long as the other side is known to have read so much that the socket has room for the rest: that
 * cannot block. Otherwise the line's own writer does it. What comes is read by a thread of the platform, which the kernel
 * wakes; a virtual one would be woken by another thread.
 */
/// A connection on which one node calls another, and hears its answers: frames of `kind read id
/// length bytes`, where `read` is how much their sender has read so far, and the id is that of the
/// call among those of the node that made it.
///
/// | frame | from | |
/// |---|---|---|
/// | call | who calls | the call |
/// | answer | who was called | the answer |
/// | elsewhere | who was called | its object is not here: nothing was done |
/// | is it there | who calls | asks whether the call is still on its way |
/// | gone | who was called | it is not: its answer was sent before this, or is lost |
///
/// What is sent on it arrives in that order, or not at all. Thread-safe; sending does not block.
final class CallLine implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CallLine.class);

  /** More than the headers and the body of an answer have that travels in one piece. */
  private static final int BYTES_MAX = 16 << 20;

  /** A larger call must not hold up the others. */
  private static final int CALL_BYTES_MAX = 256 << 10;

  /** Who has not taken this much is too slow for more calls. */
  private static final long WAITING_MAX = 4 << 20;

  private static final int SEND_BUFFER_BYTES = 256 << 10;

  /** A part of what the socket holds of what the other side has not read, whatever it does. */
  private static final int UNREAD_MAX = 64 << 10;

  private static final int HEAD_BYTES = 1 + 8 + 8 + 4;

  private static final Kind[] KINDS = Kind.values();

  enum Kind {
    CALL,
    ANSWER,
    ELSEWHERE,
    IS_IT_THERE,
    GONE
  }

  record Frame(Kind kind, long id, byte[] bytes) {
    Frame(Kind kind, long id) {
      this(kind, id, new byte[0]);
    }

    private int length() {
      return HEAD_BYTES + bytes.length;
    }
  }

  /// Who hears what comes. Must not block.
  interface Listener {
    void received(Frame frame, CallLine line);

    /// The line is of no use any more; the last that is heard of it.
    ///
    /// @param unsent what was not sent for certain
    void ended(CallLine line, List<Frame> unsent);
  }

  private final PeerLine connection;
  private final Listener listener;
  private final Queue<Frame> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicLong waitingBytes = new AtomicLong();
  private final ReentrantLock writing = new ReentrantLock();
  private final Thread writer = Thread.ofVirtual().name("call-line").unstarted(this::write);

  /** Guarded by {@link #writing}. */
  private long written;

  /** What the other side has read of that. */
  private volatile long readThere;

  private volatile long readHere;
  private volatile boolean closed;

  CallLine(PeerLine connection, Listener listener) throws IOException {
    connection.keep(SEND_BUFFER_BYTES);
    this.connection = connection;
    this.listener = listener;
  }

  /// Passes on what comes and what is sent, until either side closes it. Blocks.
  void run() {
    Thread reader = Thread.ofPlatform().daemon().name("call-line").start(this::read);
    writer.start();
    try {
      reader.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      close();
      LockSupport.unpark(writer);
      end();
    }
  }

  private void end() {
    List<Frame> unsent = new ArrayList<>();
    for (Frame next = waiting.poll(); next != null; next = waiting.poll()) {
      unsent.add(next);
    }
    listener.ended(this, unsent);
  }

  boolean isOpen() {
    return !closed;
  }

  // ---- sending
  // ------------------------------------------------------------------------------------------------

  /// Sends a frame, or will tell that it was not sent.
  ///
  /// @return false when it cannot be sent on this line: because that is closed, or for a call
  boolean send(Frame frame) {
    if (closed || frame.kind == Kind.CALL && !hasRoomFor(frame)) {
      return false;
    }
    waitingBytes.addAndGet(frame.length());
    waiting.add(frame);
    if (closed) {
      return !waiting.remove(frame);
    }
    writeWithoutBlocking();
    return true;
  }

  private boolean hasRoomFor(Frame call) {
    return call.bytes.length <= CALL_BYTES_MAX && waitingBytes.get() <= WAITING_MAX;
  }

  /** Who has the lock looks again when it has given it back. */
  private void writeWithoutBlocking() {
    while (!waiting.isEmpty() && writing.tryLock()) {
      boolean all;
      try {
        all = writeWaiting(UNREAD_MAX);
      } finally {
        writing.unlock();
      }
      if (!all) {
        LockSupport.unpark(writer);
        return;
      }
    }
  }

  private void write() {
    while (!closed) {
      if (waiting.isEmpty()) {
        LockSupport.park(this);
      } else {
        writing.lock();
        try {
          boolean _ = writeWaiting(Long.MAX_VALUE);
        } finally {
          writing.unlock();
        }
      }
    }
  }

  /**
   * Writes what waits.
   *
   * @param unreadMax how much of it there may be that the other side has not read
   * @return whether that was all
   */
  private boolean writeWaiting(long unreadMax) {
    DataOutputStream out = connection.out();
    boolean all = true;
    try {
      for (Frame next = waiting.peek(); next != null; next = waiting.peek()) {
        if (written + next.length() - readThere > unreadMax) {
          all = false;
          break;
        }
        next = waiting.poll();
        if (next == null) {
          break; // The line has ended meanwhile.
        }
        write(next, out);
      }
      out.flush();
    } catch (IOException e) {
      log.debug("a line to another node broke", e);
      close();
    }
    return all;
  }

  private void write(Frame frame, DataOutputStream out) throws IOException {
    waitingBytes.addAndGet(-frame.length());
    written += frame.length();
    out.writeByte(frame.kind.ordinal());
    out.writeLong(readHere);
    out.writeLong(frame.id);
    out.writeInt(frame.bytes.length);
    out.write(frame.bytes);
  }

  // ---- receiving
  // ----------------------------------------------------------------------------------------------

  private void read() {
    try {
      read(connection.in());
    } catch (IOException | RuntimeException e) {
      log.debug("a line to another node ended", e);
    }
  }

  private void read(DataInputStream in) throws IOException {
    while (true) {
      @Nullable Kind kind = kind(in.readUnsignedByte());
      readThere = in.readLong();
      long id = in.readLong();
      int length = in.readInt();
      if (kind == null || length < 0 || length > BYTES_MAX) {
        throw new IOException("a frame of kind " + kind + " and " + length + " bytes");
      }
      Frame frame = new Frame(kind, id, in.readNBytes(length));
      readHere += frame.length(); // No other thread changes it.
      listener.received(frame, this);
    }
  }

  private static @Nullable Kind kind(int number) {
    return number < KINDS.length ? KINDS[number] : null;
  }

  /// Safe to repeat.
  @Override
  public void close() {
    closed = true;
    connection.close();
  }
}
