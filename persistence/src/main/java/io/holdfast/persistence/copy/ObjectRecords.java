package io.holdfast.persistence.copy;

import java.util.function.Consumer;

/// All that a store has of objects, for a copy of it while nothing else uses the store. Blocks; one
/// thread. Faults are [io.holdfast.sdk.HoldfastException].
public interface ObjectRecords {
  /// Tells all records, object by object.
  void forEach(Consumer<ObjectRecord> record);

  /// Whether an object may come here.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `invalid_argument` when not
  default void require(String objectKey) {}

  /// Stores a record in the place of the one that was there; it is durable after the next [#sync].
  void put(ObjectRecord record);

  /// Makes what was put durable.
  void sync();
}
