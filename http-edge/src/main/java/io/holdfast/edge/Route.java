package io.holdfast.edge;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Locale;

/// A pattern of hosts and paths, such as `example.com/shop*`, `*.example.com/api/*` or
/// `/counter/*`.
///
/// The host is a name, `*.name` (any subdomain, at any depth, but not the name itself), or left out
/// or `*` (any host). The path is compared with the request's path as it was sent; with a `*` at
/// its end it is a prefix.
///
/// @param hostKind how the host is compared
/// @param host lower case, without `*.`; empty for any host
/// @param pathKind how the path is compared
/// @param path starts with `/`, without the `*`
public record Route(HostKind hostKind, String host, PathKind pathKind, String path) {
  /// How specific a host is, most specific first.
  public enum HostKind {
    EXACT,
    SUBDOMAINS,
    ANY
  }

  /// How specific a path is, most specific first.
  public enum PathKind {
    EXACT,
    PREFIX
  }

  /// Reads a pattern.
  ///
  /// @throws HoldfastException `app_invalid`, naming the pattern, what was expected and what was
  ///   found; also for the paths that belong to Holdfast itself ([ReservedPaths])
  public static Route parse(String pattern) {
    int slash = pattern.indexOf('/');
    if (slash < 0) {
      throw bad(pattern, "a path after the host, such as '" + pattern + "/*'", "none");
    }
    String host = pattern.substring(0, slash).toLowerCase(Locale.ROOT);
    String path = pattern.substring(slash);
    boolean prefix = path.endsWith("*");
    String plainPath = prefix ? path.substring(0, path.length() - 1) : path;
    checkPath(pattern, plainPath);
    PathKind pathKind = prefix ? PathKind.PREFIX : PathKind.EXACT;
    if (host.isEmpty() || host.equals("*")) {
      return new Route(HostKind.ANY, "", pathKind, plainPath);
    }
    boolean subdomains = host.startsWith("*.");
    String plainHost = subdomains ? host.substring(2) : host;
    checkHost(pattern, plainHost);
    return new Route(
        subdomains ? HostKind.SUBDOMAINS : HostKind.EXACT, plainHost, pathKind, plainPath);
  }

  private static void checkPath(String pattern, String path) {
    if (path.startsWith("//")) {
      throw bad(pattern, "host and path without a scheme", "'//'");
    }
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c == '*') {
        throw bad(pattern, "'*' in the path only at its end", "'*' inside '" + path + "'");
      }
      if (c <= ' ' || c >= 0x7f || c == '?' || c == '#') {
        throw bad(pattern, "a percent-encoded path without query", found(c));
      }
    }
    if (ReservedPaths.contains(path)) {
      throw bad(
          pattern,
          "a path other than " + ReservedPaths.LIST + " (Holdfast's own)",
          "'" + path + "'");
    }
  }

  private static void checkHost(String pattern, String host) {
    if (host.indexOf('*') >= 0) {
      throw bad(
          pattern, "'*' in the host only as its first label ('*.example.com')", "'" + host + "'");
    }
    if (host.endsWith(":") || pattern.contains("://")) {
      throw bad(pattern, "host and path without a scheme", "'" + host + "'");
    }
    for (String label : host.split("\\.", -1)) {
      if (label.isEmpty() || label.length() > 63) {
        throw bad(pattern, "host labels of 1 to 63 characters", "'" + host + "'");
      }
    }
    for (int i = 0; i < host.length(); i++) {
      char c = host.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      if (!letter && c != '.' && c != '-' && c != '_') {
        throw bad(pattern, "a host of letters, digits, '-' and '.', without a port", found(c));
      }
    }
  }

  private static String found(char c) {
    return c > ' ' && c < 0x7f ? "'" + c + "'" : "character 0x%02x".formatted((int) c);
  }

  private static HoldfastException bad(String pattern, String expected, String found) {
    return new HoldfastException(
        ErrorCode.APP_INVALID,
        "route '%s': expected %s, found %s".formatted(pattern, expected, found));
  }

  /// The pattern.
  @Override
  public String toString() {
    String star = pathKind == PathKind.PREFIX ? "*" : "";
    return switch (hostKind) {
      case EXACT -> host + path + star;
      case SUBDOMAINS -> "*." + host + path + star;
      case ANY -> path + star;
    };
  }
}
