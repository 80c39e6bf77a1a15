package io.holdfast.persistence.embedded;

import io.holdfast.protocol.event.AlarmChange;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/// The rows of one commit, while the writer thread collects them.
record Group(WriteBatch batch, Tables tables, AlarmTable alarms) {
  private static final byte[] NO_VALUE = {};

  void putEvent(byte[] key, byte[] value, @Nullable AlarmChange alarm) throws RocksDBException {
    batch.put(tables.events(), key, value);
    if (alarm != null) {
      putAlarm(alarm);
    }
  }

  void putAlarm(AlarmChange change) throws RocksDBException {
    alarms.stage(change, batch, tables);
  }

  /// Deletes the events from `first` up to, not including, `end`.
  void deleteEvents(byte[] first, byte[] end) throws RocksDBException {
    batch.deleteRange(tables.events(), first, end);
  }

  /// Keeps the highest sequence number of an id whose events may be gone: the one in the key.
  void putHighest(byte[] key) throws RocksDBException {
    batch.put(tables.meta(), key, NO_VALUE);
  }

  void deleteHighest(byte[] key) throws RocksDBException {
    batch.delete(tables.meta(), key);
  }

  void putSnapshot(byte[] key, byte[] value) throws RocksDBException {
    batch.put(tables.snapshots(), key, value);
  }

  void deleteSnapshot(byte[] key) throws RocksDBException {
    batch.delete(tables.snapshots(), key);
  }

  void putChunk(byte[] key, byte[] value) throws RocksDBException {
    batch.put(tables.chunks(), key, value);
  }

  void deleteChunk(byte[] key) throws RocksDBException {
    batch.delete(tables.chunks(), key);
  }

  void putNodeRow(byte[] key, byte[] value) throws RocksDBException {
    batch.put(tables.node(), key, value);
  }

  void deleteNodeRow(byte[] key) throws RocksDBException {
    batch.delete(tables.node(), key);
  }

  boolean isEmpty() {
    return batch.count() == 0;
  }
}
