package io.holdfast.cassandra.store;

import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.uuid.Uuids;
import io.holdfast.cassandra.Cql;
import io.holdfast.persistence.copy.ObjectRecord;
import io.holdfast.persistence.copy.ObjectRecord.Alarm;
import io.holdfast.persistence.copy.ObjectRecord.Begin;
import io.holdfast.persistence.copy.ObjectRecord.Chunk;
import io.holdfast.persistence.copy.ObjectRecord.Event;
import io.holdfast.persistence.copy.ObjectRecord.Payload;
import io.holdfast.persistence.copy.ObjectRecord.Snapshot;
import io.holdfast.persistence.copy.ObjectRecords;
import io.holdfast.persistence.copy.WritesUnderway;
import io.holdfast.persistence.pg1.PageDelta;
import io.holdfast.persistence.pg1.StoredChunk;
import io.holdfast.persistence.store.ChunkRows;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// [ObjectRecords] in Cassandra.
final class CassandraRecords implements ObjectRecords {
  private static final int IDS_AT_ONCE = 1000;
  private static final int UNDERWAY_MAX = 128;

  private final Cql cql;
  private final IndexTable index;
  private final ChunkRowsTable chunks;
  private final EventTable table;
  private final Consumer<String> fits;
  private final PreparedStatement snapshots;
  private final PreparedStatement insertSnapshot;
  private final PreparedStatement events;
  private final WritesUnderway underway = new WritesUnderway(UNDERWAY_MAX);

  /// @param fits throws for the key of an object that must not come here
  CassandraRecords(Cql cql, IndexTable index, long partitionEvents, Consumer<String> fits) {
    this.cql = cql;
    this.fits = fits;
    this.index = index;
    this.chunks = new ChunkRowsTable(cql);
    this.table = new EventTable(cql, partitionEvents);
    this.snapshots =
        cql.prepare(
            """
            SELECT sequence_nr, timestamp, ser_id, ser_manifest, data FROM %s.snapshots
            WHERE persistence_id = ?\
            """);
    this.insertSnapshot =
        cql.prepare(
            """
            INSERT INTO %s.snapshots (persistence_id, sequence_nr, timestamp, ser_id, ser_manifest, bytes, data)
            VALUES (?, ?, ?, ?, ?, ?, ?)\
            """);
    this.events =
        cql.prepare(
            """
            SELECT sequence_nr, timestamp, writer_uuid, event_manifest, ser_id, ser_manifest, event
            FROM %s.messages WHERE persistence_id = ? AND partition_nr = ? AND sequence_nr > ?\
            """);
  }

  // ---- reading
  // ------------------------------------------------------------------------------------------------

  @Override
  public void forEach(Consumer<ObjectRecord> record) {
    List<String> ids = index.ids(Optional.empty(), IDS_AT_ONCE);
    while (!ids.isEmpty()) {
      ids.forEach(id -> object(id, record));
      ids = index.ids(Optional.of(ids.getLast()), IDS_AT_ONCE);
    }
  }

  private void object(String id, Consumer<ObjectRecord> record) {
    long deleted = table.deletedTo(id);
    record.accept(new Begin(id, deleted));
    for (ChunkRows.Key key : chunks.find(id, _ -> true, Integer.MAX_VALUE)) {
      chunks.get(id, key).ifPresent(bytes -> record.accept(new Chunk(id, key, bytes)));
    }
    for (Row row : cql.execute(snapshots.bind(id))) {
      record.accept(
          new Snapshot(
              id, row.getLong("sequence_nr"), row.getLong("timestamp"), payload(row, "data")));
    }
    events(id, deleted, record);
    OptionalLong alarm = index.alarmOf(ObjectRecord.objectKey(id));
    if (alarm.isPresent()) {
      record.accept(new Alarm(id, alarm.getAsLong()));
    }
  }

  /** A number that is there twice is one of a writer and one of who superseded it. */
  private void events(String id, long deleted, Consumer<ObjectRecord> record) {
    long partition = table.partition(deleted + 1);
    long last = partition;
    @Nullable Event held = null;
    while (partition <= last + 1) {
      for (Row row : cql.execute(events.bind(id, partition, deleted))) {
        Event event = event(id, row);
        if (held != null && held.sequenceNr() != event.sequenceNr()) {
          record.accept(held);
          held = event;
        } else if (held == null || epoch(event) > epoch(held)) {
          held = event;
        }
        last = partition;
      }
      partition++;
    }
    if (held != null) {
      record.accept(held);
    }
  }

  private static long epoch(Event event) {
    return PageDelta.parse(event.payload().bytes()).header().epoch();
  }

  private static Event event(String id, Row row) {
    return new Event(
        id,
        row.getLong("sequence_nr"),
        Uuids.unixTimestamp(row.getUuid("timestamp")),
        text(row, "writer_uuid"),
        text(row, "event_manifest"),
        payload(row, "event"));
  }

  private static Payload payload(Row row, String column) {
    return new Payload(
        row.getInt("ser_id"), text(row, "ser_manifest"), Cql.bytes(row.getByteBuffer(column)));
  }

  private static String text(Row row, String column) {
    String text = row.getString(column);
    return text == null ? "" : text;
  }

  // ---- writing
  // ------------------------------------------------------------------------------------------------

  @Override
  public void require(String objectKey) {
    fits.accept(objectKey);
  }

  @Override
  public void put(ObjectRecord record) {
    String id = record.persistenceId();
    switch (record) {
      case Begin begin -> {
        underway.add(index.insertObject(begin.objectKey()), 0);
        if (begin.deletedTo() > 0) {
          write(table.noted(id, begin.deletedTo()), 0);
        }
      }
      case Chunk chunk ->
          chunks.put(
              id,
              List.of(
                  new StoredChunk(chunk.key().chunkNo(), chunk.key().version(), chunk.bytes())));
      case Snapshot snapshot -> {
        Payload state = snapshot.state();
        write(
            insertSnapshot.bind(
                id,
                snapshot.sequenceNr(),
                snapshot.timestamp(),
                state.serializerId(),
                state.manifest(),
                state.bytes().length,
                ByteBuffer.wrap(state.bytes())),
            state.bytes().length);
      }
      case Event event -> write(table.inserted(event), event.payload().bytes().length);
      case Alarm alarm -> underway.add(index.restored(alarm.objectKey(), alarm.atMillis()), 0);
    }
  }

  private void write(BoundStatement statement, int bytes) {
    underway.add(cql.executeAsync(statement), bytes);
  }

  @Override
  public void sync() {
    underway.await();
  }
}
