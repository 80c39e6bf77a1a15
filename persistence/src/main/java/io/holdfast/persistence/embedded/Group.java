package io.holdfast.persistence.embedded;

import io.holdfast.protocol.event.AlarmChange;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/// The rows of one commit, while the writer thread collects them.
record Group(WriteBatch batch, Tables tables, AlarmTable alarms) {

  void putEvent(byte[] key, byte[] value, @Nullable AlarmChange alarm) throws RocksDBException {
    batch.put(tables.events(), key, value);
    if (alarm != null) {
      alarms.stage(alarm, batch, tables);
    }
  }

  /// Deletes the events from `first` up to, not including, `end`, and remembers how far the
  /// sequence went.
  void deleteEvents(byte[] first, byte[] end, byte[] id, byte[] deletion) throws RocksDBException {
    batch.deleteRange(tables.events(), first, end);
    batch.put(tables.meta(), id, deletion);
  }

  void putSnapshot(byte[] key, byte[] value) throws RocksDBException {
    batch.put(tables.snapshots(), key, value);
  }

  void deleteSnapshot(byte[] key) throws RocksDBException {
    batch.delete(tables.snapshots(), key);
  }

  boolean isEmpty() {
    return batch.count() == 0;
  }
}
