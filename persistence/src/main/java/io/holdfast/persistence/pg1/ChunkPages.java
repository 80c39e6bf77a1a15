package io.holdfast.persistence.pg1;

import io.holdfast.persistence.database.DatabaseImage.Page;
import io.holdfast.persistence.database.PageSource;
import io.holdfast.sdk.HoldfastException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The pages of a snapshot that is stored in chunks, read when they are asked for. Thread-safe.
///
/// Keeps the chunks that were used last, 8 MiB of them.
final class ChunkPages implements PageSource {
  private static final Logger LOG = LoggerFactory.getLogger(ChunkPages.class);
  private static final int CACHED_MAX = 128;

  /// An image up to this is kept as a whole anyway.
  static final long CACHED_BYTES_MAX = (long) CACHED_MAX * ChunkMap.CHUNK_BYTES;

  private final ChunkMap map;
  private final ChunkReader reader;
  private final int pageSize;

  private final Map<Integer, byte[]> cached = new LinkedHashMap<>(16, 0.75f, true);

  ChunkPages(ChunkMap map, ChunkReader reader, int pageSize) {
    this.map = map;
    this.reader = reader;
    this.pageSize = pageSize;
  }

  @Override
  public Page page(int pageNo) {
    int chunkNo = ChunkMap.chunkOf(pageNo, pageSize);
    long at = (long) (pageNo - 1) * pageSize - (long) chunkNo * ChunkMap.CHUNK_BYTES;
    return new Page(chunk(chunkNo), (int) at);
  }

  private byte[] chunk(int chunkNo) {
    synchronized (cached) {
      byte[] known = cached.get(chunkNo);
      if (known != null) {
        return known;
      }
    }
    byte[] raw = StoredChunk.raw(reader.read(chunkNo, map.version(chunkNo)));
    synchronized (cached) {
      cached.put(chunkNo, raw);
      if (cached.size() > CACHED_MAX) {
        var eldest = cached.entrySet().iterator();
        eldest.next();
        eldest.remove();
      }
    }
    return raw;
  }

  /// The first chunks: the schema is there, and what was written early. On a platform thread: one
  /// that reads through JNI holds its carrier.
  @Override
  public void prefetch() {
    Thread.ofPlatform()
        .daemon()
        .name("prefetch")
        .start(() -> {
          try {
            for (int chunkNo = 0; chunkNo < Math.min(map.chunkCount(), CACHED_MAX / 2); chunkNo++) {
              chunk(chunkNo);
            }
          } catch (HoldfastException e) {
            // Whoever needs the page gets the error.
            LOG.debug("prefetch ended: {}", e.getMessage());
          }
        });
  }
}
