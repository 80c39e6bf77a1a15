package io.holdfast.multijvm.app;

import io.holdfast.sdk.Env;
import io.holdfast.sdk.ExecutionContext;
import io.holdfast.sdk.GetOptions;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;

/// `POST /box/{name}` runs a script in the box, `GET` shows its log; `hint` says where it begins.
/// `/few/{name}` is of those of which only a few may run.
public final class BoxWorker implements Worker {
  @Override
  public Response fetch(Request request, Env env, ExecutionContext ctx) {
    String namespace = request.path().startsWith("/few/") ? "few" : "boxes";
    String name = request.path().substring("/box/".length());
    GetOptions options =
        request.query("hint").map(GetOptions::locationHint).orElse(GetOptions.NONE);
    BoxApi box = env.objects(namespace).getByName(name, options).as(BoxApi.class);
    try {
      return request.method().equals("POST")
          ? Response.text(box.run(request.body().text()))
          : Response.text(String.join("\n", box.log()));
    } catch (HoldfastException e) {
      return Response.text(e.code().httpStatus(), e.code().code() + ": " + e.getMessage());
    }
  }
}
