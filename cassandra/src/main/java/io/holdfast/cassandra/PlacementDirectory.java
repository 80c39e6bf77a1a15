package io.holdfast.cassandra;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// The homes of objects, one row for each that has one, the same in all regions. Never blocks; any
/// thread. Faults are [io.holdfast.sdk.HoldfastException] `storage_failed`.
public interface PlacementDirectory {
  /// As far as this region knows: what another one has changed just now may be missing.
  CompletableFuture<Optional<Placement>> known(String objectKey);

  /// As it is after every change that was told done before this call. Asks other regions.
  CompletableFuture<Optional<Placement>> current(String objectKey);

  /// Gives an object its first home, unless it has one. Asks other regions.
  ///
  /// @return the home that it has now; when this fails it may have got one all the same
  CompletableFuture<Placement> claim(String objectKey, Placement first);

  /// Puts another home in the place of one. Asks other regions.
  ///
  /// @return false when something else was there; when this fails it **may have happened all the
  ///   same**, now or a little later
  CompletableFuture<Boolean> replace(String objectKey, Placement expected, Placement next);
}
