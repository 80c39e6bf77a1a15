package io.holdfast.cassandra.store;

import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import io.holdfast.cassandra.Cql;
import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.store.SnapshotChunks;
import io.holdfast.persistence.store.StoredRows;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.apache.pekko.actor.ActorSystem;
import org.jspecify.annotations.Nullable;

/// [StoredRows] in Cassandra. Reads run on virtual threads of their own.
///
/// Events lie in partitions of `target-partition-size` numbers, as Pekko's plugin writes them; the
/// first empty one is the end.
public final class CassandraRows implements StoredRows {
  private final Cql cql;
  private final SnapshotTable snapshots;
  private final SnapshotChunks chunks;
  private final ChunkRowsTable chunkRows;
  private final CassandraIndex index;
  private final ActorSystem system;
  private final long partitionEvents;
  private final Executor threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("stored-rows").factory());
  private final PreparedStatement deletedTo;
  private final PreparedStatement events;
  private final PreparedStatement firstEvent;
  private final PreparedStatement lastEvent;
  private final PreparedStatement noteDeleted;
  private final PreparedStatement deleteEvents;

  CassandraRows(
      Cql cql,
      SnapshotTable snapshots,
      SnapshotChunks chunks,
      ChunkRowsTable chunkRows,
      CassandraIndex index,
      ActorSystem system) {
    this.cql = cql;
    this.snapshots = snapshots;
    this.chunks = chunks;
    this.chunkRows = chunkRows;
    this.index = index;
    this.system = system;
    this.partitionEvents =
        system
            .settings()
            .config()
            .getLong("pekko.persistence.cassandra.journal.target-partition-size");
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
            WHERE persistence_id = ? AND partition_nr = ? ORDER BY sequence_nr DESC LIMIT 1\
            """);
    this.noteDeleted =
        cql.prepare("INSERT INTO %s.metadata (persistence_id, deleted_to) VALUES (?, ?)");
    this.deleteEvents =
        cql.prepare(
            """
            DELETE FROM %s.messages
            WHERE persistence_id = ? AND partition_nr = ? AND sequence_nr <= ?\
            """);
  }

  @Override
  public <T> CompletableFuture<T> read(String persistenceId, Read<T> read) {
    return CompletableFuture.supplyAsync(() -> read.from(new Rows(persistenceId)), threads);
  }

  @Override
  public CompletableFuture<Void> delete(
      String persistenceId, long eventsTo, List<Long> snapshotNumbers) {
    return CompletableFuture.runAsync(
        () -> {
          deleteEvents(persistenceId, eventsTo);
          snapshots.delete(persistenceId, snapshotNumbers);
          if (!snapshotNumbers.isEmpty()) {
            chunks.collect(persistenceId, () -> images(persistenceId));
          }
        },
        threads);
  }

  /** What is deleted is noted first: then the numbers go on from there, whatever happens. */
  private void deleteEvents(String persistenceId, long eventsTo) {
    long before = deletedTo(persistenceId);
    long last = Math.min(eventsTo, highest(persistenceId, before));
    if (last <= before) {
      return;
    }
    cql.execute(noteDeleted.bind(persistenceId, last));
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

  private long deletedTo(String persistenceId) {
    Row row = cql.execute(deletedTo.bind(persistenceId)).one();
    return row == null ? 0 : row.getLong(0);
  }

  private long partition(long sequenceNr) {
    return (sequenceNr - 1) / partitionEvents;
  }

  @Override
  public long chunkCount() {
    return chunkRows.count();
  }

  @Override
  public CompletableFuture<List<String>> ids(
      String prefix, int moreChars, Optional<String> after, int max) {
    return CompletableFuture.supplyAsync(() -> index.ids(prefix, moreChars, after, max), threads);
  }

  @Override
  public CompletableFuture<List<String>> ids(Optional<String> after, int max) {
    return CompletableFuture.supplyAsync(() -> index.ids(after, max), threads);
  }

  @Override
  public CompletableFuture<Void> saveSnapshot(
      String persistenceId, long sequenceNr, long timestampMillis, ImageSnapshot snapshot) {
    return CompletableFuture.runAsync(
        () ->
            chunks.store(
                persistenceId,
                snapshot,
                () -> snapshots.save(persistenceId, sequenceNr, timestampMillis, snapshot)),
        threads);
  }

  /// The stored snapshots of an object, as they are: large ones cannot read their chunks. Blocks.
  List<ImageSnapshot> images(String persistenceId) {
    List<ImageSnapshot> images = new ArrayList<>();
    for (SnapshotMark mark : snapshots.marks(persistenceId, 0, Long.MAX_VALUE)) {
      if (snapshots.content(persistenceId, mark.sequenceNr()).join().orElse(null)
          instanceof ImageSnapshot image) {
        images.add(image);
      }
    }
    return images;
  }

  private final class Rows implements View {
    private final String id;

    Rows(String id) {
      this.id = id;
    }

    @Override
    public Optional<SnapshotMark> snapshotUpTo(long sequenceNr) {
      return snapshots.newest(id, 0, sequenceNr, _ -> true).join();
    }

    @Override
    public Optional<SnapshotMark> snapshotFrom(long sequenceNr) {
      return snapshots.oldest(id, sequenceNr);
    }

    @Override
    public Optional<Object> snapshot(long sequenceNr) {
      Optional<Object> content = snapshots.content(id, sequenceNr).join();
      if (!(content.orElse(null) instanceof ImageSnapshot image) || image.chunks().isEmpty()) {
        return content;
      }
      ImageSnapshot attached = chunks.attached(id, image);
      // Deleted meanwhile, its chunks may have gone before they were held.
      return snapshots.marks(id, sequenceNr, sequenceNr).stream().findAny().map(_ -> attached);
    }

    @Override
    public void events(long from, EventVisitor visitor) {
      rows(
          from,
          Long.MAX_VALUE,
          row ->
              visitor.event(
                  row.getLong("sequence_nr"), event(row), bytes(row.getByteBuffer("event"))));
    }

    private Object event(Row row) {
      return SnapshotTable.deserialized(
          system,
          "event %d of %s".formatted(row.getLong("sequence_nr"), id),
          row.getByteBuffer("event"),
          row.getInt("ser_id"),
          row.getString("ser_manifest"));
    }

    private static int bytes(@Nullable ByteBuffer data) {
      return data == null ? 0 : data.remaining();
    }

    /** Whether to go on. */
    private interface RowVisitor {
      boolean row(Row row);
    }

    private void rows(long from, long to, RowVisitor visitor) {
      long first = Math.max(from, deletedTo(id) + 1);
      long partition = partition(first);
      boolean more = first <= to;
      while (more) {
        boolean any = false;
        for (Row row : cql.execute(events.bind(id, partition, first, to))) {
          any = true;
          if (!visitor.row(row)) {
            return;
          }
        }
        // Those of one partition may all lie before the first that is wanted.
        more = (any || partition == partition(first)) && partition < partition(to);
        partition++;
      }
    }

    @Override
    public Optional<Object> event(long sequenceNr) {
      List<Object> found = new ArrayList<>(1);
      rows(
          sequenceNr,
          sequenceNr,
          row -> {
            found.add(event(row));
            return true;
          });
      return found.isEmpty() ? Optional.empty() : Optional.of(found.getLast());
    }

    @Override
    public OptionalLong firstEvent() {
      long first = deletedTo(id) + 1;
      long partition = partition(first);
      Row row = cql.execute(firstEvent.bind(id, partition, first)).one();
      if (row == null) {
        row = cql.execute(firstEvent.bind(id, partition + 1, first)).one();
      }
      return row == null ? OptionalLong.empty() : OptionalLong.of(row.getLong(0));
    }

    @Override
    public long eventBytes(long from, long to, long enough) {
      long[] bytes = {0};
      rows(
          from,
          to,
          row -> {
            bytes[0] += bytes(row.getByteBuffer("event"));
            return bytes[0] <= enough;
          });
      return bytes[0];
    }

    @Override
    public Size size(long enough) {
      long bytes = eventBytes(0, Long.MAX_VALUE, enough);
      for (SnapshotMark mark : snapshots.marks(id, 0, Long.MAX_VALUE)) {
        bytes += mark.bytes();
      }
      return new Size(bytes, bytes <= enough);
    }

    @Override
    public OptionalLong alarm(String objectKey) {
      return index.alarmOf(objectKey);
    }
  }
}
