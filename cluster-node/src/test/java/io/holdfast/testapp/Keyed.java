package io.holdfast.testapp;

import io.holdfast.sdk.Body;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.List;

/// Adds up, in every way a call can go.
public class Keyed extends DurableObject {
  /// How others see one.
  interface Remote {
    int add(int number);

    int total();
  }

  public Keyed(ObjectContext ctx, Env env) {
    super(ctx, env);
  }

  private Remote other(String name, String key) {
    return env.objects("keyed").getByName(name).withIdempotencyKey(key).as(Remote.class);
  }

  public int total() {
    return ctx.storage().get("total", Integer.class).orElse(0);
  }

  public int add(int number) {
    int next = total() + number;
    ctx.storage().put("total", next);
    return next;
  }

  public int addAndThrow(int number, String message) {
    add(number);
    throw new IllegalArgumentException(message);
  }

  public int addAndFail(int number, String code) {
    add(number);
    throw new HoldfastException(ErrorCode.valueOf(code), "as it was told");
  }

  /// Commits the first half, waits, and adds the second.
  public int addTwice(int number, String latch) throws Exception {
    add(number);
    Latches.open(latch + " half");
    ctx.blocking(() -> Latches.await(latch));
    return add(number);
  }

  /// Waits without having written.
  public int waitAndAdd(int number, String latch) throws Exception {
    Latches.open(latch + " half");
    ctx.blocking(() -> Latches.await(latch));
    return add(number);
  }

  public int addAndAbort(int number) {
    add(number);
    throw ctx.abort("in the middle");
  }

  public int addSleepAndAbort(int number) {
    add(number);
    ctx.sleep(Duration.ofMillis(10));
    throw ctx.abort("in the middle");
  }

  public int sleepAndAbort() {
    ctx.sleep(Duration.ofMillis(10));
    throw ctx.abort("in the middle");
  }

  public String addLarge(int number, int chars) {
    add(number);
    return "x".repeat(chars);
  }

  public int clearAndAdd(int number) {
    ctx.storage().deleteAll();
    return add(number);
  }

  public void open(String latch) {
    Latches.open(latch);
  }

  public boolean isOpen(String latch) {
    return Latches.of(latch).getCount() == 0;
  }

  /// Two calls of another under one key.
  public List<Integer> addElsewhereTwice(String name, String key, int number) {
    return List.of(other(name, key).add(number), other(name, key).add(number));
  }

  /// Calls itself under the key that it was called with.
  public int addThroughItself(String key, int number) {
    return other(ctx.name().orElseThrow(), key).add(number);
  }

  /// The status and the body of a fetch of another, twice, with the key in the header.
  public List<String> fetchElsewhereTwice(String name, String key) {
    return List.of(fetchElsewhere(name, key), fetchElsewhere(name, key));
  }

  /// Asks another for an upgrade, under a key.
  public int upgradeElsewhere(String name, String key) {
    Request request =
        Request.get("http://x/add?n=1")
            .withHeader("Idempotency-Key", key)
            .withHeader("Upgrade", "websocket");
    return env.objects("keyed").getByName(name).fetch(request).status();
  }

  private String fetchElsewhere(String name, String key) {
    Request request =
        Request.post("http://x/add?n=1", Body.of("")).withHeader("Idempotency-Key", key);
    Response response = env.objects("keyed").getByName(name).fetch(request);
    return response.status()
        + " "
        + response.body().text()
        + " "
        + response.header("idempotent-replayed").isPresent();
  }

  @Override
  public Response fetch(Request request) {
    int number = request.query("n").map(Integer::valueOf).orElse(0);
    String text = request.body().text();
    int total = add(number);
    return switch (request.path()) {
      case "/streamed" -> {
        byte[] bytes = "y".repeat(total).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        yield Response.of(
            200, Headers.of("x-total", "" + total), Body.of(new ByteArrayInputStream(bytes)));
      }
      case "/throws" -> throw new IllegalStateException("after " + total);
      default ->
          Response.of(
              201,
              Headers.of("x-total", "" + total, "x-two", "a", "x-two", "b"),
              Body.of("total " + total + ", body " + text));
    };
  }
}
