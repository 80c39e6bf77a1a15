package io.holdfast.testapp;

import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.ObjectContext;
import java.util.List;

/// Calls itself and others.
public class Caller extends DurableObject {
  /// How it sees itself and others.
  interface Remote {
    int depth(int more);

    int pingPong(String from, int more);

    int increment();
  }

  /// How it sees a [Fragile].
  interface FragileRemote {
    void throwPlain(String message);

    void abort(String reason);

    void noSuchMethod();

    void throwKnown(String code, String message);
  }

  public Caller(ObjectContext ctx, Env env) {
    super(ctx, env);
  }

  private Remote other(String name) {
    return env.objects("caller").getByName(name).as(Remote.class);
  }

  public int increment() {
    int next = ctx.storage().get("value", Integer.class).orElse(0) + 1;
    ctx.storage().put("value", next);
    return next;
  }

  /// Calls itself so many times, one inside the other.
  public int depth(int more) {
    return more == 0 ? 0 : other(ctx.name().orElseThrow()).depth(more - 1) + 1;
  }

  /// Calls the one that called, who calls back, so many times.
  public int pingPong(String other, int more) {
    increment();
    return more == 0 ? 0 : other(other).pingPong(ctx.name().orElseThrow(), more - 1) + 1;
  }

  public int forever() {
    return depth(Integer.MAX_VALUE);
  }

  /// Name, message and flags of what a [Fragile] throws.
  public List<Object> errorOf(String name, String how) {
    FragileRemote fragile = env.objects("fragile").getByName(name).as(FragileRemote.class);
    try {
      switch (how) {
        case "plain" -> fragile.throwPlain("for the caller");
        case "abort" -> fragile.abort("for the caller");
        case "missing" -> fragile.noSuchMethod();
        default -> fragile.throwKnown("STORAGE_FULL", "for the caller");
      }
      return List.of("no error");
    } catch (ObjectCallException e) {
      return List.of(
          e.code().code(),
          e.errorName(),
          e.getMessage(),
          e.remote(),
          e.objectReset(),
          e.retryable());
    } catch (io.holdfast.sdk.HoldfastException e) {
      return List.of(e.code().code(), e.getMessage());
    }
  }

  /// Lets the error of a [Fragile] through.
  public void passOn(String name, String how) {
    FragileRemote fragile = env.objects("fragile").getByName(name).as(FragileRemote.class);
    switch (how) {
      case "plain" -> fragile.throwPlain("through two");
      default -> fragile.abort("through two");
    }
  }
}
