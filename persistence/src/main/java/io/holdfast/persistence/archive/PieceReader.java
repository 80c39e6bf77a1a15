package io.holdfast.persistence.archive;

import io.holdfast.persistence.blob.BlobId;
import io.holdfast.persistence.blob.BlobStore;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.LinkedHashMap;
import java.util.Map;

/// Reads contents from the blob store, each checked against its name; the last few stay in memory,
/// because small files next to each other lie in the same pieces.
final class PieceReader {
  private static final int KEPT_BYTES_MAX = 16 << 20;

  private final BlobStore store;
  private final Map<BlobId, byte[]> kept = new LinkedHashMap<>(16, 0.75f, true);
  private long keptBytes;

  PieceReader(BlobStore store) {
    this.store = store;
  }

  /// @throws HoldfastException `storage_corrupt` when it is missing or damaged
  byte[] read(BlobId id) {
    byte[] known = kept.get(id);
    if (known != null) {
      return known;
    }
    byte[] blob =
        store
            .get(id)
            .orElseThrow(() ->
                new HoldfastException(
                    ErrorCode.STORAGE_CORRUPT,
                    "expected blob %s, found none of that name".formatted(id.hex())));
    byte[] content = PieceCodec.decode(id, blob);
    keep(id, content);
    return content;
  }

  private void keep(BlobId id, byte[] content) {
    kept.put(id, content);
    keptBytes += content.length;
    var eldest = kept.entrySet().iterator();
    while (keptBytes > KEPT_BYTES_MAX && kept.size() > 1) {
      keptBytes -= eldest.next().getValue().length;
      eldest.remove();
    }
  }
}
