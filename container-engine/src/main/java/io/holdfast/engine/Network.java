package io.holdfast.engine;

/// What a container may reach. In both, nobody but the node reaches it, and it reaches neither host
/// nor neighbours.
public enum Network {
  /// Nothing outside.
  NONE_OUTSIDE,
  /// The internet, without private and metadata address ranges.
  INTERNET
}
