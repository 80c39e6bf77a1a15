package io.holdfast.persistence.archive;

import io.holdfast.persistence.blob.BlobId;
import io.holdfast.persistence.blob.BlobStore;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;

/// Puts contents into the blob store, each once.
final class PieceWriter {
  private final BlobStore store;
  private final BlobsInUse.Use use;
  private final ArchiveProgress progress;

  PieceWriter(BlobStore store, BlobsInUse.Use use, ArchiveProgress progress) {
    this.store = store;
    this.use = use;
    this.progress = progress;
  }

  /// The store has this content from now on; not yet durably.
  BlobId put(byte[] content, int offset, int length) {
    BlobId id = BlobId.of(content, offset, length);
    if (!use.claim(id, store)) {
      byte[] blob = PieceCodec.encode(content, offset, length);
      store.put(id, blob);
      progress.stored(blob.length);
    }
    return id;
  }

  BlobId put(byte[] content) {
    return put(content, 0, content.length);
  }

  /// Whether a content that was stored before is there; then it stays.
  boolean claim(BlobId id) {
    return use.claim(id, store);
  }

  /// Returns when all that was put or claimed is durable.
  ///
  /// @throws HoldfastException `storage_failed` when something of it is not there
  void settle() {
    store.sync();
    for (BlobId id : use.claimed()) {
      if (!store.contains(id)) {
        throw new HoldfastException(
            ErrorCode.STORAGE_FAILED, "blob %s was lost on its way to disk".formatted(id.hex()));
      }
    }
  }
}
