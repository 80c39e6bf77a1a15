package io.holdfast.cassandra.store;

import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import io.holdfast.cassandra.Cql;
import io.holdfast.persistence.pg1.ChunkMap;
import io.holdfast.persistence.pg1.StoredChunk;
import io.holdfast.persistence.store.ChunkRows;
import io.holdfast.persistence.store.StoredFutures;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// Chunks in buckets of 64 MiB of an image: a partition stays small, and those of a small database
/// lie together.
final class ChunkRowsTable implements ChunkRows {
  private static final int BUCKET_CHUNKS = 1024;

  private final Cql cql;
  private final PreparedStatement insert;
  private final PreparedStatement read;
  private final PreparedStatement any;
  private final PreparedStatement keys;
  private final PreparedStatement delete;
  private final PreparedStatement count;

  ChunkRowsTable(Cql cql) {
    this.cql = cql;
    this.insert =
        cql.prepare(
            """
            INSERT INTO %s.object_chunks (persistence_id, bucket, chunk_no, tx_seq, epoch, data)
            VALUES (?, ?, ?, ?, ?, ?)\
            """);
    this.read =
        cql.prepare(
            """
            SELECT data FROM %s.object_chunks
            WHERE persistence_id = ? AND bucket = ? AND chunk_no = ? AND tx_seq = ? AND epoch = ?\
            """);
    this.any =
        cql.prepare(
            "SELECT chunk_no FROM %s.object_chunks WHERE persistence_id = ? AND bucket = ? LIMIT 1");
    this.keys =
        cql.prepare(
            """
            SELECT chunk_no, tx_seq, epoch FROM %s.object_chunks
            WHERE persistence_id = ? AND bucket = ?\
            """);
    this.delete =
        cql.prepare(
            """
            DELETE FROM %s.object_chunks
            WHERE persistence_id = ? AND bucket = ? AND chunk_no = ? AND tx_seq = ? AND epoch = ?\
            """);
    this.count = cql.prepare("SELECT count(*) FROM %s.object_chunks");
  }

  private static int bucket(int chunkNo) {
    return chunkNo / BUCKET_CHUNKS;
  }

  @Override
  public Optional<byte[]> get(String persistenceId, Key key) {
    Row row =
        cql.execute(
                read.bind(
                    persistenceId,
                    bucket(key.chunkNo()),
                    key.chunkNo(),
                    key.version().txSeq(),
                    key.version().epoch()))
            .one();
    ByteBuffer data = row == null ? null : row.getByteBuffer("data");
    return data == null ? Optional.empty() : Optional.of(Cql.bytes(data));
  }

  @Override
  public void put(String persistenceId, List<StoredChunk> chunks) {
    StoredFutures.joinAll(
        chunks.stream()
            .map(chunk ->
                cql.executeAsync(
                    insert.bind(
                        persistenceId,
                        bucket(chunk.chunkNo()),
                        chunk.chunkNo(),
                        chunk.version().txSeq(),
                        chunk.version().epoch(),
                        ByteBuffer.wrap(chunk.bytes())))));
  }

  @Override
  public boolean hasAny(String persistenceId) {
    return hasAny(persistenceId, 0);
  }

  private boolean hasAny(String persistenceId, int bucket) {
    return cql.execute(any.bind(persistenceId, bucket)).one() != null;
  }

  /// From the last bucket to the first: whoever deletes them in this order and is interrupted
  /// leaves no bucket behind an empty one.
  @Override
  public List<Key> find(String persistenceId, Predicate<Key> wanted, int max) {
    int buckets = 0;
    while (hasAny(persistenceId, buckets)) {
      buckets++;
    }
    List<Key> found = new ArrayList<>();
    for (int bucket = buckets - 1; bucket >= 0 && found.size() < max; bucket--) {
      for (Row row : cql.execute(keys.bind(persistenceId, bucket))) {
        Key key =
            new Key(
                row.getInt("chunk_no"),
                new ChunkMap.Version(row.getLong("tx_seq"), row.getLong("epoch")));
        if (wanted.test(key) && found.size() < max) {
          found.add(key);
        }
      }
    }
    return found;
  }

  @Override
  public void delete(String persistenceId, List<Key> keys) {
    StoredFutures.joinAll(
        keys.stream()
            .map(key ->
                cql.executeAsync(
                    delete.bind(
                        persistenceId,
                        bucket(key.chunkNo()),
                        key.chunkNo(),
                        key.version().txSeq(),
                        key.version().epoch()))));
  }

  /// How many there are, of all objects; reads them all.
  long count() {
    Row row = cql.execute(count.bind()).one();
    return row == null ? 0 : row.getLong(0);
  }
}
