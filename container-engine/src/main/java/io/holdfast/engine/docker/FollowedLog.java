package io.holdfast.engine.docker;

import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.Frame;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A container's log as it is written. When nobody reads, the connection to Docker fills up and
/// Docker waits: it reads the log from a file, so the container goes on.
final class FollowedLog extends ResultCallback.Adapter<Frame> {
  private static final int FRAMES_MAX = 64;
  private static final Duration QUIET = Duration.ofMillis(500);
  private static final byte[] END = {};

  private final BlockingQueue<byte[]> frames = new ArrayBlockingQueue<>(FRAMES_MAX);
  private volatile boolean closed;
  private final AtomicLong received = new AtomicLong();
  private volatile @Nullable Thread watcher;
  private volatile @Nullable Throwable failure;

  @Override
  public void onNext(Frame frame) {
    received.incrementAndGet();
    if (frame.getPayload().length > 0) {
      add(frame.getPayload());
    }
  }

  @Override
  public void onError(Throwable e) {
    failure = e instanceof NotFoundException ? null : e;
    super.onError(e);
    add(END);
  }

  @Override
  public void onComplete() {
    super.onComplete();
    add(END);
  }

  /// Ends when the container has and nothing more has come for a moment: Docker 20.10 keeps the
  /// connection open when a container ends right after the log was asked for.
  ///
  /// @param exit waits for the end of the container
  void endsAfter(Runnable exit) {
    watcher =
        Thread.ofVirtual()
            .name("holdfast-log-end")
            .start(() -> {
              try {
                exit.run();
                awaitQuiet();
              } catch (RuntimeException e) {
                failure = e;
              }
              add(END);
            });
  }

  private void awaitQuiet() {
    long before = -1;
    try {
      while (!closed && (before != received.get() || !frames.isEmpty())) {
        before = received.get();
        Thread.sleep(QUIET);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void add(byte[] bytes) {
    try {
      while (!closed && !frames.offer(bytes, 100, TimeUnit.MILLISECONDS)) {
        // Until there is room, or nobody wants it any more.
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  InputStream stream() {
    return new Bytes();
  }

  private final class Bytes extends InputStream {
    private byte[] current = new byte[0];
    private int position;
    private boolean ended;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (position == current.length && !next()) {
        return -1;
      }
      int count = Math.min(length, current.length - position);
      System.arraycopy(current, position, bytes, offset, count);
      position += count;
      return count;
    }

    private boolean next() throws IOException {
      if (ended) {
        return false;
      }
      try {
        current = frames.take();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while following a log", e);
      }
      position = 0;
      ended = current == END;
      Throwable why = failure;
      if (ended && why != null && !closed) {
        throw new IOException("Docker broke off the log: " + why, why);
      }
      return !ended;
    }

    @Override
    public void close() throws IOException {
      closed = true;
      Thread waiting = watcher;
      if (waiting != null) {
        waiting.interrupt();
      }
      frames.clear();
      boolean _ = frames.offer(END);
      FollowedLog.this.close();
    }
  }
}
