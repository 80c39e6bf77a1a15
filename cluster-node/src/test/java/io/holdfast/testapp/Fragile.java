package io.holdfast.testapp;

import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectContext;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Breaks in every way there is.
public class Fragile extends DurableObject {
  private static final Map<String, String> BROKEN = new ConcurrentHashMap<>();
  private static final Map<String, Integer> CONSTRUCTED = new ConcurrentHashMap<>();

  private static final Map<String, String> CIRCULAR = new ConcurrentHashMap<>();

  /// How others see one.
  interface Remote {
    int callBack(String name);

    int remember(int number);
  }

  private int memory;

  public Fragile(ObjectContext ctx, Env env) {
    super(ctx, env);
    CONSTRUCTED.merge(ctx.id().hex(), 1, Integer::sum);
    String helper = CIRCULAR.get(ctx.name().orElse(""));
    if (helper != null) {
      other(helper).callBack(ctx.name().orElseThrow());
    }
    String why = BROKEN.get(ctx.name().orElse(""));
    if (why != null) {
      ctx.sleep(Duration.ofMillis(20));
      ctx.storage().put("constructed", 1);
      throw new IllegalStateException(why);
    }
  }

  private Remote other(String name) {
    return env.objects("fragile").getByName(name).as(Remote.class);
  }

  // ---- from any object, about another

  /// From now on its constructor waits for a helper that calls it.
  public void makeCircular(String name, String helper) {
    CIRCULAR.put(name, helper);
  }

  public void straighten(String name) {
    CIRCULAR.remove(name);
  }

  public int callBack(String name) {
    return other(name).remember(1);
  }

  public void breakConstructor(String name, String why) {
    BROKEN.put(name, why);
  }

  public void repair(String name) {
    BROKEN.remove(name);
  }

  public void open(String latch) {
    Latches.open(latch);
  }

  // ---- state

  public int constructed() {
    return CONSTRUCTED.get(ctx.id().hex());
  }

  public int remember(int number) {
    memory += number;
    return memory;
  }

  public int write(int number) {
    ctx.storage().put("number", number);
    return number;
  }

  public int read() {
    return ctx.storage().get("number", Integer.class).orElse(0);
  }

  // ---- ends

  public void abort(String reason) {
    throw ctx.abort(reason);
  }

  /// What it catches does not save it.
  public int abortAndGoOn(String reason) {
    try {
      ctx.abort(reason);
    } catch (Throwable e) {
      memory = -1;
    }
    return write(-1);
  }

  public int writeAndAbort(int number, String reason) {
    ctx.storage().put("number", number);
    throw ctx.abort(reason);
  }

  public int writeAndWait(int number, String latch) throws Exception {
    ctx.storage().put("number", number);
    ctx.blocking(() -> Latches.await(latch));
    return number;
  }

  public int waitFor(String latch) throws Exception {
    ctx.blocking(() -> Latches.await(latch));
    return ctx.storage().get("number", Integer.class).orElse(0);
  }

  public void breakConstraint() {
    ctx.storage().sql().exec("CREATE TABLE IF NOT EXISTS parent (id INTEGER PRIMARY KEY)");
    ctx.storage()
        .sql()
        .exec(
            "CREATE TABLE IF NOT EXISTS child (parent INTEGER REFERENCES parent(id) DEFERRABLE"
                + " INITIALLY DEFERRED)");
    ctx.storage().sql().exec("INSERT INTO child VALUES (1)");
  }

  /// Fills the database beyond its limit and hides the error.
  public String overfill(int mebibytes) {
    for (int i = 0; i < mebibytes; i++) {
      try {
        ctx.storage().put("filler-" + i, new byte[1 << 20]);
      } catch (HoldfastException e) {
        return e.code().code();
      }
    }
    return "fine";
  }

  /// One large value; hides the error.
  public String fill(int number) {
    try {
      ctx.storage().put("filler-" + number, new byte[1 << 20]);
      return "fine";
    } catch (HoldfastException e) {
      return e.code().code();
    }
  }

  private static final Map<String, Integer> TRIES = new ConcurrentHashMap<>();

  /// Fails the first times: resets itself for the code `abort`, else throws an error of that code.
  /// Then answers how often it was called.
  public int unsteady(String code, int failures) {
    int tries = TRIES.merge(ctx.id().hex(), 1, Integer::sum);
    if (tries > failures) {
      return tries;
    }
    if (code.equals("abort")) {
      throw ctx.abort("unsteady");
    }
    throw new HoldfastException(ErrorCode.valueOf(code), "unsteady");
  }

  public int tries() {
    return TRIES.getOrDefault(ctx.id().hex(), 0);
  }

  // ---- errors

  public void throwPlain(String message) {
    throw new IllegalArgumentException(message);
  }

  public void throwWithoutMessage() {
    throw new UnsupportedOperationException();
  }

  public void throwError() {
    throw new AssertionError("an error, not an exception");
  }

  public void throwKnown(String code, String message) {
    throw new HoldfastException(ErrorCode.valueOf(code), message);
  }

  public int overflow(int depth) {
    return overflow(depth + 1) + 1;
  }

  public Object unencodable() {
    java.util.List<Object> endless = new java.util.ArrayList<>();
    endless.add(endless);
    return endless;
  }
}
