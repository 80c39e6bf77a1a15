package io.holdfast.engine.egress;

import io.holdfast.sdk.OutboundRef;

/// Which handler of the object's class takes a request.
public sealed interface HandlerRef {
  /// One that was chosen at run time.
  record Named(OutboundRef ref) implements HandlerRef {}

  /// The class's own for a host.
  ///
  /// @param host as it is written in the class
  record OfHost(String host) implements HandlerRef {}

  /// The class's own for all other hosts.
  record CatchAll() implements HandlerRef {}
}
