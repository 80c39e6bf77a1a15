package io.holdfast.multijvm.app;

import io.holdfast.sdk.Env;
import io.holdfast.sdk.ExecutionContext;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;

/// `/relay/{name}`: through an object and back.
public final class RelayWorker implements Worker {
  @Override
  public Response fetch(Request request, Env env, ExecutionContext ctx) {
    try {
      return env.objects("relays")
          .getByName(request.path().substring("/relay/".length()))
          .fetch(request);
    } catch (ObjectCallException e) {
      return Response.text(
          500, e.code().code() + " " + e.errorName() + " " + e.remote() + " " + e.getMessage());
    }
  }
}
