package io.holdfast.cassandra;

/// Whether the nodes of a region are alive, as far as their signs of life have come through to the
/// data center of who asks. Thread-safe.
public interface SignsOfLife {
  /// A text that changes with each sign of life of one of its nodes. Blocks.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `storage_failed`
  String latest(String region);
}
