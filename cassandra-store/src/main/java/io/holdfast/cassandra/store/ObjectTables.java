package io.holdfast.cassandra.store;

import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.store.SnapshotChunks;
import io.holdfast.persistence.store.StoredRows.SnapshotMark;
import java.util.ArrayList;
import java.util.List;

/// What a keyspace has of objects.
///
/// @param appends to `events`, where they are strict
/// @param chunks of large snapshots, in `chunkRows`
record ObjectTables(
    EventTable events,
    StrictAppends appends,
    SnapshotTable snapshots,
    ChunkRowsTable chunkRows,
    SnapshotChunks chunks,
    IndexTable index) {
  /// Removes the chunks of an object that none of its snapshots needs. Blocks.
  void collectChunks(String persistenceId) {
    chunks.collect(persistenceId, () -> images(persistenceId));
  }

  /** The stored snapshots, as they are: large ones cannot read their chunks. */
  private List<ImageSnapshot> images(String persistenceId) {
    List<ImageSnapshot> images = new ArrayList<>();
    for (SnapshotMark mark : snapshots.marks(persistenceId, 0, Long.MAX_VALUE)) {
      if (snapshots.content(persistenceId, mark.sequenceNr()).join().orElse(null)
          instanceof ImageSnapshot image) {
        images.add(image);
      }
    }
    return images;
  }
}
