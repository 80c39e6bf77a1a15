package io.holdfast.engine.egress;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.net.InetAddress;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/// Which hosts a rule is for: a name, an IPv4 address, a CIDR range, or a glob in which `*` stands
/// for any characters, also dots; each also with a port.
///
/// @param text lower case, without trailing dots and port
/// @param range when it is an address or a range
/// @param port the only one it is for
record HostPattern(String text, Optional<AddressRange> range, OptionalInt port) {

  /// @throws HoldfastException `invalid_argument`
  static HostPattern of(String written) {
    String text = written;
    OptionalInt port = OptionalInt.empty();
    int colon = text.lastIndexOf(':');
    if (colon >= 0) {
      port = OptionalInt.of(port(text.substring(colon + 1), written));
      text = text.substring(0, colon);
    }
    Optional<AddressRange> range = AddressRange.parse(text);
    if (range.isEmpty() && !text.chars().allMatch(HostPattern::isOfHost)) {
      throw invalid(written);
    }
    return new HostPattern(normal(text), range, port);
  }

  private static int port(String text, String written) {
    if (!text.matches("\\d{1,5}") || Integer.parseInt(text) > 65_535) {
      throw invalid(written);
    }
    return Integer.parseInt(text);
  }

  private static boolean isOfHost(int c) {
    return c == '*'
        || c == '.'
        || c == '-'
        || c == '_'
        || (c < 0x7f && Character.isLetterOrDigit(c));
  }

  private static HoldfastException invalid(String written) {
    return new HoldfastException(
        ErrorCode.INVALID_ARGUMENT,
        "expected a host, an IPv4 address, a CIDR range or a glob such as *.example.com, found '%s'"
            .formatted(written));
  }

  /// A host as rules compare it: lower case, without trailing dots.
  static String normal(String host) {
    int end = host.length();
    while (end > 0 && host.charAt(end - 1) == '.') {
      end--;
    }
    return host.substring(0, end).toLowerCase(Locale.ROOT);
  }

  /// @param host normal
  boolean fits(String host, int atPort) {
    return (port.isEmpty() || port.getAsInt() == atPort) && fitsHost(host);
  }

  private boolean fitsHost(String host) {
    if (range.isPresent()) {
      return AddressRange.address(host).filter(range.get()::contains).isPresent();
    }
    return isGlob() ? globFits(text, host) : text.equals(host);
  }

  boolean contains(InetAddress address) {
    return range.isPresent() && range.get().contains(address);
  }

  boolean isGlob() {
    return text.indexOf('*') >= 0;
  }

  /// The more it says, the higher: exact hosts before globs and ranges, of these the longer first.
  int weight() {
    boolean exact = range.isPresent() ? range.get().isSingle() : !isGlob();
    int port = this.port.isPresent() ? 1 : 0;
    return (exact ? 1_000_000 : 0) + length() * 2 + port;
  }

  private int length() {
    return range.map(AddressRange::prefix).orElse(text.length());
  }

  /** Linear but for the last star, to which it goes back: no pattern makes it slow. */
  private static boolean globFits(String pattern, String host) {
    int p = 0;
    int h = 0;
    int star = -1;
    int mark = 0;
    while (h < host.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        mark = h;
      } else if (p < pattern.length() && pattern.charAt(p) == host.charAt(h)) {
        p++;
        h++;
      } else if (star >= 0) {
        p = star + 1;
        h = ++mark;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }
}
