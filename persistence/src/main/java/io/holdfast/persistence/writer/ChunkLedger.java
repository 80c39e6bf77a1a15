package io.holdfast.persistence.writer;

import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.pg1.ChunkMap;
import java.util.BitSet;

/// Which chunks of an object's image are stored, and which have changed since. Belongs to the
/// writer; a snapshot takes the changes with [#taken], and [#saved] or [#failed] must follow.
final class ChunkLedger {
  /// How much smaller compression makes a chunk, about.
  private static final int RATIO_GUESS = 4;

  private ChunkMap map;
  private BitSet dirty;
  private BitSet underWay = new BitSet();

  ChunkLedger(StoredObject.StoredChunks stored) {
    this.map = stored.map();
    this.dirty = stored.dirty();
  }

  void changed(Commit commit) {
    int pageSize = commit.after().pageSize();
    for (int pageNo : commit.changed()) {
      dirty.set(ChunkMap.chunkOf(pageNo, pageSize));
    }
  }

  /// Bytes that a snapshot would write, compressed, of an image of that size; a guess.
  long bytesExpected(long imageBytes) {
    long dirtyBytes =
        map.chunkCount() == 0 ? imageBytes : (long) dirty.cardinality() * ChunkMap.CHUNK_BYTES;
    return Math.min(imageBytes, dirtyBytes) / RATIO_GUESS;
  }

  boolean inUse() {
    return map.chunkCount() > 0;
  }

  StoredObject.StoredChunks taken() {
    underWay = dirty;
    dirty = new BitSet();
    return new StoredObject.StoredChunks(map, underWay);
  }

  void saved(ChunkMap next) {
    map = next;
    underWay = new BitSet();
  }

  void failed() {
    dirty.or(underWay);
    underWay = new BitSet();
  }
}
