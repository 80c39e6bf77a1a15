package io.holdfast.edge;

import io.holdfast.protocol.CallContext;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Worker;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// What the edge needs to know of a loaded app.
///
/// @param name the app's name
/// @param routes which requests its Worker gets
/// @param worker its Worker; an app without one has no routes
/// @param env what the Worker sees, made for each request
public record EdgeApp(
    String name, List<Route> routes, Optional<Worker> worker, Function<CallContext, Env> env) {
  public EdgeApp {
    routes = List.copyOf(routes);
    if (worker.isEmpty() && !routes.isEmpty()) {
      throw new HoldfastException(
          ErrorCode.APP_INVALID,
          "app '%s': expected a worker for route '%s', found none"
              .formatted(name, routes.getFirst()));
    }
  }
}
