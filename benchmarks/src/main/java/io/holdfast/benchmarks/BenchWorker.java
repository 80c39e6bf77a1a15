package io.holdfast.benchmarks;

import io.holdfast.sdk.ContainerControl;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ExecutionContext;
import io.holdfast.sdk.ObjectStub;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;

/// `/hello` is answered here; `/c/{name}/...` goes to the container of that name; all else is
/// `/{what}/{name}/...` and goes to the object of that name.
public final class BenchWorker implements Worker {
  @Override
  public Response fetch(Request request, Env env, ExecutionContext ctx) {
    String path = request.path();
    if (path.equals("/hello")) {
      return Response.text("hello");
    }
    int nameStart = path.indexOf('/', 1) + 1;
    if (nameStart == 0) {
      return Response.text(404, "expected /hello, /c/{name}/... or /{what}/{name}, found " + path);
    }
    int next = path.indexOf('/', nameStart);
    String name = next < 0 ? path.substring(nameStart) : path.substring(nameStart, next);
    if (path.startsWith("/c/")) {
      return box(
          request, env.objects("box").getByName(name), next < 0 ? "/" : path.substring(next));
    }
    return env.objects("obj").getByName(name).fetch(request);
  }

  private static Response box(Request request, ObjectStub box, String rest) {
    if (rest.equals("/__stop")) {
      box.as(ContainerControl.class).destroy();
      return Response.text("stopped");
    }
    return box.fetch(request.withUrl("http://box" + rest));
  }
}
