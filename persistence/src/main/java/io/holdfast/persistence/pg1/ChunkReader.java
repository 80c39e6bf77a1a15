package io.holdfast.persistence.pg1;

/// Reads stored chunks of one object.
@FunctionalInterface
public interface ChunkReader {
  /// The chunk as it was stored; blocks on the disk.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `storage_corrupt` when it is not there,
  ///   `storage_failed` when it cannot be read now
  byte[] read(int chunkNo, ChunkMap.Version version);
}
