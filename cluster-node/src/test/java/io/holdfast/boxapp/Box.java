package io.holdfast.boxapp;

import io.holdfast.sdk.Container;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.StartOptions;
import java.time.Duration;
import java.util.Locale;

/// Keeps in storage what happens to its container, and the state of that when it falls asleep.
public class Box extends Container {
  public Box(ObjectContext ctx, Env env) {
    super(ctx, env);
    defaultPort = 8080;
    sleepAfter = Duration.ofMillis(Long.parseLong(env.var("SLEEP_AFTER_MILLIS")));
    stopGrace = Duration.ofSeconds(2);
  }

  @Override
  public void onStart() {
    count("starts");
  }

  @Override
  public void onStop(ContainerExit exit) {
    int stops = count("stop attempts");
    if (stops <= number("stops to fail")) {
      throw new IllegalStateException("not yet");
    }
    ctx.storage().put("exit", exit.exitCode());
    count("stops");
  }

  @Override
  public void onActivityExpired() throws Exception {
    count("expiries");
    fetchIfRunning(Request.get("http://box/state"), defaultPort)
        .ifPresent(state -> ctx.storage().put("saved", state.body().text()));
    super.onActivityExpired();
  }

  private int count(String name) {
    int next = number(name) + 1;
    ctx.storage().put(name, next);
    return next;
  }

  public int number(String name) {
    return ctx.storage().get(name, Integer.class).orElse(0);
  }

  public String saved() {
    return ctx.storage().get("saved", String.class).orElse("");
  }

  public void put(String name, int value) {
    ctx.storage().put(name, value);
  }

  public String status() {
    return handle().state().status().name().toLowerCase(Locale.ROOT);
  }

  /// Writes, then orders a start without waiting for anything.
  public void writeThenStart() {
    count("writes");
    handle().start(StartOptions.DEFAULT);
  }

  public void startInTransaction() throws Exception {
    ctx.storage()
        .transaction(transaction -> {
          ctx.storage().put("in transaction", 1);
          handle().start(StartOptions.DEFAULT);
          return true;
        });
  }

  public int exitCode() {
    return handle().monitor().exitCode();
  }

  public void reset() {
    throw ctx.abort("reset by the test");
  }
}
