package io.holdfast.engine.egress;

/// Whom a request is for.
///
/// @param host lower case, without trailing dots
public record Origin(Scheme scheme, String host, int port) {
  /// How it is spoken to.
  public enum Scheme {
    HTTP,
    HTTPS
  }

  public Origin {
    host = HostPattern.normal(host);
  }

  public static Origin http(String host, int port) {
    return new Origin(Scheme.HTTP, host, port);
  }

  public static Origin https(String host, int port) {
    return new Origin(Scheme.HTTPS, host, port);
  }
}
