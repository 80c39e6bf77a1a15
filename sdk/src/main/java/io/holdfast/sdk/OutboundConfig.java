package io.holdfast.sdk;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What is said at the start of a container about what it may reach; of a [Container] by its
/// fields.
///
/// @param enableInternet see [Container#enableInternet]
/// @param allowedHosts see [Container#allowedHosts]
/// @param deniedHosts see [Container#deniedHosts]
/// @param interceptHttps see [Container#interceptHttps]
public record OutboundConfig(
    boolean enableInternet,
    Optional<List<String>> allowedHosts,
    List<String> deniedHosts,
    boolean interceptHttps) {
  /// @throws HoldfastException `invalid_argument` for a host that is none
  public OutboundConfig {
    allowedHosts = allowedHosts.map(List::copyOf);
    deniedHosts = List.copyOf(deniedHosts);
    allowedHosts.ifPresent(hosts -> hosts.forEach(OutboundRules::checkHost));
    deniedHosts.forEach(OutboundRules::checkHost);
  }

  /// Internet or not, and nothing else.
  public static OutboundConfig internet(boolean enabled) {
    return new OutboundConfig(enabled, Optional.empty(), List.of(), false);
  }

  static OutboundConfig of(
      boolean internet, @Nullable List<String> allowed, List<String> denied, boolean https) {
    return new OutboundConfig(internet, Optional.ofNullable(allowed), denied, https);
  }
}
