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

  /// Removes a row that is still as it was seen; does nothing otherwise.
  void delete(String key, byte[] seen);

  /// The rows whose keys begin so.
  ///
  /// @param prefix the first part of keys, or all of their parts but the last, each with its slash
  void forEach(String prefix, BiConsumer<String, byte[]> row);
}
