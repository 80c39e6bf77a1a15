package io.holdfast.persistence.archive;

import io.holdfast.sdk.HoldfastException;
import java.util.Optional;
import java.util.function.BiConsumer;

/// Durable rows from text to bytes, in which it stands who needs which archive. Thread-safe; every
/// method blocks. A row is durable when [#put] returns.
///
/// @throws HoldfastException `storage_full`, `storage_failed`, `storage_overloaded`
public interface ArchiveIndex {
  Optional<byte[]> get(String key);

  void put(String key, byte[] row);

  /// Does nothing when there is none.
  void delete(String key);

  /// The rows whose keys begin so, in order; as they are when the call begins.
  void forEach(String prefix, BiConsumer<String, byte[]> row);
}
