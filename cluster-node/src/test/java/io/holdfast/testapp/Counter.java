package io.holdfast.testapp;

import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;

/// A number in storage, and one in memory.
public class Counter extends DurableObject {
  private static final Map<String, Integer> CONSTRUCTED = new ConcurrentHashMap<>();

  private final String nameAtStart;
  private int memory;

  public Counter(ObjectContext ctx, Env env) {
    super(ctx, env);
    nameAtStart = ctx.name().orElse("");
    CONSTRUCTED.merge(ctx.id().hex(), 1, Integer::sum);
  }

  public int increment() {
    int next = value() + 1;
    ctx.storage().put("value", next);
    return next;
  }

  public int incrementSleeping(long millis) {
    int next = value() + 1;
    ctx.sleep(Duration.ofMillis(millis));
    ctx.storage().put("value", next);
    return next;
  }

  public int value() {
    return ctx.storage().get("value", Integer.class).orElse(0);
  }

  public int remember(int number) {
    memory += number;
    return memory;
  }

  public int constructed() {
    return CONSTRUCTED.getOrDefault(ctx.id().hex(), 0);
  }

  public int constructedThen() {
    return ctx.storage().get("constructed then", Integer.class).orElse(0);
  }

  public List<String> names() {
    return List.of(nameAtStart, ctx.name().orElse(""));
  }

  public String hex() {
    return ctx.id().hex();
  }

  /// Sleeps, then tells how often the object was constructed until then.
  public int rest(long millis) {
    ctx.sleep(Duration.ofMillis(millis));
    return constructed();
  }

  /// Sleeps and increments after the answer.
  public void incrementLater(long millis) {
    ctx.waitUntil((Callable<Object>) () -> incrementSleeping(millis));
  }

  /// As [#incrementLater], waiting for a latch of this app.
  public void incrementAfter(String latch) {
    ctx.waitUntil(
        (Callable<Object>)
            () -> {
              ctx.blocking(() -> Latches.await(latch));
              ctx.storage().put("constructed then", constructed());
              return increment();
            });
  }

  public void failLater() {
    ctx.waitUntil(
        (Callable<Object>)
            () -> {
              throw new IllegalStateException("of no interest to anybody");
            });
  }

  public void setAlarm() {
    ctx.storage().setAlarm(java.time.Instant.now());
  }

  public void open(String latch) {
    Latches.open(latch);
  }
}
