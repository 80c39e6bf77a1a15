package io.holdfast.boxapp;

import io.holdfast.sdk.Container;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ExecutionContext;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;

/// Sends `/{box}/{port}/{path…}` to that port of the container of that box.
public class Door implements Worker {
  @Override
  public Response fetch(Request request, Env env, ExecutionContext ctx) {
    String[] path = request.path().split("/", 4);
    String query = request.url().contains("?") ? request.url().replaceAll(".*\\?", "?") : "";
    Request inner = request.withUrl("http://box/" + path[3] + query);
    return Container.getContainer(env.objects("box"), path[1])
        .fetch(Container.switchPort(inner, Integer.parseInt(path[2])));
  }
}
