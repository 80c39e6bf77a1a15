package io.holdfast.persistence.writer;

import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.pg1.ChunkMap;
import io.holdfast.persistence.pg1.PageHashes;
import java.util.BitSet;
import java.util.OptionalLong;

/// What the journal knew of an object.
///
/// @param hashes those of the image's pages
/// @param txSeq of the last commit, 0 if there was none
/// @param epoch the highest that was seen, 0 if there was none; also that of events that do not
///   count
/// @param alarm when it is due, in epoch milliseconds
/// @param log what a next recovery would replay
public record StoredObject(
    DatabaseImage image, PageHashes hashes, long txSeq, long epoch, OptionalLong alarm, Log log) {

  /// The journal beyond the newest snapshot.
  ///
  /// @param events how many there are, with those that do not count
  /// @param bytes their size
  /// @param snapshotBytes the size of that snapshot, 0 if there is none
  /// @param chunks those of that snapshot
  public record Log(long events, long bytes, long snapshotBytes, StoredChunks chunks) {
    public Log(long events, long bytes, long snapshotBytes) {
      this(events, bytes, snapshotBytes, StoredChunks.NONE);
    }
  }

  /// What of the image is stored in chunks.
  ///
  /// @param map of the newest snapshot; of no chunk, if that is not in chunks
  /// @param dirty those in which the image differs from the snapshot
  public record StoredChunks(ChunkMap map, BitSet dirty) {
    static final StoredChunks NONE = new StoredChunks(ChunkMap.none(), new BitSet());
  }
}
