package io.holdfast.cassandra.store;

import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import io.holdfast.cassandra.Cql;
import io.holdfast.persistence.store.StoredFutures;
import io.holdfast.persistence.store.StoredRows.SnapshotMark;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializer;
import org.apache.pekko.serialization.Serializers;
import org.jspecify.annotations.Nullable;

/// The rows of snapshots: one per sequence number, saving again replaces it. Thread-safe.
final class SnapshotTable {
  private final Cql cql;
  private final ActorSystem system;
  private final PreparedStatement insert;
  private final PreparedStatement marks;
  private final PreparedStatement firstMark;
  private final PreparedStatement read;
  private final PreparedStatement delete;

  SnapshotTable(Cql cql, ActorSystem system) {
    this.cql = cql;
    this.system = system;
    this.insert =
        cql.prepare(
            """
            INSERT INTO %s.snapshots (persistence_id, sequence_nr, timestamp, ser_id, ser_manifest, bytes, data)
            VALUES (?, ?, ?, ?, ?, ?, ?)\
            """);
    this.marks =
        cql.prepare(
            """
            SELECT sequence_nr, timestamp, bytes FROM %s.snapshots
            WHERE persistence_id = ? AND sequence_nr >= ? AND sequence_nr <= ?\
            """);
    this.firstMark =
        cql.prepare(
            """
            SELECT sequence_nr, timestamp, bytes FROM %s.snapshots
            WHERE persistence_id = ? AND sequence_nr >= ? ORDER BY sequence_nr ASC LIMIT 1\
            """);
    this.read =
        cql.prepare(
            """
            SELECT ser_id, ser_manifest, data FROM %s.snapshots
            WHERE persistence_id = ? AND sequence_nr = ?\
            """);
    this.delete =
        cql.prepare("DELETE FROM %s.snapshots WHERE persistence_id = ? AND sequence_nr = ?");
  }

  /// Durable when the future completes.
  CompletableFuture<Void> save(
      String persistenceId, long sequenceNr, long timestamp, Object state) {
    Serialization serialization = SerializationExtension.get(system);
    Serializer serializer = serialization.findSerializerFor(state);
    byte[] bytes = serialization.serialize(state).get();
    return cql.executeAsync(
            insert.bind(
                persistenceId,
                sequenceNr,
                timestamp,
                serializer.identifier(),
                Serializers.manifestFor(serializer, state),
                bytes.length,
                ByteBuffer.wrap(bytes)))
        .thenAccept(_ -> {});
  }

  /// The newest one of a range of numbers, both inclusive, that is wanted.
  CompletableFuture<Optional<SnapshotMark>> newest(
      String persistenceId, long from, long to, Predicate<SnapshotMark> wanted) {
    return cql.executeAsync(marks.bind(persistenceId, from, to))
        .thenCompose(rows -> first(rows, wanted));
  }

  /** They come newest first. */
  private static CompletableFuture<Optional<SnapshotMark>> first(
      AsyncResultSet rows, Predicate<SnapshotMark> wanted) {
    for (Row row : rows.currentPage()) {
      SnapshotMark mark = mark(row);
      if (wanted.test(mark)) {
        return CompletableFuture.completedFuture(Optional.of(mark));
      }
    }
    return rows.hasMorePages()
        ? rows.fetchNextPage().toCompletableFuture().thenCompose(next -> first(next, wanted))
        : CompletableFuture.completedFuture(Optional.empty());
  }

  /// The oldest one from a number on; blocks.
  Optional<SnapshotMark> oldest(String persistenceId, long from) {
    return Optional.ofNullable(cql.execute(firstMark.bind(persistenceId, from)).one())
        .map(SnapshotTable::mark);
  }

  /// All of a range of numbers; blocks.
  List<SnapshotMark> marks(String persistenceId, long from, long to) {
    List<SnapshotMark> all = new ArrayList<>();
    cql.execute(marks.bind(persistenceId, from, to)).forEach(row -> all.add(mark(row)));
    return all;
  }

  private static SnapshotMark mark(Row row) {
    return new SnapshotMark(
        row.getLong("sequence_nr"), row.getLong("timestamp"), row.getInt("bytes"));
  }

  /// The content, as it is: a large one cannot read its chunks. Empty when it is not there.
  CompletableFuture<Optional<Object>> content(String persistenceId, long sequenceNr) {
    return cql.executeAsync(read.bind(persistenceId, sequenceNr))
        .thenApply(rows ->
            Optional.ofNullable(rows.one()).map(row -> content(persistenceId, sequenceNr, row)));
  }

  private Object content(String persistenceId, long sequenceNr, Row row) {
    return deserialized(
        system,
        "snapshot %d of %s".formatted(sequenceNr, persistenceId),
        row.getByteBuffer("data"),
        row.getInt("ser_id"),
        row.getString("ser_manifest"));
  }

  /// Blocks.
  void delete(String persistenceId, List<Long> sequenceNumbers) {
    StoredFutures.joinAll(
        sequenceNumbers.stream()
            .map(number -> cql.executeAsync(delete.bind(persistenceId, number))));
  }

  /// Reads what a serializer of Pekko has written.
  static Object deserialized(
      ActorSystem system,
      String what,
      @Nullable ByteBuffer data,
      int serializer,
      @Nullable String manifest) {
    try {
      return SerializationExtension.get(system)
          .deserialize(Cql.bytes(data), serializer, manifest == null ? "" : manifest)
          .get();
    } catch (RuntimeException e) {
      throw new HoldfastException(
          ErrorCode.STORAGE_CORRUPT, what + " cannot be read: " + e.getMessage(), e);
    }
  }
}
