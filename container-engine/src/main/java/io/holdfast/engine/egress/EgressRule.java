package io.holdfast.engine.egress;

/// Requests to some hosts go to a handler.
///
/// @param scope of which scheme the requests are
record EgressRule(HostPattern hosts, Scope scope, HandlerRef handler) {
  enum Scope {
    HTTP,
    HTTPS,
    BOTH
  }

  boolean fits(Origin origin) {
    return fits(origin.scheme()) && hosts.fits(origin.host(), origin.port());
  }

  private boolean fits(Origin.Scheme scheme) {
    return switch (scope) {
      case HTTP -> scheme == Origin.Scheme.HTTP;
      case HTTPS -> scheme == Origin.Scheme.HTTPS;
      case BOTH -> true;
    };
  }
}
