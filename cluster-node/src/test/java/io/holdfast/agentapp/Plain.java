package io.holdfast.agentapp;

import io.holdfast.sdk.Container;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;

/// Its container may reach the internet, and nothing is said about that.
public class Plain extends Container {
  public Plain(ObjectContext ctx, Env env) {
    super(ctx, env);
    defaultPort = 8080;
  }

  public void deny(String host) {
    denyHost(host);
  }
}
