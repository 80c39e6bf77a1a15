package io.holdfast.multijvm.app;

import io.holdfast.sdk.Env;
import io.holdfast.sdk.ExecutionContext;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;

/// `POST /timers/{name}?token=t&at=millis` arms, `GET /timers/{name}` lists.
public final class TimersWorker implements Worker {
  @Override
  public Response fetch(Request request, Env env, ExecutionContext ctx) {
    TimersApi timers =
        env.objects("timers")
            .getByName(request.path().substring("/timers/".length()))
            .as(TimersApi.class);
    try {
      if (request.method().equals("POST")) {
        timers.arm(
            request.query("token").orElseThrow(),
            Long.parseLong(request.query("at").orElseThrow()));
        return Response.text("armed");
      }
      return Response.text(String.join("\n", timers.fired()));
    } catch (HoldfastException e) {
      return Response.text(e.code().httpStatus(), e.code().code() + ": " + e.getMessage());
    }
  }
}
