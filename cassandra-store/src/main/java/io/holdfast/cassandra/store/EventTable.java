package io.holdfast.cassandra.store;

import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.uuid.Uuids;
import io.holdfast.cassandra.Cql;
import io.holdfast.persistence.copy.ObjectRecord.Event;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.Predicate;

/// The rows of events. Thread-safe; every method blocks.
///
/// Events lie in partitions of `target-partition-size` numbers, as Pekko's plugin writes them; the
/// first empty one is the end.
final class EventTable {
  /** Pekko's plugin files events by the hour, for queries that nobody makes here. */
  private static final long BUCKET = Duration.ofHours(1).toMillis();

  private final Cql cql;
  private final long partitionEvents;
  private final PreparedStatement deletedTo;
  private final PreparedStatement events;
  private final PreparedStatement firstEvent;
  private final PreparedStatement lastEvent;
  private final PreparedStatement noteDeleted;
  private final PreparedStatement deleteEvents;
  private final PreparedStatement insertEvent;

  /// @param partitionEvents how many numbers a partition has
  EventTable(Cql cql, long partitionEvents) {
    this.cql = cql;
    this.partitionEvents = partitionEvents;
    this.deletedTo = cql.prepare("SELECT deleted_to FROM %s.metadata WHERE persistence_id = ?");
    this.events =
        cql.prepare(
            """
            SELECT sequence_nr, ser_id, ser_manifest, event FROM %s.messages
            WHERE persistence_id = ? AND partition_nr = ? AND sequence_nr >= ? AND sequence_nr <= ?\
            """);
    this.firstEvent =
        cql.prepare(
            """
            SELECT sequence_nr FROM %s.messages
            WHERE persistence_id = ? AND partition_nr = ? AND sequence_nr >= ? LIMIT 1\
            """);
    this.lastEvent =
        cql.prepare(
            """
            SELECT sequence_nr FROM %s.messages
            WHERE persistence_id = ? AND partition_nr = ? AND sequence_nr > 0 ORDER BY sequence_nr DESC LIMIT 1\
            """);
    this.noteDeleted =
        cql.prepare("INSERT INTO %s.metadata (persistence_id, deleted_to) VALUES (?, ?)");
    this.deleteEvents =
        cql.prepare(
            """
            DELETE FROM %s.messages
            WHERE persistence_id = ? AND partition_nr = ? AND sequence_nr <= ?\
            """);
    this.insertEvent =
        cql.prepare(
            """
            INSERT INTO %s.messages (
              persistence_id, partition_nr, sequence_nr, timestamp, timebucket, writer_uuid, event_manifest, ser_id,
              ser_manifest, event)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)\
            """);
  }

  /// The statement that writes an event; the same event makes the same row again.
  BoundStatement inserted(Event event) {
    return insertEvent.bind(
        event.persistenceId(),
        partition(event.sequenceNr()),
        event.sequenceNr(),
        Uuids.startOf(event.timestamp()),
        Long.toString(event.timestamp() / BUCKET * BUCKET),
        event.writer(),
        event.adapter(),
        event.payload().serializerId(),
        event.payload().manifest(),
        ByteBuffer.wrap(event.payload().bytes()));
  }

  /// Deletes all up to a number. What is deleted is noted first: then the numbers go on from there,
  /// whatever happens.
  void delete(String persistenceId, long eventsTo) {
    long before = deletedTo(persistenceId);
    long last = Math.min(eventsTo, highest(persistenceId, before));
    if (last <= before) {
      return;
    }
    cql.execute(noted(persistenceId, last));
    for (long partition = partition(before + 1); partition <= partition(last); partition++) {
      cql.execute(deleteEvents.bind(persistenceId, partition, last));
    }
  }

  private long highest(String persistenceId, long deletedTo) {
    long highest = deletedTo;
    long partition = partition(deletedTo + 1);
    Row last = cql.execute(lastEvent.bind(persistenceId, partition)).one();
    while (last != null) {
      highest = last.getLong(0);
      last = cql.execute(lastEvent.bind(persistenceId, ++partition)).one();
    }
    return highest;
  }

  /// The statement that notes up to which number all is deleted.
  BoundStatement noted(String persistenceId, long deletedTo) {
    return noteDeleted.bind(persistenceId, deletedTo);
  }

  /// Up to which number all is deleted; 0 = nothing.
  long deletedTo(String persistenceId) {
    Row row = cql.execute(deletedTo.bind(persistenceId)).one();
    return row == null ? 0 : row.getLong(0);
  }

  /// In which partition a number is.
  long partition(long sequenceNr) {
    return (sequenceNr - 1) / partitionEvents;
  }

  /// Visits the rows of a range of numbers, both inclusive, in order.
  ///
  /// @param visitor whether to go on
  void visit(String persistenceId, long from, long to, Predicate<Row> visitor) {
    long first = Math.max(from, deletedTo(persistenceId) + 1);
    long partition = partition(first);
    boolean more = first <= to;
    while (more) {
      boolean any = false;
      for (Row row : cql.execute(events.bind(persistenceId, partition, first, to))) {
        any = true;
        if (!visitor.test(row)) {
          return;
        }
      }
      // Those of one partition may all lie before the first that is wanted.
      more = (any || partition == partition(first)) && partition < partition(to);
      partition++;
    }
  }

  /// The number of the first that is there.
  OptionalLong first(String persistenceId) {
    long first = deletedTo(persistenceId) + 1;
    long partition = partition(first);
    Row row = cql.execute(firstEvent.bind(persistenceId, partition, first)).one();
    if (row == null) {
      row = cql.execute(firstEvent.bind(persistenceId, partition + 1, first)).one();
    }
    return row == null ? OptionalLong.empty() : OptionalLong.of(row.getLong(0));
  }
}
