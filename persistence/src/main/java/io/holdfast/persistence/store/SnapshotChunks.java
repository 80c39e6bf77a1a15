package io.holdfast.persistence.store;

import static io.holdfast.persistence.store.StoredFutures.joined;

import io.holdfast.persistence.pg1.ChunkMap;
import io.holdfast.persistence.pg1.ChunkReader;
import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.pg1.StoredChunk;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/// The chunks of large snapshots: which are needed, which may go. Thread-safe.
///
/// A chunk is written before the snapshot that names it, and deleted when no stored snapshot names
/// it, no image in memory reads from it, and it is older than the newest snapshot: what is newer
/// may belong to a snapshot that is being written.
public final class SnapshotChunks {
  /// Chunks are written in groups of about this size, one after the other, so that a large snapshot
  /// does not hold up the events of other objects.
  private static final int GROUP_BYTES = 1 << 20;

  private static final int DELETED_MAX = 1000;

  private final ChunkRows rows;

  /// The maps that images in memory read by.
  private final Map<String, List<WeakReference<Live>>> live = new ConcurrentHashMap<>();

  /// Objects of which a snapshot is being written.
  private final Map<String, Integer> saving = new ConcurrentHashMap<>();

  private final LongAdder reads = new LongAdder();

  public SnapshotChunks(ChunkRows rows) {
    this.rows = rows;
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
      return rows.get(persistenceId, new ChunkRows.Key(chunkNo, version))
          .orElseThrow(() ->
              new HoldfastException(
                  ErrorCode.STORAGE_CORRUPT,
                  "expected chunk %d of %s in %s, found none"
                      .formatted(chunkNo, persistenceId, version)));
    }
  }

  /// How many chunks were read since this was made.
  public long readCount() {
    return reads.sum();
  }

  /// The snapshot, able to read its chunks.
  public ImageSnapshot attached(String persistenceId, ImageSnapshot snapshot) {
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
  public void store(
      String persistenceId, ImageSnapshot snapshot, Supplier<CompletableFuture<Void>> row) {
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
      if (!chunks.isEmpty()) {
        rows.put(persistenceId, chunks);
      }
      chunks = new ArrayList<>();
      bytes = 0;
    }
  }

  /// The snapshot and its chunks are durable: its pages need not stay in memory.
  public void release(String persistenceId, ImageSnapshot snapshot) {
    snapshot.chunks().ifPresent(map -> snapshot.releasePages(lease(persistenceId, map)));
  }

  /// Deletes the chunks of an object that nothing needs any more; blocks. Leaves it to the next
  /// call while a snapshot of the object is being written.
  ///
  /// @param stored reads the stored snapshots, as they are
  public void collect(String persistenceId, Supplier<List<ImageSnapshot>> stored) {
    if (rows.hasAny(persistenceId)) {
      collect(persistenceId, stored.get());
    }
  }

  private void collect(String persistenceId, List<ImageSnapshot> kept) {
    if (saving.containsKey(persistenceId)) {
      return;
    }
    Set<ChunkRows.Key> needed = new HashSet<>();
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
    List<ChunkRows.Key> garbage;
    do {
      garbage =
          rows.find(
              persistenceId,
              key -> key.version().txSeq() < newestTxSeq && !needed.contains(key),
              DELETED_MAX);
      rows.delete(persistenceId, garbage);
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

  private static void addAll(ChunkMap map, Set<ChunkRows.Key> needed) {
    for (int chunkNo = 0; chunkNo < map.chunkCount(); chunkNo++) {
      needed.add(new ChunkRows.Key(chunkNo, map.version(chunkNo)));
    }
  }
}
