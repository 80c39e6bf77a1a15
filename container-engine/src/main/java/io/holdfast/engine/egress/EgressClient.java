package io.holdfast.engine.egress;

import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;

/// A container as the gate sees it. Thread-safe.
public interface EgressClient {
  /// Whose it is, for the log.
  String name();

  /// As it is now; asked anew for each request.
  EgressPolicy policy();

  /// Lets a handler of the object's class answer a request. Blocks.
  ///
  /// @throws Exception what the handler throws
  Response handle(HandlerRef handler, Request request) throws Exception;
}
