package io.holdfast.agentapp;

import io.holdfast.sdk.Container;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.OutboundHandlers;
import io.holdfast.sdk.OutboundRef;
import io.holdfast.sdk.Response;
import java.util.List;
import java.util.Map;

/// Its container may reach one host, which code answers.
public class Agent extends Container {
  public static final OutboundHandlers OUTBOUND =
      OutboundHandlers.none()
          .byHost(
              "api.example.test",
              (request, env, ctx) ->
                  Response.text(
                      String.join(
                          " ",
                          request.method(),
                          request.url(),
                          request.body().text(),
                          "as",
                          env.var("CREDENTIAL"),
                          "for",
                          ctx.namespace(),
                          ctx.containerId())))
          .byHost(
              "own.example.test",
              (_, env, ctx) -> {
                Greeter owner =
                    env.objects(ctx.namespace())
                        .get(env.objects(ctx.namespace()).idFromString(ctx.containerId()))
                        .as(Greeter.class);
                return Response.text("asked its own object: " + owner.greeting());
              })
          .named("tell", (_, _, ctx) -> Response.text("told " + ctx.params().get("what")));

  public Agent(ObjectContext ctx, Env env) {
    super(ctx, env);
    defaultPort = 8080;
    enableInternet = false;
    allowedHosts = List.of("api.example.test", "own.example.test");
  }

  public String greeting() {
    return "hello";
  }

  public void tellFor(String host, String what) {
    allowHost(host);
    setOutboundByHost(host, new OutboundRef("tell", Map.of("what", what)));
  }

  public void forget(String host) {
    removeOutboundByHost(host);
    removeAllowedHost(host);
  }

  public void choose(String handler) {
    setOutboundHandler(OutboundRef.to(handler));
  }

  public void deny(String host) {
    denyHost(host);
  }
}
