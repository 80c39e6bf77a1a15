package io.holdfast.cassandra;

import java.util.Map;
import java.util.concurrent.CompletableFuture;

/// What operators have said of regions, the same in all of them. Never blocks; any thread. Faults
/// are [io.holdfast.sdk.HoldfastException] `storage_failed`.
public interface RegionStates {
  /// By region, as far as this one knows.
  CompletableFuture<Map<String, RegionState>> known();

  /// Says that a region is lost, or that it is not. Asks other regions.
  ///
  /// @return its state now; nothing changes when that has been said already
  CompletableFuture<RegionState> declare(String region, boolean isLost);
}
