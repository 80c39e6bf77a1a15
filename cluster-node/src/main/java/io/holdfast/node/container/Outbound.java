package io.holdfast.node.container;

import io.holdfast.sdk.OutboundConfig;
import io.holdfast.sdk.OutboundRules;

/// What an object says about what its container may reach.
///
/// @param config as of the last start
/// @param rules changes at run time
public record Outbound(OutboundConfig config, OutboundRules rules) {
  /// Internet or not, and nothing else.
  public static Outbound internet(boolean enabled) {
    return new Outbound(OutboundConfig.internet(enabled), OutboundRules.NONE);
  }

  public Outbound with(OutboundConfig other) {
    return new Outbound(other, rules);
  }

  public Outbound with(OutboundRules other) {
    return new Outbound(config, other);
  }
}
