package io.holdfast.sdk.spi.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Bytes on their way from one thread to another: who writes waits while it is full, who reads
/// while it is empty. What is written after the reader has closed is dropped.
///
/// Thread-safe; knows nothing of who its threads are, unlike [java.io.PipedInputStream].
public final class BytePipe {
  public static final int BYTES_MAX = 64 * 1024;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final byte[] bytes = new byte[BYTES_MAX];
  private final InputStream reader = new Reader();
  private final OutputStream writer = new Writer();

  // Guarded by the lock.
  private int first;
  private int count;
  private boolean written;
  private boolean dropped;

  /// What is read.
  public InputStream reader() {
    return reader;
  }

  /// Where to write; close it at the end.
  public OutputStream writer() {
    return writer;
  }

  private void put(byte[] source, int offset, int length) throws IOException {
    lock.lock();
    try {
      int done = 0;
      while (done < length && !dropped) {
        if (written) {
          throw new IOException("the stream is closed");
        }
        int end = (first + count) % BYTES_MAX;
        int part = Math.min(length - done, Math.min(BYTES_MAX - count, BYTES_MAX - end));
        System.arraycopy(source, offset + done, bytes, end, part);
        count += part;
        done += part;
        changed.signalAll();
        if (done < length) {
          awaitChange(BYTES_MAX);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private int take(byte[] target, int offset, int length) throws IOException {
    lock.lock();
    try {
      awaitChange(0);
      if (dropped) {
        throw new IOException("the stream is closed");
      }
      int part = Math.min(length, Math.min(count, BYTES_MAX - first));
      System.arraycopy(bytes, first, target, offset, part);
      first = (first + part) % BYTES_MAX;
      count -= part;
      changed.signalAll();
      return part == 0 ? -1 : part;
    } finally {
      lock.unlock();
    }
  }

  /** Waits while there are exactly so many bytes and neither side has closed. */
  private void awaitChange(int stuckAt) throws IOException {
    try {
      while (count == stuckAt && !written && !dropped) {
        changed.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for the other side", e);
    }
  }

  private void end(boolean byReader) {
    lock.lock();
    try {
      written |= !byReader;
      dropped |= byReader;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private final class Reader extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return take(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return length == 0 ? 0 : take(target, offset, length);
    }

    @Override
    public int available() {
      lock.lock();
      try {
        return count;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      end(true);
    }
  }

  private final class Writer extends OutputStream {
    @Override
    public void write(int value) throws IOException {
      put(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      put(source, offset, length);
    }

    @Override
    public void close() {
      end(false);
    }
  }
}
