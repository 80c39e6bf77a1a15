package io.holdfast.engine.egress;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A range of IPv4 addresses.
///
/// @param base the first address
/// @param prefix how many leading bits are the same, 0 to 32
public record AddressRange(int base, int prefix) {
  private static final Pattern FORM =
      Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})(?:/(\\d{1,2}))?");

  /// Empty when the text is neither an address nor a CIDR range.
  public static Optional<AddressRange> parse(String text) {
    Matcher parts = FORM.matcher(text);
    if (!parts.matches()) {
      return Optional.empty();
    }
    int address = 0;
    for (int i = 1; i <= 4; i++) {
      int octet = Integer.parseInt(parts.group(i));
      if (octet > 255) {
        return Optional.empty();
      }
      address = address << 8 | octet;
    }
    int prefix = parts.group(5) == null ? 32 : Integer.parseInt(parts.group(5));
    return prefix > 32
        ? Optional.empty()
        : Optional.of(new AddressRange(address & mask(prefix), prefix));
  }

  /// Those of texts that were checked before.
  public static List<AddressRange> all(List<String> texts) {
    return texts.stream().map(text -> parse(text).orElseThrow()).toList();
  }

  /// The address that a host is, when it is one in plain form.
  static Optional<InetAddress> address(String host) {
    return parse(host)
        .filter(range -> range.isSingle() && host.indexOf('/') < 0)
        .map(AddressRange::first);
  }

  private InetAddress first() {
    try {
      return InetAddress.getByAddress(
          new byte[] {(byte) (base >> 24), (byte) (base >> 16), (byte) (base >> 8), (byte) base});
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // Four bytes are an address.
    }
  }

  boolean isSingle() {
    return prefix == 32;
  }

  boolean contains(InetAddress address) {
    return address instanceof Inet4Address four && (bits(four) & mask(prefix)) == base;
  }

  private static int bits(Inet4Address address) {
    byte[] bytes = address.getAddress();
    return (bytes[0] & 0xff) << 24
        | (bytes[1] & 0xff) << 16
        | (bytes[2] & 0xff) << 8
        | bytes[3] & 0xff;
  }

  private static int mask(int prefix) {
    return prefix == 0 ? 0 : -1 << 32 - prefix;
  }
}
