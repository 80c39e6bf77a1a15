package io.holdfast.persistence.embedded;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.File;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * While a group is on its way to the disk the next one gathers, so groups grow by themselves as the load or the disk's
 * latency grows, without any timer.
 *
 * After a failed commit nobody knows whether the group is in the log: the append may have worked and the sync not.
 * Acknowledging it would be wrong, and so would be going on: a later write of the same object could reach the disk
 * beside it, and a crash would then bring both back. So the store stops reads and writes, closes RocksDB and opens it
 * again. The open reads the log, decides what is in it and moves that to table files; from then on the question is
 * settled, before any object reads its events again. RocksDB's own way back (`DB::Resume`) is not in its Java API, and
 * does not settle the question before reads go on.
 */

/// The one thread that writes: it commits what waits as one batch with one fsync, then tells every
/// writer.
final class GroupWriter implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(GroupWriter.class);
  private static final long UNASKED_BYTES_MAX = 1 << 20;
  private static final long UNASKED_NANOS_MAX = 10_000_000;

  private final EmbeddedConfig config;
  private final WriteQueue queue;
  private final TableGate gate;
  private final AlarmTable alarms;
  private final CommitHook hook;
  private final StoreCounters counters;
  private final File disk;

  private final WriteBatch batch = new WriteBatch();
  private int groupCount;
  private long groupBytes;
  private boolean full;
  private long bytesSinceAsked = UNASKED_BYTES_MAX;
  private long askedNanos;

  GroupWriter(
      EmbeddedConfig config,
      File disk,
      WriteQueue queue,
      TableGate gate,
      AlarmTable alarms,
      StoreCounters counters,
      CommitHook hook) {
    this.config = config;
    this.disk = disk;
    this.queue = queue;
    this.gate = gate;
    this.alarms = alarms;
    this.counters = counters;
    this.hook = hook;
  }

  @Override
  public void run() {
    try (batch) {
      StoreWrite first = queue.take();
      while (first != null) {
        commitAll(first);
        if (gate.fault() != null) {
          recover();
        }
        first = queue.take();
      }
    }
  }

  /* At a fault every commit says so without touching the disk. */
  private void commitAll(@Nullable StoreWrite first) {
    StoreWrite rest = first;
    while (rest != null) {
      StoreWrite end = endOfGroup(rest);
      finish(rest, end, commit(rest, end));
      rest = end;
    }
  }

  /* The first write that does not fit; a group has at least one. */
  private @Nullable StoreWrite endOfGroup(StoreWrite first) {
    StoreWrite end = first;
    groupCount = 0;
    groupBytes = 0;
    do {
      groupCount++;
      groupBytes += end.bytes;
      end = end.next;
    } while (end != null && groupBytes + end.bytes <= config.groupBytesMax());
    return end;
  }

  /* Returns why the group failed, or null. */
  private @Nullable HoldfastException commit(StoreWrite first, @Nullable StoreWrite end) {
    try {
      Group group = new Group(batch, gate.usable(), alarms);
      for (StoreWrite write = first; write != end && write != null; write = write.next) {
        write.addTo(group);
      }
      if (!group.isEmpty()) {
        write(group);
      }
      return null;
    } catch (HoldfastException e) {
      return e;
    } catch (RocksDBException e) {
      return fault(Faults.of("write", e));
    } catch (RuntimeException | Error e) {
      return fault(
          new HoldfastException(ErrorCode.STORAGE_FAILED, "journal: write failed: " + e, e));
    } finally {
      batch.clear();
      alarms.discard();
    }
  }

  private void write(Group group) throws RocksDBException {
    requireRoom();
    hook.beforeCommit(groupCount);
    long start = System.nanoTime();
    group.tables().write(batch);
    hook.afterCommit();
    counters.committed(groupCount, groupBytes, System.nanoTime() - start);
    alarms.committed();
  }

  private HoldfastException fault(HoldfastException why) {
    counters.failed();
    gate.fail(why);
    return why;
  }

  /* Stops before the disk is really full, so that RocksDB can still flush and reads go on. Asks the disk now and then:
   * the reserve is larger than what is written in between. */
  private void requireRoom() {
    long now = System.nanoTime();
    bytesSinceAsked += groupBytes;
    if (!full && bytesSinceAsked < UNASKED_BYTES_MAX && now - askedNanos < UNASKED_NANOS_MAX) {
      return;
    }
    bytesSinceAsked = 0;
    askedNanos = now;
    long free = config.freeBytesMin() == 0 ? Long.MAX_VALUE : disk.getUsableSpace();
    boolean before = full;
    full = free < config.freeBytesMin() + groupBytes;
    if (full) {
      HoldfastException why = full(free);
      if (!before) {
        LOG.warn("{}; writes are refused until there is", why.getMessage());
      }
      throw why;
    }
    if (before) {
      LOG.info("journal: the disk has room again, writes go on");
    }
  }

  private HoldfastException full(long free) {
    return new HoldfastException(
        ErrorCode.STORAGE_FULL,
        "journal: expected %d free bytes on the disk of %s, found %d"
            .formatted(config.freeBytesMin() + groupBytes, disk, free));
  }

  private void finish(
      StoreWrite first, @Nullable StoreWrite end, @Nullable HoldfastException failure) {
    queue.release(groupCount, groupBytes);
    StoreWrite write = first;
    while (write != end && write != null) {
      StoreWrite next = write.next;
      write.next = null;
      queue.finished(write);
      tell(write, failure);
      write = next;
    }
  }

  private static void tell(StoreWrite write, @Nullable HoldfastException failure) {
    try {
      if (failure == null) {
        write.done();
      } else {
        write.failed(failure);
      }
    } catch (RuntimeException e) {
      LOG.error(
          "journal: the writer of {} could not be told of its outcome", write.persistenceId, e);
    }
  }

  private void recover() {
    HoldfastException fault = gate.fault();
    LOG.error("{}; opening again every {}", message(fault), config.retryInterval());
    while (!queue.closing() && !reopen()) {
      logChange(fault, gate.fault());
      fault = gate.fault();
      commitAll(queue.drain());
      queue.await(config.retryInterval());
    }
  }

  private boolean reopen() {
    if (!gate.reopen()) {
      return false;
    }
    try {
      alarms.reopened();
      LOG.warn("journal: open again, reads and writes go on");
      return true;
    } catch (HoldfastException e) {
      gate.fail(e);
      return false;
    }
  }

  private static void logChange(
      @Nullable HoldfastException before, @Nullable HoldfastException now) {
    if (before != null && now != null && before.code() == now.code()) {
      LOG.debug("{}; still closed", message(now));
    } else {
      LOG.error("{}; still closed", message(now));
    }
  }

  private static String message(@Nullable HoldfastException fault) {
    return fault == null ? "journal: no fault" : fault.getMessage();
  }
}
