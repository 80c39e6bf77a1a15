package io.holdfast.multijvm.app;

import io.holdfast.sdk.Env;
import io.holdfast.sdk.ExecutionContext;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;

/// `/rooms/{name}`: a WebSocket into the room, or with a plain GET all that was said in it.
public final class RoomWorker implements Worker {
  @Override
  public Response fetch(Request request, Env env, ExecutionContext ctx) {
    return env.objects("rooms")
        .getByName(request.path().substring("/rooms/".length()))
        .fetch(request);
  }
}
