package io.holdfast.persistence.embedded;

import static io.holdfast.persistence.store.StoredFutures.joined;

import io.holdfast.persistence.pg1.ChunkMap;
import io.holdfast.persistence.pg1.StoredChunk;
import io.holdfast.persistence.store.ChunkRows;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.rocksdb.RocksIterator;

/// Chunks as a table of their own: `key of the object, chunk number, txSeq, epoch -> chunk`.
/// Thread-safe.
final class ChunkTable implements ChunkRows {
  private static final int END_BYTES = Integer.BYTES + 2 * Long.BYTES;

  private final EmbeddedStore store;

  ChunkTable(EmbeddedStore store) {
    this.store = store;
  }

  private static byte[] row(String persistenceId, Key key) {
    byte[] head = RowKey.of(persistenceId, 0);
    return ByteBuffer.allocate(head.length - Long.BYTES + END_BYTES)
        .put(head, 0, head.length - Long.BYTES)
        .putInt(key.chunkNo())
        .putLong(key.version().txSeq())
        .putLong(key.version().epoch())
        .array();
  }

  private static Key key(byte[] row) {
    ByteBuffer end = ByteBuffer.wrap(row, row.length - END_BYTES, END_BYTES);
    return new Key(end.getInt(), new ChunkMap.Version(end.getLong(), end.getLong()));
  }

  @Override
  public Optional<byte[]> get(String persistenceId, Key key) {
    byte[] row = row(persistenceId, key);
    return store.readNow(tables -> Optional.ofNullable(tables.get(tables.chunks(), row)));
  }

  @Override
  public void put(String persistenceId, List<StoredChunk> chunks) {
    int bytes = chunks.stream().mapToInt(chunk -> chunk.bytes().length).sum();
    joined(
        store.write(
            persistenceId,
            bytes,
            group -> {
              for (StoredChunk chunk : chunks) {
                group.putChunk(
                    row(persistenceId, new Key(chunk.chunkNo(), chunk.version())), chunk.bytes());
              }
            }));
  }

  @Override
  public boolean hasAny(String persistenceId) {
    return store.readNow(tables ->
        tables.scan(
            tables.chunks(),
            start(persistenceId),
            RowKey.after(persistenceId, Long.MAX_VALUE),
            rows -> {
              rows.seekToFirst();
              return rows.isValid();
            }));
  }

  @Override
  public List<Key> find(String persistenceId, Predicate<Key> wanted, int max) {
    return joined(
        store.read(
            persistenceId,
            tables ->
                tables.scan(
                    tables.chunks(),
                    start(persistenceId),
                    RowKey.after(persistenceId, Long.MAX_VALUE),
                    rows -> find(rows, wanted, max))));
  }

  private static List<Key> find(RocksIterator rows, Predicate<Key> wanted, int max) {
    List<Key> found = new ArrayList<>();
    for (rows.seekToFirst(); rows.isValid() && found.size() < max; rows.next()) {
      Key key = key(rows.key());
      if (wanted.test(key)) {
        found.add(key);
      }
    }
    return found;
  }

  @Override
  public void delete(String persistenceId, List<Key> keys) {
    if (keys.isEmpty()) {
      return;
    }
    List<byte[]> rows = keys.stream().map(key -> row(persistenceId, key)).toList();
    joined(
        store.write(
            persistenceId,
            rows.stream().mapToInt(row -> row.length).sum(),
            group -> {
              for (byte[] row : rows) {
                group.deleteChunk(row);
              }
            }));
  }

  /// How many chunks are stored, of all objects; reads them all.
  long count() {
    return store.readNow(tables ->
        tables.forEach(
            tables.chunks(), new byte[0], new byte[] {(byte) 0xFF, (byte) 0xFF, 0}, _ -> {}));
  }

  private static byte[] start(String persistenceId) {
    return row(persistenceId, new Key(0, new ChunkMap.Version(0, 0)));
  }
}
