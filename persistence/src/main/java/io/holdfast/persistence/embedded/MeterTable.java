package io.holdfast.persistence.embedded;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// Small rows of the node itself, such as what was used; what they mean is up to who writes them.
/// Thread-safe.
public interface MeterTable {
  /// One row.
  record Row(byte[] key, byte[] value) {}

  /// The rows from the first key up to, not including, the end key, in the order of their bytes.
  /// Blocks on the disk.
  ///
  /// @throws io.holdfast.sdk.HoldfastException when the store is at fault or closed
  List<Row> rows(byte[] first, byte[] end);

  /// Writes rows and deletes others, all or nothing, after all earlier writes.
  ///
  /// @return done when they are durable; fails with [io.holdfast.sdk.HoldfastException], after
  ///   which they may be there nevertheless
  CompletableFuture<Void> write(Collection<Row> puts, Collection<byte[]> deletes);
}
