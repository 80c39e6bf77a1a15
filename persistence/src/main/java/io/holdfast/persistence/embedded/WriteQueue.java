package io.holdfast.persistence.embedded;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// What waits for the writer thread, in order, bounded in number and bytes.
///
/// A stack of linked writes: any thread pushes with one compare-and-set, the writer takes the whole
/// stack with one swap and turns it round. No lock, and nothing is allocated but the write itself.
/// A write counts against the bounds, and as in flight for its persistence id, from [#offer] to
/// [#finished].
final class WriteQueue {
  enum Offer {
    TAKEN,
    FULL,
    CLOSED
  }

  /// 16 KiB of counters; two ids that share one only make a replay wait a little longer.
  private static final int STRIPES = 1 << 12;

  private static final StoreWrite END = FutureWrite.barrier("end");

  private final int lengthMax;
  private final long bytesMax;
  private final AtomicReference<@Nullable StoreWrite> newest = new AtomicReference<>();
  private final AtomicInteger length = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicIntegerArray inFlight = new AtomicIntegerArray(STRIPES);
  private volatile @Nullable Thread writer;
  private volatile boolean closing;

  WriteQueue(int lengthMax, long bytesMax) {
    this.lengthMax = lengthMax;
    this.bytesMax = bytesMax;
  }

  /// Queues a write unless a bound is reached. A write that alone is larger than the bound passes
  /// when it is alone.
  Offer offer(StoreWrite write) {
    if (closing) {
      return Offer.CLOSED;
    }
    long others = bytes.getAndAdd(write.bytes);
    if (length.incrementAndGet() > lengthMax || (others > 0 && others + write.bytes > bytesMax)) {
      release(1, write.bytes);
      return Offer.FULL;
    }
    return push(write);
  }

  /// Queues a write whatever the bounds say: for those whose number is bounded elsewhere.
  void offerBeyondBounds(StoreWrite write) {
    bytes.addAndGet(write.bytes);
    length.incrementAndGet();
    if (push(write) == Offer.CLOSED) {
      write.failed(TableGate.closed());
    }
  }

  private Offer push(StoreWrite write) {
    inFlight.incrementAndGet(stripe(write.persistenceId));
    StoreWrite head;
    do {
      head = newest.get();
      if (head == END) {
        return withdraw(write);
      }
      write.next = head;
    } while (!newest.compareAndSet(head, write));
    if (head == null) {
      LockSupport.unpark(writer);
    }
    return Offer.TAKEN;
  }

  private Offer withdraw(StoreWrite write) {
    finished(write);
    release(1, write.bytes);
    return Offer.CLOSED;
  }

  /// Whether a write of this id is queued or being committed. Never false when there is one.
  boolean hasInFlight(String persistenceId) {
    return inFlight.get(stripe(persistenceId)) != 0;
  }

  /// Waits for writes; the oldest first, linked. Null when the queue is closed and empty. Only for
  /// the writer thread.
  @Nullable StoreWrite take() {
    writer = Thread.currentThread();
    while (newest.get() == null) {
      if (closing && newest.compareAndSet(null, END)) {
        return null;
      }
      park(Long.MAX_VALUE);
    }
    return drain();
  }

  /// All that is queued, the oldest first, without waiting. Only for the writer thread.
  @Nullable StoreWrite drain() {
    return oldestFirst(newest.getAndSet(null));
  }

  /// Waits until something is queued, [#close()] is called or the time is over. Only for the writer
  /// thread.
  void await(Duration limit) {
    if (newest.get() == null && !closing) {
      park(limit.toNanos());
    }
  }

  /// Refuses all that comes from now on; what is queued can still be taken.
  void close() {
    closing = true;
    LockSupport.unpark(writer);
  }

  boolean closing() {
    return closing;
  }

  /// The write has its outcome; call before telling anybody.
  void finished(StoreWrite write) {
    inFlight.decrementAndGet(stripe(write.persistenceId));
  }

  /// Gives room back for writes that have their outcome.
  void release(int count, long byteCount) {
    length.addAndGet(-count);
    bytes.addAndGet(-byteCount);
  }

  int length() {
    return length.get();
  }

  long bytes() {
    return bytes.get();
  }

  /* An interrupt would make every later park return at once: nobody may interrupt the writer, so it is cleared. */
  private void park(long nanos) {
    LockSupport.parkNanos(this, nanos);
    Thread.interrupted();
  }

  private static @Nullable StoreWrite oldestFirst(@Nullable StoreWrite head) {
    StoreWrite previous = null;
    StoreWrite write = head;
    while (write != null) {
      StoreWrite older = write.next;
      write.next = previous;
      previous = write;
      write = older;
    }
    return previous;
  }

  private static int stripe(String persistenceId) {
    int hash = persistenceId.hashCode();
    return (hash ^ (hash >>> 16)) & (STRIPES - 1);
  }
}
