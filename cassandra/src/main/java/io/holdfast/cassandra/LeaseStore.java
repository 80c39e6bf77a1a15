package io.holdfast.cassandra;

import java.util.Optional;

/// Where leases are stored: linearizable, one row per name. Blocks; any thread.
public interface LeaseStore {
  /// The row as it is after every change that was told done before this call.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `storage_failed`
  Optional<LeaseRow> read(String name);

  /// Puts a row in the place of another one.
  ///
  /// @param expected what has to be there; empty = nothing
  /// @return false when something else is there
  /// @throws io.holdfast.sdk.HoldfastException `storage_failed`: then it **may have happened all
  ///   the same**, now or a little later
  boolean swap(String name, Optional<LeaseRow> expected, LeaseRow next);
}
