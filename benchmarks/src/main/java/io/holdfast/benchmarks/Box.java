package io.holdfast.benchmarks;

import io.holdfast.sdk.Container;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;

/// Owns a container of the bench's tiny web server.
public final class Box extends Container {
  public Box(ObjectContext ctx, Env env) {
    super(ctx, env);
    defaultPort = 8080;
    enableInternet = false;
  }
}
