package io.holdfast.examples.orchestrator;

import io.holdfast.sdk.Container;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/// One container of the fleet. It adds nothing to [Container] but its settings, so requests stream
/// straight through.
public final class Instance extends Container {
  public Instance(ObjectContext ctx, Env env) {
    super(ctx, env);
    defaultPort = 8080;
    healthPath = "/";
    enableInternet = false;
    sleepAfter = Duration.ofMinutes(10);
    stopGrace = Duration.ofSeconds(2);
    envVars = Map.of("INSTANCE_NAME", ctx.name().orElse(ctx.id().hex()));
  }

  /// What the manager asks of an instance, without waiting: the calls go to all instances at once.
  public interface Calls {
    /// [Container#startAndWaitForPorts()].
    CompletableFuture<Void> startAndWaitForPorts();

    /// [Container#stop()].
    CompletableFuture<Void> stop();
  }
}
