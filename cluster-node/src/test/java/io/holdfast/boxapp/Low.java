package io.holdfast.boxapp;

import io.holdfast.sdk.ContainerHandle;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.StartOptions;
import java.time.Duration;

/// Uses its container without the comforts of [io.holdfast.sdk.Container].
public class Low extends DurableObject {
  public Low(ObjectContext ctx, Env env) {
    super(ctx, env);
  }

  private ContainerHandle container() {
    return ctx.container().orElseThrow();
  }

  public void start() {
    container().start(StartOptions.DEFAULT);
  }

  public void startFor(long idleMillis) {
    container().setInactivityTimeout(Duration.ofMillis(idleMillis));
    container().start(StartOptions.DEFAULT);
  }

  public boolean running() {
    return container().running();
  }

  public int exitCode() {
    return container().monitor().exitCode();
  }

  public void reset() {
    throw ctx.abort("reset by the test");
  }
}
