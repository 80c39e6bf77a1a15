package io.holdfast.engine;

/// What a container may reach. In all of them, nobody but the node reaches it, and it reaches
/// neither host nor neighbours.
public enum Network {
  /// Nothing outside.
  NONE_OUTSIDE,
  /// The internet, without private and metadata address ranges.
  INTERNET,
  /// Only what the [io.holdfast.engine.egress.EgressGate] lets through: HTTP, HTTPS and names.
  GATED,
  /// The internet as [#INTERNET], but HTTP, HTTPS and names by way of the gate.
  GATED_OPEN;

  /// Whether its containers are told by code of the app what they may reach.
  public boolean isGated() {
    return this == GATED || this == GATED_OPEN;
  }
}
