package io.holdfast.engine.http;

import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The lines of one route: those at rest, the most recent first, and those under way, up to a
/// maximum.
final class LinePool {
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<HttpLine> resting = new ArrayDeque<>();
  private final Set<HttpLine> underWay = new HashSet<>();
  private final long keepAliveNanos;
  private final int linesMax;
  private int opening;
  private State state = State.OPEN;

  private enum State {
    OPEN,
    RETIRED,
    CUT
  }

  LinePool(long keepAliveNanos, int linesMax) {
    this.keepAliveNanos = keepAliveNanos;
    this.linesMax = linesMax;
  }

  /// A resting line, or null: then the caller opens one and hands it to [#opened], or calls
  /// [#notOpened].
  ///
  /// @throws FullException when the maximum is under way
  @Nullable HttpLine take() throws FullException {
    lock.lock();
    try {
      HttpLine line = resting.pollFirst();
      if (line != null && line.restedLongerThan(keepAliveNanos)) {
        line.close();
        resting.forEach(HttpLine::close);
        resting.clear();
        line = null;
      }
      if (line != null) {
        underWay.add(line);
        return line;
      }
      if (underWay.size() + opening >= linesMax) {
        throw new FullException();
      }
      opening++;
      return null;
    } finally {
      lock.unlock();
    }
  }

  /// @throws ClosedChannelException when the lines were cut meanwhile: this one is closed too, for
  ///   whom it reaches may be gone without a word
  void opened(HttpLine line) throws ClosedChannelException {
    lock.lock();
    try {
      opening--;
      if (state != State.CUT) {
        underWay.add(line);
        return;
      }
    } finally {
      lock.unlock();
    }
    line.close();
    throw new ClosedChannelException();
  }

  void notOpened() {
    lock.lock();
    try {
      opening--;
    } finally {
      lock.unlock();
    }
  }

  void release(HttpLine line) {
    lock.lock();
    try {
      boolean known = underWay.remove(line);
      if (known && state == State.OPEN) {
        resting.addFirst(line);
        return;
      }
    } finally {
      lock.unlock();
    }
    line.close();
  }

  void forget(HttpLine line) {
    lock.lock();
    try {
      underWay.remove(line);
    } finally {
      lock.unlock();
    }
  }

  /// Closes what has rested too long; true when nothing is left.
  boolean sweep() {
    lock.lock();
    try {
      while (!resting.isEmpty() && resting.getLast().restedLongerThan(keepAliveNanos)) {
        resting.removeLast().close();
      }
      boolean empty = resting.isEmpty() && underWay.isEmpty() && opening == 0;
      if (empty) {
        state = State.RETIRED;
      }
      return empty;
    } finally {
      lock.unlock();
    }
  }

  /// Closes the resting lines; those under way close when their answer is read.
  void retire() {
    closeAll(State.RETIRED, List.of());
  }

  /// Closes all lines, those too that are just being opened; who reads or writes one gets an error
  /// at once.
  void cut() {
    lock.lock();
    try {
      closeAll(State.CUT, new ArrayList<>(underWay));
    } finally {
      lock.unlock();
    }
  }

  private void closeAll(State end, List<HttpLine> alsoUnderWay) {
    List<HttpLine> closing;
    lock.lock();
    try {
      state = end;
      closing = new ArrayList<>(resting);
      resting.clear();
    } finally {
      lock.unlock();
    }
    closing.addAll(alsoUnderWay);
    closing.forEach(HttpLine::close);
  }

  int restingCount() {
    lock.lock();
    try {
      return resting.size();
    } finally {
      lock.unlock();
    }
  }

  int underWayCount() {
    lock.lock();
    try {
      return underWay.size() + opening;
    } finally {
      lock.unlock();
    }
  }

  /// The maximum of lines is under way.
  static final class FullException extends Exception {
    private static final long serialVersionUID = 1;

    FullException() {
      super("all lines are under way", null, false, false);
    }
  }
}
