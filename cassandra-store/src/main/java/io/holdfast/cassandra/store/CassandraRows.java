package io.holdfast.cassandra.store;

import com.datastax.oss.driver.api.core.cql.Row;
import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.store.StoredRows;
import io.holdfast.protocol.ByJurisdiction;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.apache.pekko.actor.ActorSystem;
import org.jspecify.annotations.Nullable;

/// [StoredRows] in Cassandra. Reads run on virtual threads of their own.
public final class CassandraRows implements StoredRows {
  private final ByJurisdiction<ObjectTables> tables;
  private final ActorSystem system;
  private final Executor threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("stored-rows").factory());

  CassandraRows(ByJurisdiction<ObjectTables> tables, ActorSystem system) {
    this.tables = tables;
    this.system = system;
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
          ObjectTables in = tables.of(persistenceId);
          in.events().delete(persistenceId, eventsTo);
          in.snapshots().delete(persistenceId, snapshotNumbers);
          if (!snapshotNumbers.isEmpty()) {
            in.collectChunks(persistenceId);
          }
        },
        threads);
  }

  @Override
  public long chunkCount() {
    return all().stream().mapToLong(in -> in.chunkRows().count()).sum();
  }

  private Collection<ObjectTables> all() {
    return tables.parts().values();
  }

  @Override
  public CompletableFuture<List<String>> ids(
      String prefix, int moreChars, Optional<String> after, int max) {
    return ids(max, in -> in.index().ids(prefix, moreChars, after, max));
  }

  @Override
  public CompletableFuture<List<String>> ids(Optional<String> after, int max) {
    return ids(max, in -> in.index().ids(after, max));
  }

  private CompletableFuture<List<String>> ids(int max, Function<ObjectTables, List<String>> idsOf) {
    return CompletableFuture.supplyAsync(
        () -> all().stream().map(idsOf).flatMap(List::stream).sorted().limit(max).toList(),
        threads);
  }

  @Override
  public CompletableFuture<Void> saveSnapshot(
      String persistenceId, long sequenceNr, long timestampMillis, ImageSnapshot snapshot) {
    return CompletableFuture.runAsync(
        () -> {
          ObjectTables in = tables.of(persistenceId);
          in.chunks()
              .store(
                  persistenceId,
                  snapshot,
                  () -> in.snapshots().save(persistenceId, sequenceNr, timestampMillis, snapshot));
        },
        threads);
  }

  private final class Rows implements View {
    private final String id;
    private final ObjectTables in;

    Rows(String id) {
      this.id = id;
      this.in = tables.of(id);
    }

    @Override
    public Optional<SnapshotMark> snapshotUpTo(long sequenceNr) {
      return in.snapshots().newest(id, 0, sequenceNr, _ -> true).join();
    }

    @Override
    public Optional<SnapshotMark> snapshotFrom(long sequenceNr) {
      return in.snapshots().oldest(id, sequenceNr);
    }

    @Override
    public Optional<Object> snapshot(long sequenceNr) {
      Optional<Object> content = in.snapshots().content(id, sequenceNr).join();
      if (!(content.orElse(null) instanceof ImageSnapshot image) || image.chunks().isEmpty()) {
        return content;
      }
      ImageSnapshot attached = in.chunks().attached(id, image);
      // Deleted meanwhile, its chunks may have gone before they were held.
      return in.snapshots().marks(id, sequenceNr, sequenceNr).stream().findAny().map(_ -> attached);
    }

    @Override
    public void events(long from, EventVisitor visitor) {
      in.events()
          .visit(
              id,
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

    @Override
    public Optional<Object> event(long sequenceNr) {
      List<Object> found = new ArrayList<>(1);
      in.events()
          .visit(
              id,
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
      return in.events().first(id);
    }

    @Override
    public long eventBytes(long from, long to, long enough) {
      long[] bytes = {0};
      in.events()
          .visit(
              id,
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
      for (SnapshotMark mark : in.snapshots().marks(id, 0, Long.MAX_VALUE)) {
        bytes += mark.bytes();
      }
      return new Size(bytes, bytes <= enough);
    }

    @Override
    public OptionalLong alarm(String objectKey) {
      return in.index().alarmOf(objectKey);
    }
  }
}
