package io.holdfast.multijvm.app;

import io.holdfast.sdk.Body;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;

/// Sends back what it gets while it comes, unless it is told to throw.
public final class Relay extends DurableObject {
  public Relay(ObjectContext ctx, Env env) {
    super(ctx, env);
  }

  @Override
  public Response fetch(Request request) {
    if (request.header("x-said").filter("throw"::equals).isPresent()) {
      throw new IllegalStateException("as it was told");
    }
    return Response.of(
        201,
        Headers.of("x-seen", request.header("x-said").orElse("nothing")),
        Body.of(request.body().stream()));
  }
}
