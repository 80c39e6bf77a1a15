package io.holdfast.persistence.embedded;

import io.holdfast.persistence.pg1.ChunkMap;
import io.holdfast.persistence.pg1.ChunkReader;
import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.pg1.StoredChunk;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/// The chunks of large snapshots: a table of their own, `key of the object, chunk number, txSeq,
/// epoch -> chunk`. Thread-safe.
///
/// A chunk is written before the snapshot that names it, and deleted when no stored snapshot names
/// it, no image in memory reads from it, and it is older than the newest snapshot: what is newer
/// may belong to a snapshot that is being written.
final class ChunkTable {
  /// Chunks are written in groups of about this size, one after the other, so that a large snapshot
  /// does not hold up the events of other objects.
  private static final int GROUP_BYTES = 1 << 20;

  private static final int DELETED_MAX = 1000;

  private final EmbeddedStore store;

  /// The maps that images in memory read by.
  private final Map<String, List<WeakReference<Live>>> live = new ConcurrentHashMap<>();

  /// Objects of which a snapshot is being written.
  private final Map<String, Integer> saving = new ConcurrentHashMap<>();

  private final LongAdder reads = new LongAdder();

  ChunkTable(EmbeddedStore store) {
    this.store = store;
  }

  private record Key(int chunkNo, ChunkMap.Version version) {
    static Key of(byte[] row) {
      ByteBuffer end = ByteBuffer.wrap(row, row.length - 20, 20);
      return new Key(end.getInt(), new ChunkMap.Version(end.getLong(), end.getLong()));
    }

    byte[] row(String persistenceId) {
      byte[] head = RowKey.of(persistenceId, 0);
      return ByteBuffer.allocate(head.length - Long.BYTES + 20)
          .put(head, 0, head.length - Long.BYTES)
          .putInt(chunkNo)
          .putLong(version.txSeq())
          .putLong(version.epoch())
          .array();
    }
  }

  /// Reads the chunks of one snapshot; as long as it is reachable, they are not deleted.
  private final class Live implements ChunkReader {
    private final String persistenceId;
    private final ChunkMap map;

    Live(String persistenceId, ChunkMap map) {
      this.persistenceId = persistenceId;
      this.map = map;
    }

    @Override
    public byte[] read(int chunkNo, ChunkMap.Version version) {
      reads.increment();
      byte[] row = new Key(chunkNo, version).row(persistenceId);
      return store
          .readNow(tables -> Optional.ofNullable(tables.get(tables.chunks(), row)))
          .orElseThrow(() ->
              new HoldfastException(
                  ErrorCode.STORAGE_CORRUPT,
                  "expected chunk %d of %s in %s, found none"
                      .formatted(chunkNo, persistenceId, version)));
    }
  }

  /// How many chunks were read since the store was opened.
  long readCount() {
    return reads.sum();
  }

  /// How many chunks are stored, of all objects; reads them all.
  long count() {
    return store.readNow(tables ->
        tables.scan(
            tables.chunks(),
            new byte[0],
            new byte[] {(byte) 0xFF, (byte) 0xFF, 0},
            rows -> {
              long count = 0;
              for (rows.seekToFirst(); rows.isValid(); rows.next()) {
                count++;
              }
              return count;
            }));
  }

  /// The snapshot, able to read its chunks.
  ImageSnapshot attached(String persistenceId, ImageSnapshot snapshot) {
    return snapshot
        .chunks()
        .map(map -> snapshot.readingFrom(lease(persistenceId, map)))
        .orElse(snapshot);
  }

  private Live lease(String persistenceId, ChunkMap map) {
    Live reader = new Live(persistenceId, map);
    live.compute(
        persistenceId,
        (_, known) -> {
          List<WeakReference<Live>> all =
              known == null ? new ArrayList<>() : new ArrayList<>(known);
          all.removeIf(each -> each.get() == null);
          all.add(new WeakReference<>(reader));
          return all;
        });
    return reader;
  }

  /// Stores the chunks that the snapshot needs and that are not there yet, then its row; blocks
  /// until all is durable. A snapshot that is there so has all of its chunks.
  void store(String persistenceId, ImageSnapshot snapshot, Supplier<CompletableFuture<Void>> row) {
    saving.merge(persistenceId, 1, Integer::sum);
    try {
      storeChunks(persistenceId, snapshot);
      joined(row.get());
    } finally {
      saving.computeIfPresent(persistenceId, (_, count) -> count == 1 ? null : count - 1);
    }
  }

  private void storeChunks(String persistenceId, ImageSnapshot snapshot) {
    ChunkGroup group = new ChunkGroup(persistenceId);
    snapshot.forEachNewChunk(group::add);
    group.write();
  }

  /** Chunks that are written as one. */
  private final class ChunkGroup {
    private static final int ROW_OVERHEAD = 64;

    private final String persistenceId;
    private List<StoredChunk> chunks = new ArrayList<>();
    private int bytes;

    ChunkGroup(String persistenceId) {
      this.persistenceId = persistenceId;
    }

    void add(StoredChunk chunk) {
      chunks.add(chunk);
      bytes += chunk.bytes().length + ROW_OVERHEAD;
      if (bytes >= GROUP_BYTES) {
        write();
      }
    }

    void write() {
      List<StoredChunk> written = chunks;
      if (!written.isEmpty()) {
        joined(store.write(persistenceId, bytes, rows -> put(rows, written)));
      }
      chunks = new ArrayList<>();
      bytes = 0;
    }

    private void put(Group rows, List<StoredChunk> written) throws RocksDBException {
      for (StoredChunk chunk : written) {
        rows.putChunk(new Key(chunk.chunkNo(), chunk.version()).row(persistenceId), chunk.bytes());
      }
    }
  }

  /// The snapshot and its chunks are durable: its pages need not stay in memory.
  void release(String persistenceId, ImageSnapshot snapshot) {
    snapshot.chunks().ifPresent(map -> snapshot.releasePages(lease(persistenceId, map)));
  }

  /// Whether chunks of the object are stored; blocks.
  boolean hasAny(String persistenceId) {
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

  /// Deletes the chunks of an object that nothing needs any more; blocks. Leaves it to the next
  /// call while a snapshot of the object is being written.
  ///
  /// @param codec reads the stored snapshots
  void collect(String persistenceId, RowCodec codec) {
    if (hasAny(persistenceId)) {
      collect(persistenceId, stored(persistenceId, codec));
    }
  }

  private List<ImageSnapshot> stored(String persistenceId, RowCodec codec) {
    return joined(
        store.read(
            persistenceId,
            tables ->
                tables.scan(
                    tables.snapshots(),
                    RowKey.of(persistenceId, 0),
                    RowKey.after(persistenceId, Long.MAX_VALUE),
                    rows -> images(persistenceId, rows, codec))));
  }

  private static List<ImageSnapshot> images(
      String persistenceId, RocksIterator rows, RowCodec codec) {
    List<ImageSnapshot> images = new ArrayList<>();
    for (rows.seekToFirst(); rows.isValid(); rows.next()) {
      Object state = codec.stored(persistenceId, RowKey.sequenceNr(rows.key()), rows.value());
      if (state instanceof ImageSnapshot snapshot) {
        images.add(snapshot);
      }
    }
    return images;
  }

  private void collect(String persistenceId, List<ImageSnapshot> kept) {
    if (saving.containsKey(persistenceId)) {
      return;
    }
    Set<Key> needed = new HashSet<>();
    long newest = 0;
    for (ImageSnapshot snapshot : kept) {
      newest = Math.max(newest, snapshot.header().txSeq());
      snapshot.chunks().ifPresent(map -> addAll(map, needed));
    }
    for (WeakReference<Live> each : stillLive(persistenceId)) {
      Live reader = each.get();
      if (reader != null) {
        addAll(reader.map, needed);
      }
    }
    long newestTxSeq = newest;
    List<byte[]> garbage;
    do {
      garbage =
          joined(
              store.read(
                  persistenceId,
                  tables ->
                      tables.scan(
                          tables.chunks(),
                          start(persistenceId),
                          RowKey.after(persistenceId, Long.MAX_VALUE),
                          rows -> garbage(rows, needed, newestTxSeq))));
      delete(persistenceId, garbage);
    } while (garbage.size() == DELETED_MAX);
  }

  private List<WeakReference<Live>> stillLive(String persistenceId) {
    List<WeakReference<Live>> left =
        live.computeIfPresent(
            persistenceId,
            (_, known) -> {
              List<WeakReference<Live>> all = new ArrayList<>(known);
              all.removeIf(each -> each.get() == null);
              return all.isEmpty() ? null : all;
            });
    return left == null ? List.of() : left;
  }

  private static byte[] start(String persistenceId) {
    return new Key(0, new ChunkMap.Version(0, 0)).row(persistenceId);
  }

  private static void addAll(ChunkMap map, Set<Key> needed) {
    for (int chunkNo = 0; chunkNo < map.chunkCount(); chunkNo++) {
      needed.add(new Key(chunkNo, map.version(chunkNo)));
    }
  }

  private static List<byte[]> garbage(RocksIterator rows, Set<Key> needed, long newestTxSeq) {
    List<byte[]> found = new ArrayList<>();
    for (rows.seekToFirst(); rows.isValid() && found.size() < DELETED_MAX; rows.next()) {
      Key key = Key.of(rows.key());
      if (key.version.txSeq() < newestTxSeq && !needed.contains(key)) {
        found.add(rows.key());
      }
    }
    return found;
  }

  private void delete(String persistenceId, List<byte[]> rows) {
    if (!rows.isEmpty()) {
      int bytes = rows.stream().mapToInt(row -> row.length).sum();
      joined(
          store.write(
              persistenceId,
              bytes,
              group -> {
                for (byte[] row : rows) {
                  group.deleteChunk(row);
                }
              }));
    }
  }

  private static <T> T joined(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof HoldfastException known ? known : e;
    }
  }
}
