package io.holdfast.engine.http;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

/// The parts of a URL that go into a request: nothing else of it reaches the wire, so no URL can
/// forge a header.
///
/// @param scheme in lower case; empty for a relative URL
/// @param authority host and port for the Host header, without user and password; `container` for a
///   relative URL
/// @param path path and query, percent-encoded
record RequestTarget(String scheme, String authority, String path) {
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*");
  private static final Pattern AUTHORITY =
      Pattern.compile("[A-Za-z0-9._~!$&'()*+,;=%-]+(:\\d{0,5})?|\\[[0-9A-Fa-f:.]+](:\\d{0,5})?");

  static RequestTarget of(String url) {
    int mark = url.indexOf("://");
    if (mark < 0 || !SCHEME.matcher(url).region(0, mark).matches()) {
      return new RequestTarget("", "container", path(url, 0));
    }
    int start = mark + 3;
    int end = start;
    while (end < url.length() && "/?#".indexOf(url.charAt(end)) < 0) {
      end++;
    }
    String authority =
        url.substring(
            url.lastIndexOf('@', end - 1) >= start ? url.lastIndexOf('@', end - 1) + 1 : start,
            end);
    if (!AUTHORITY.matcher(authority).matches()) {
      throw invalid("expected a host in the URL, found '%s'".formatted(authority));
    }
    return new RequestTarget(
        url.substring(0, mark).toLowerCase(Locale.ROOT), authority, path(url, end));
  }

  private static String path(String url, int start) {
    int hash = url.indexOf('#', start);
    String path = encoded(url.substring(start, hash < 0 ? url.length() : hash));
    return path.startsWith("/") ? path : "/" + path;
  }

  private static String encoded(String path) {
    if (path.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
      return path;
    }
    StringBuilder encoded = new StringBuilder(path.length() + 16);
    for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
      if (b > 0x20 && b < 0x7f) {
        encoded.append((char) b);
      } else if (b == 0x20 || b < 0) {
        encoded.append('%').append("%02X".formatted(b));
      } else {
        throw invalid("expected no control characters in the URL, found 0x%02x".formatted(b));
      }
    }
    return encoded.toString();
  }

  /// The host alone, without brackets.
  String host() {
    int colon = authority.lastIndexOf(':');
    String host = colon > authority.lastIndexOf(']') ? authority.substring(0, colon) : authority;
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  /// The port of the URL, or that of its scheme.
  int port() {
    int colon = authority.lastIndexOf(':');
    if (colon <= authority.lastIndexOf(']') || colon == authority.length() - 1) {
      return scheme.equals("https") ? 443 : 80;
    }
    int port = Integer.parseInt(authority.substring(colon + 1));
    if (port < 1 || port > 65_535) {
      throw invalid("expected a port from 1 to 65535 in the URL, found " + port);
    }
    return port;
  }

  private static HoldfastException invalid(String message) {
    return new HoldfastException(ErrorCode.INVALID_REQUEST, message);
  }
}
