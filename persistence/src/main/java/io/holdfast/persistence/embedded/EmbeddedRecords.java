package io.holdfast.persistence.embedded;

import io.holdfast.persistence.copy.ObjectRecord;
import io.holdfast.persistence.copy.ObjectRecord.Alarm;
import io.holdfast.persistence.copy.ObjectRecord.Begin;
import io.holdfast.persistence.copy.ObjectRecord.Chunk;
import io.holdfast.persistence.copy.ObjectRecord.Event;
import io.holdfast.persistence.copy.ObjectRecord.Snapshot;
import io.holdfast.persistence.copy.ObjectRecords;
import io.holdfast.persistence.pg1.StoredChunk;
import io.holdfast.persistence.store.ChunkRows;
import io.holdfast.persistence.store.StoredFutures;
import io.holdfast.protocol.event.AlarmChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/// [ObjectRecords] of the [EmbeddedStore].
final class EmbeddedRecords implements ObjectRecords {
  private static final int IDS_AT_ONCE = 1000;
  private static final int UNDERWAY_BYTES_MAX = 4 << 20;
  private static final int ROW_OVERHEAD = 64;

  private final EmbeddedStore store;
  private final List<CompletableFuture<Void>> underway = new ArrayList<>();
  private int underwayBytes;

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
    long _ = store.readNow(tables -> object(tables, id, record));
  }

  /** Returns how many events there were. */
  private long object(Tables tables, String id, Consumer<ObjectRecord> record)
      throws RocksDBException {
    record.accept(new Begin(id, deletedTo(tables, id)));
    for (ChunkRows.Key key : store.chunkRows().find(id, _ -> true, Integer.MAX_VALUE)) {
      store.chunkRows().get(id, key).ifPresent(bytes -> record.accept(new Chunk(id, key, bytes)));
    }
    long _ =
        each(
            tables,
            tables.snapshots(),
            id,
            rows ->
                record.accept(
                    RowCodec.snapshotRecord(id, RowKey.sequenceNr(rows.key()), rows.value())));
    long events =
        each(
            tables,
            tables.events(),
            id,
            rows ->
                record.accept(
                    RowCodec.eventRecord(id, RowKey.sequenceNr(rows.key()), rows.value())));
    OptionalLong alarm = AlarmTable.of(tables, ObjectRecord.objectKey(id));
    if (alarm.isPresent()) {
      record.accept(new Alarm(id, alarm.getAsLong()));
    }
    return events;
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

  private static long each(
      Tables tables, ColumnFamilyHandle table, String id, Consumer<RocksIterator> row)
      throws RocksDBException {
    return tables.scan(
        table,
        RowKey.of(id, 0),
        RowKey.after(id, Long.MAX_VALUE),
        rows -> {
          long count = 0;
          for (rows.seekToFirst(); rows.isValid(); rows.next()) {
            row.accept(rows);
            count++;
          }
          return count;
        });
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
    underway.add(store.write(id, bytes, rows));
    underwayBytes += bytes + ROW_OVERHEAD;
    if (underwayBytes > UNDERWAY_BYTES_MAX) {
      sync();
    }
  }

  @Override
  public void sync() {
    StoredFutures.joinAll(underway.stream());
    underway.clear();
    underwayBytes = 0;
  }
}
