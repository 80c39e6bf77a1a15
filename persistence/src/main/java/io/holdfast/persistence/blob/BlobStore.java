package io.holdfast.persistence.blob;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Optional;
import java.util.function.Consumer;

/// Immutable bytes under the digest of the content they stand for.
///
/// The store does not look into them: whoever reads checks them against their name. It keeps no
/// references either: what nobody needs is deleted from outside. Thread-safe; every method blocks,
/// call it on a virtual thread.
///
/// A blob that was put is seen at once by all; it survives a crash of the machine once a [#sync]
/// that began after the put has returned. What was not synced may be there after a crash or not,
/// but never in part.
///
/// Faults are `storage_full` and `storage_failed`.
public interface BlobStore {
  /// Bytes of the largest blob.
  int BYTES_MAX = 8 << 20;

  /// @throws HoldfastException `invalid_argument` for more than [#BYTES_MAX] bytes
  static void check(byte[] bytes) {
    if (bytes.length > BYTES_MAX) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a blob of at most %d bytes, found %d".formatted(BYTES_MAX, bytes.length));
    }
  }

  /// Whether it is there. When processes share the store, it stays from then on for as long as an
  /// archive may need to get its reference, whatever the sweep of another process finds.
  boolean contains(BlobId id);

  /// Whether other processes may use the same store at the same time.
  default boolean isShared() {
    return false;
  }

  /// Does nothing when the blob is there.
  ///
  /// @throws HoldfastException `invalid_argument` for more than [#BYTES_MAX] bytes
  void put(BlobId id, byte[] bytes);

  /// Makes all blobs durable that were put before, by whomever.
  void sync();

  Optional<byte[]> get(BlobId id);

  /// Does nothing when there is none. After a crash it may be there again.
  ///
  /// @return whether it is gone: not when another process may count on it
  boolean delete(BlobId id);

  /// Names the blobs that are there; those that come or go meanwhile may be named or not.
  void forEach(Consumer<BlobId> blob);
}
