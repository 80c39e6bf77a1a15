package io.holdfast.cassandra;

/// Where the shares of all namespaces of a region are stored: linearizable, one row per namespace.
/// Blocks; any thread.
public interface InstanceTable {
  /// The row as it is after every change that was told done before this call.
  ///
  /// @param pool the region and the namespace
  /// @throws io.holdfast.sdk.HoldfastException `storage_failed`
  InstanceShares read(String pool);

  /// Puts a row in the place of the one with the version before.
  ///
  /// @return false when another one is there
  /// @throws io.holdfast.sdk.HoldfastException `storage_failed`: then it **may have happened all
  ///   the same**, now or a little later
  boolean swap(String pool, InstanceShares next);
}
