package io.holdfast.persistence.embedded;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Hands the open tables to readers, and takes them away while the store opens itself anew.
///
/// Readers hold the shared lock, so that native memory is never freed under them. The writer thread
/// needs no lock: it alone replaces the tables. While there is a fault every read is refused: what
/// a failed write left in the log is decided by the next open, and nobody may see the state before.
final class TableGate {
  /// Opens the tables.
  @FunctionalInterface
  interface Opener {
    Tables open() throws RocksDBException;
  }

  /// What to read from the tables.
  @FunctionalInterface
  interface Read<T> {
    T from(Tables tables) throws RocksDBException;
  }

  private static final Logger LOG = LoggerFactory.getLogger(TableGate.class);

  private final Opener opener;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private volatile @Nullable HoldfastException fault;
  private volatile @Nullable Tables tables;

  TableGate(Opener opener) {
    this.opener = opener;
    open();
  }

  /// Why reads and writes are refused now; null when they are not.
  @Nullable HoldfastException fault() {
    return fault;
  }

  /// Reads; blocks on the disk.
  ///
  /// @throws HoldfastException when the store is at fault or closed, or the read fails
  <T> T read(Read<T> read) {
    lock.readLock().lock();
    try {
      return read.from(usable());
    } catch (RocksDBException e) {
      throw Faults.of("read", e);
    } finally {
      lock.readLock().unlock();
    }
  }

  /// The tables, for the writer thread.
  Tables usable() {
    HoldfastException now = fault;
    if (now != null) {
      throw now;
    }
    Tables open = tables;
    if (open == null) {
      throw closed();
    }
    return open;
  }

  /// Refuses all reads and writes from now on, until [#reopen()].
  void fail(HoldfastException why) {
    fault = why;
  }

  /// Closes the tables and opens them again. False, with a new [#fault()], when that did not work.
  boolean reopen() {
    lock.writeLock().lock();
    try {
      discard();
      open();
      fault = null;
      return true;
    } catch (HoldfastException e) {
      fault = e;
      return false;
    } catch (RuntimeException e) {
      fault = new HoldfastException(ErrorCode.STORAGE_FAILED, "journal: open failed: " + e, e);
      return false;
    } finally {
      lock.writeLock().unlock();
    }
  }

  /// Closes for good, when the last reader has left.
  void close() {
    lock.writeLock().lock();
    try {
      fault = closed();
      flush();
      discard();
    } finally {
      lock.writeLock().unlock();
    }
  }

  /* So that the next open has nothing to replay; the log has it all when this does not work. */
  private void flush() {
    Tables open = tables;
    try {
      if (open != null) {
        open.flush();
      }
    } catch (RocksDBException e) {
      LOG.info(
          "journal: closing without a flush, the next open replays the log: {}", e.getMessage());
    }
  }

  private void open() {
    try {
      tables = opener.open();
    } catch (RocksDBException e) {
      throw Faults.of("open", e);
    }
  }

  private void discard() {
    Tables open = tables;
    tables = null;
    if (open != null) {
      open.close();
    }
  }

  static HoldfastException closed() {
    return new HoldfastException(ErrorCode.STORAGE_FAILED, "journal: the store is closed");
  }
}
