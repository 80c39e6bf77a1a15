package io.holdfast.testapp;

import io.holdfast.sdk.Env;
import io.holdfast.sdk.ExecutionContext;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;

/// Sends `/app/{namespace}/{name}…` to that object.
public class Front implements Worker {
  @Override
  public Response fetch(Request request, Env env, ExecutionContext ctx) {
    String[] path = request.path().split("/");
    return env.objects(path[2]).getByName(path[3]).fetch(request);
  }
}
