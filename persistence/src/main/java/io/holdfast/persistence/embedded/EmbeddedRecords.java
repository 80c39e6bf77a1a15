package io.holdfast.persistence.embedded;

import io.holdfast.persistence.copy.ObjectRecord;
import io.holdfast.persistence.copy.ObjectRecord.Alarm;
import io.holdfast.persistence.copy.ObjectRecord.Begin;
import io.holdfast.persistence.copy.ObjectRecord.Chunk;
import io.holdfast.persistence.copy.ObjectRecord.Event;
import io.holdfast.persistence.copy.ObjectRecord.Snapshot;
import io.holdfast.persistence.copy.ObjectRecords;
import io.holdfast.persistence.copy.WritesUnderway;
import io.holdfast.persistence.pg1.StoredChunk;
import io.holdfast.persistence.store.ChunkRows;
import io.holdfast.protocol.event.AlarmChange;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.rocksdb.RocksDBException;

/// [ObjectRecords] of the [EmbeddedStore].
final class EmbeddedRecords implements ObjectRecords {
  private static final int IDS_AT_ONCE = 1000;
  private static final int ROW_OVERHEAD = 64;

  private final EmbeddedStore store;
  private final WritesUnderway underway = new WritesUnderway(Integer.MAX_VALUE);

  EmbeddedRecords(EmbeddedStore store) {
    this.store = store;
  }

  // ---- reading
  // ------------------------------------------------------------------------------------------------

  @Override
  public void forEach(Consumer<ObjectRecord> record) {
    List<String> ids = ids(Optional.empty());
    while (!ids.isEmpty()) {
      ids.forEach(id -> object(id, record));
      ids = ids(Optional.of(ids.getLast()));
    }
  }

  private List<String> ids(Optional<String> after) {
    return store.readNow(tables -> EmbeddedRows.idsAfter(tables, after, IDS_AT_ONCE));
  }

  private void object(String id, Consumer<ObjectRecord> record) {
    long _ =
        store.readNow(tables -> {
          record.accept(new Begin(id, deletedTo(tables, id)));
          chunks(id, record);
          return rows(tables, id, record);
        });
  }

  private void chunks(String id, Consumer<ObjectRecord> record) {
    for (ChunkRows.Key key : store.chunkRows().find(id, _ -> true, Integer.MAX_VALUE)) {
      store.chunkRows().get(id, key).ifPresent(bytes -> record.accept(new Chunk(id, key, bytes)));
    }
  }

  private static long rows(Tables tables, String id, Consumer<ObjectRecord> record)
      throws RocksDBException {
    byte[] start = RowKey.of(id, 0);
    byte[] end = RowKey.after(id, Long.MAX_VALUE);
    long snapshots =
        tables.forEach(
            tables.snapshots(),
            start,
            end,
            row ->
                record.accept(
                    RowCodec.snapshotRecord(id, RowKey.sequenceNr(row.key()), row.value())));
    long events =
        tables.forEach(
            tables.events(),
            start,
            end,
            row ->
                record.accept(RowCodec.eventRecord(id, RowKey.sequenceNr(row.key()), row.value())));
    OptionalLong alarm = AlarmTable.of(tables, ObjectRecord.objectKey(id));
    if (alarm.isPresent()) {
      record.accept(new Alarm(id, alarm.getAsLong()));
    }
    return snapshots + events;
  }

  /** Events are deleted from the first one on; when all are, their numbers are remembered. */
  private static long deletedTo(Tables tables, String id) throws RocksDBException {
    long first =
        tables.scan(
            tables.events(),
            RowKey.of(id, 0),
            RowKey.after(id, Long.MAX_VALUE),
            rows -> {
              rows.seekToFirst();
              return rows.isValid() ? RowKey.sequenceNr(rows.key()) : 0L;
            });
    return first == 0 ? Numbering.of(tables, id).highest() : first - 1;
  }

  // ---- writing
  // ------------------------------------------------------------------------------------------------

  @Override
  public void put(ObjectRecord record) {
    String id = record.persistenceId();
    switch (record) {
      case Begin begin -> {
        if (begin.deletedTo() > 0) {
          byte[] key = RowKey.of(id, begin.deletedTo());
          write(id, key.length, group -> group.putHighest(key));
        }
      }
      case Chunk chunk ->
          store
              .chunkRows()
              .put(
                  id,
                  List.of(
                      new StoredChunk(
                          chunk.key().chunkNo(), chunk.key().version(), chunk.bytes())));
      case Snapshot snapshot -> {
        byte[] key = RowKey.of(id, snapshot.sequenceNr());
        byte[] row = RowCodec.row(snapshot);
        write(id, key.length + row.length, group -> group.putSnapshot(key, row));
      }
      case Event event -> {
        byte[] key = RowKey.of(id, event.sequenceNr());
        byte[] row = RowCodec.row(event);
        write(id, key.length + row.length, group -> group.putEvent(key, row, null));
      }
      case Alarm alarm ->
          write(
              id,
              id.length(),
              group -> group.putAlarm(new AlarmChange.Set(alarm.objectKey(), alarm.atMillis())));
    }
  }

  private void write(String id, int bytes, FutureWrite.Rows rows) {
    underway.add(store.write(id, bytes, rows), bytes + ROW_OVERHEAD);
  }

  @Override
  public void sync() {
    underway.await();
  }
}
