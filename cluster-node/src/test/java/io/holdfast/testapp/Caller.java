package io.holdfast.testapp;

import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.GetOptions;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.ObjectContext;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

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
    } catch (HoldfastException e) {
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

  // ---- streams

  /// How it sees an [Echo].
  interface EchoRemote {
    long count(InputStream in, long giveUpAfter);

    InputStream letters(long count);

    CompletableFuture<InputStream> lettersSoon(long count);

    InputStream noLetters();

    long entered();
  }

  /// Another view of it, with the wrong types.
  interface WrongRemote {
    long count(String in, long giveUpAfter);

    String letters(long count);

    InputStream entered();
  }

  private EchoRemote echo(String name) {
    return env.objects("echo").getByName(name).as(EchoRemote.class);
  }

  /// How many of so many bytes the other one read, and how many were made.
  public List<Long> sendStream(String name, long bytes, long giveUpAfter) {
    Letters letters = new Letters(bytes);
    long read = echo(name).count(letters, giveUpAfter);
    return List.of(read, letters.made());
  }

  /// The sum of the bytes that the other one sends; another event enters meanwhile.
  public List<Long> receiveStream(String name, long bytes, boolean soon) throws Exception {
    InputStream in =
        soon ? ctx.blocking(echo(name).lettersSoon(bytes)::get) : echo(name).letters(bytes);
    long sum = 0;
    long count = 0;
    try (in) {
      for (int next = in.read(); next >= 0; next = in.read()) {
        sum += next;
        count++;
      }
    }
    return List.of(count, sum);
  }

  public void receiveFailure(String name) {
    echo(name).noLetters();
  }

  public String mismatch(String name, String how) {
    WrongRemote wrong = env.objects("echo").getByName(name).as(WrongRemote.class);
    try {
      Object found =
          switch (how) {
            case "argument" -> wrong.count("text", 0);
            case "result" -> wrong.letters(5);
            default -> wrong.entered();
          };
      return "fine: " + found;
    } catch (HoldfastException e) {
      return e.getMessage();
    }
  }

  public long lettersClosed() {
    return Letters.CLOSED.get();
  }

  /// Arguments beyond the limit of one call.
  public String tooLarge() {
    try {
      env.objects("fragile")
          .getByName("any")
          .as(FragileRemote.class)
          .throwPlain("x".repeat(33 << 20));
      return "fine";
    } catch (HoldfastException e) {
      return e.code().code();
    }
  }

  // ---- retries

  /// Calls one that fails with such an error the first times.
  public int callUnsteady(String name, String code, int failures, int retries) {
    GetOptions options = GetOptions.NONE.retrying(retries, Duration.ofSeconds(20));
    return env.objects("fragile")
        .getByName(name, options)
        .as(UnsteadyRemote.class)
        .unsteady(code, failures);
  }

  interface UnsteadyRemote {
    int unsteady(String code, int failures);
  }
}
