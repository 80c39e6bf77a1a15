package io.holdfast.persistence.embedded;

import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/// How far the sequence numbers of an id went. A number must never be used again, also when its
/// event was deleted.
///
/// The meta table remembers it in rows without a value, keyed like events. The largest counts, so
/// that deletes that overtake one another never move it back; a row left over is harmless.
///
/// @param highest the highest number ever used, 0 when none was
/// @param remembered the highest number in the meta table, 0 when there is none
record Numbering(long highest, long remembered) {

  static Numbering of(Tables tables, String persistenceId) throws RocksDBException {
    byte[] start = RowKey.of(persistenceId, 0);
    byte[] end = RowKey.after(persistenceId, Long.MAX_VALUE);
    long remembered = tables.scan(tables.meta(), start, end, Numbering::last);
    long stored = tables.scan(tables.events(), start, end, Numbering::last);
    return new Numbering(Math.max(stored, remembered), remembered);
  }

  /// Writes down the highest number, in the group that deletes events.
  void remember(Group group, String persistenceId) throws RocksDBException {
    if (remembered < highest) {
      group.putHighest(RowKey.of(persistenceId, highest));
      if (remembered > 0) {
        group.deleteHighest(RowKey.of(persistenceId, remembered));
      }
    }
  }

  private static long last(RocksIterator rows) {
    rows.seekToLast();
    return rows.isValid() ? RowKey.sequenceNr(rows.key()) : 0;
  }
}
