package io.holdfast.engine.egress;

import java.util.regex.Pattern;

/// What the proxy takes for a host: a name of letters, digits, `-`, `_` and dots, or an IPv4
/// address in its usual form. Other spellings of an address, which rules would not know it by, are
/// none.
final class HostName {
  private static final int LENGTH_MAX = 253;
  private static final Pattern NAME =
      Pattern.compile("[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*");
  private static final Pattern LAST_LABEL_OF_ADDRESS =
      Pattern.compile("(.*\\.)?(\\d+|0x[0-9a-f]*)");

  private HostName() {}

  /// @param host normal, see [HostPattern#normal]
  static boolean isOne(String host) {
    if (host.length() > LENGTH_MAX || !NAME.matcher(host).matches()) {
      return false;
    }
    return !LAST_LABEL_OF_ADDRESS.matcher(host).matches() || isAddress(host);
  }

  static boolean isAddress(String host) {
    return AddressRange.address(host)
        .filter(address -> address.getHostAddress().equals(host))
        .isPresent();
  }
}
