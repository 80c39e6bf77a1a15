package io.holdfast.engine.http;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The frames that wait to be written, up to the close frame. Who adds messages holds back while
/// they are not taken.
final class FrameQueue {
  /** Answers to pings are worthless when late: a server that floods us gets fewer. */
  private static final int FRAMES_MAX = 100_000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Frame> frames = new ArrayDeque<>();
  private byte @Nullable [] close;
  private boolean peerClosed;
  private boolean abandoned;

  private record Frame(Supplier<byte[]> bytes, Runnable taken) {}

  /// Dropped, and taken, when the queue has ended.
  void add(Supplier<byte[]> bytes, Runnable taken) {
    boolean dropped;
    lock.lock();
    try {
      dropped = close != null || peerClosed || abandoned || frames.size() >= FRAMES_MAX;
      if (!dropped) {
        frames.add(new Frame(bytes, taken));
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
    if (dropped) {
      taken.run();
    }
  }

  /// Ends the queue with this frame; the first one counts.
  void close(byte[] frame) {
    lock.lock();
    try {
      if (close == null) {
        close = frame;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /// The server will send nothing more.
  void peerClosed() {
    lock.lock();
    try {
      peerClosed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Whether nothing more needs to be read.
  boolean isOver() {
    lock.lock();
    try {
      return abandoned;
    } finally {
      lock.unlock();
    }
  }

  /// Writes frames as they come; returns after the close frame, or when the server is gone.
  void writeAll(OutputStream out) throws IOException {
    for (Frame frame = next(); frame != null; frame = next()) {
      try {
        out.write(frame.bytes.get());
        out.flush();
      } finally {
        frame.taken.run();
      }
    }
    byte[] last = closeFrame();
    if (last != null) {
      out.write(last);
      out.flush();
    }
  }

  private @Nullable Frame next() {
    lock.lock();
    try {
      while (frames.isEmpty() && close == null && !peerClosed) {
        changed.awaitUninterruptibly();
      }
      return frames.poll();
    } finally {
      lock.unlock();
    }
  }

  private byte @Nullable [] closeFrame() {
    lock.lock();
    try {
      return close;
    } finally {
      lock.unlock();
    }
  }

  /// Drops what is left.
  void abandon() {
    ArrayDeque<Frame> left;
    lock.lock();
    try {
      abandoned = true;
      left = new ArrayDeque<>(frames);
      frames.clear();
    } finally {
      lock.unlock();
    }
    left.forEach(frame -> frame.taken.run());
  }

  boolean awaitPeerClosed(Duration time) {
    long left = time.toNanos();
    lock.lock();
    try {
      while (!peerClosed && left > 0) {
        left = changed.awaitNanos(left);
      }
      return peerClosed;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }
}
