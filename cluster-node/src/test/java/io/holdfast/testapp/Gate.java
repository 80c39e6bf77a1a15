package io.holdfast.testapp;

import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Storage;
import io.holdfast.sdk.StorageOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/// Writes down who came in and went out, and waits in every way there is.
public class Gate extends DurableObject {
  /// How other objects see one.
  interface Remote {
    int add(int number);

    CompletableFuture<Integer> addSoon(int number);

    boolean awaitLatch(String latch);
  }

  private final List<String> log = new ArrayList<>();
  private final List<Integer> numbers = new ArrayList<>();

  public Gate(ObjectContext ctx, Env env) {
    super(ctx, env);
  }

  private Remote other(String name) {
    return env.objects("gate").getByName(name).as(Remote.class);
  }

  public List<String> log() {
    return log;
  }

  public void enter(String who) {
    log.add(who);
  }

  public int add(int number) {
    numbers.add(number);
    return number;
  }

  public int addSoon(int number) {
    return add(number);
  }

  public List<Integer> numbers() {
    return numbers;
  }

  public void open(String latch) {
    Latches.open(latch);
  }

  // ---- waiting

  public boolean awaitLatch(String latch) throws Exception {
    return ctx.blocking(() -> Latches.await(latch));
  }

  public void waitBlocking(String latch) throws Exception {
    log.add("in");
    ctx.blocking(() -> Latches.await(latch));
    log.add("out");
  }

  public void waitSleeping(long millis) {
    log.add("in");
    ctx.sleep(Duration.ofMillis(millis));
    log.add("out");
  }

  public void waitForOther(String name, String latch) {
    log.add("in");
    other(name).awaitLatch(latch);
    log.add("out");
  }

  public CompletableFuture<String> soon(long millis) {
    return CompletableFuture.supplyAsync(
        () -> "soon",
        CompletableFuture.delayedExecutor(millis, java.util.concurrent.TimeUnit.MILLISECONDS));
  }

  public void interruptItself() {
    Thread.currentThread().interrupt();
  }

  /// Holds the turn until the latch opens; opens another one when it begins.
  public void spin(String latch) {
    Latches.open(latch + " begun");
    while (Latches.of(latch).getCount() > 0) {
      Thread.onSpinWait();
    }
  }

  /// Holds the turn without using the processor.
  public void hold(String latch) throws InterruptedException {
    Latches.open(latch + " begun");
    Latches.await(latch);
  }

  // ---- blockConcurrencyWhile

  public void blockUntil(String latch) throws Exception {
    ctx.blockConcurrencyWhile(() -> {
      log.add("closed");
      ctx.blocking(() -> Latches.await(latch));
      ctx.sleep(Duration.ofMillis(1));
      log.add("opened");
      return true;
    });
  }

  public void blockThrowing(String message) throws Exception {
    log.add("closed");
    ctx.storage().put("blocked", message);
    ctx.blockConcurrencyWhile(() -> {
      throw new IllegalArgumentException(message);
    });
  }

  public int blockNested(int depth) throws Exception {
    return depth == 0 ? 0 : ctx.blockConcurrencyWhile(() -> blockNested(depth - 1) + 1);
  }

  public void blockCallingItself() throws Exception {
    String name = ctx.name().orElseThrow();
    ctx.blockConcurrencyWhile(() -> other(name).add(1));
  }

  // ---- calls to others

  /// Calls one after the other, without waiting for answers; every third after a write.
  public List<Integer> sendInOrder(String name, int count) throws Exception {
    Remote other = other(name);
    List<CompletableFuture<Integer>> sent = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (i % 3 == 0) {
        ctx.storage().put("sent", i);
      }
      sent.add(other.addSoon(i));
      if (i % 17 == 16) {
        other.add(-i);
      }
    }
    List<Integer> answers = new ArrayList<>();
    for (CompletableFuture<Integer> each : sent) {
      answers.add(ctx.blocking(each::get));
    }
    return answers;
  }

  public int writeAndCall(String name, int number) {
    ctx.storage().put("number", number);
    return other(name).add(number);
  }

  public void writeAndCallSoon(String name, int number) throws Exception {
    ctx.storage().put("number", number);
    CompletableFuture<Integer> answer = other(name).addSoon(number);
    ctx.blocking(answer::get);
  }

  public int writeAndFetch(String url) {
    ctx.storage().put("number", 1);
    return env.fetch(Request.get(url)).status();
  }

  public void writeAndSync(String latch) {
    ctx.storage().put("number", 1);
    ctx.storage().sync();
    Latches.open(latch);
  }

  public boolean isOpen(String latch) {
    return Latches.of(latch).getCount() == 0;
  }

  public void writeAndThrow() {
    ctx.storage().put("number", 1);
    throw new IllegalStateException("after a write");
  }

  public int number() {
    return ctx.storage().get("number", Integer.class).orElse(0);
  }

  public void writeAndBlock(String latch) throws Exception {
    ctx.storage().put("number", 1);
    ctx.blocking(() -> {
      Latches.open(latch);
      return true;
    });
  }

  public int putUnconfirmed(int number) {
    ctx.storage().with(StorageOption.ALLOW_UNCONFIRMED).put("number", number);
    return number;
  }

  public int putLargeUnconfirmed(int number, int bytes) {
    ctx.storage().with(StorageOption.ALLOW_UNCONFIRMED).put("large-" + number, new byte[bytes]);
    return number;
  }

  public int putBoth(int number) {
    ctx.storage().with(StorageOption.ALLOW_UNCONFIRMED).put("number", number);
    ctx.storage().put("other", number);
    return number;
  }

  public int putUnconfirmedAndSync(int number) {
    ctx.storage().with(StorageOption.ALLOW_UNCONFIRMED).put("number", number);
    ctx.storage().sync();
    return number;
  }

  public int numberConcurrently() {
    log.add("in");
    int number =
        ctx.storage().with(StorageOption.ALLOW_CONCURRENCY).get("number", Integer.class).orElse(0);
    log.add("out");
    return number;
  }

  /// Sleeps for a minute after this event; opens the latch when it is interrupted.
  public void sleepInBackground(String latch) {
    ctx.waitUntil(() ->
        ctx.blocking(() -> {
          try {
            Thread.sleep(60_000);
            return true;
          } catch (InterruptedException e) {
            Latches.open(latch);
            throw e;
          }
        }));
  }

  // ---- what is refused: the answer is the error's code

  private static String codeOf(Callable<?> refused) throws Exception {
    try {
      return "fine: " + refused.call();
    } catch (HoldfastException e) {
      return e.code().code();
    }
  }

  private String inTransaction(boolean dirty, Callable<?> refused) throws Exception {
    ctx.storage().put("before", 1);
    return ctx.storage()
        .transaction(transaction -> {
          if (dirty) {
            ctx.storage().put("inside", 1);
          }
          return codeOf(refused);
        });
  }

  public String sleepInTransaction(boolean dirty) throws Exception {
    return inTransaction(
        dirty,
        () -> {
          ctx.sleep(Duration.ofMillis(1));
          return 0;
        });
  }

  public String callInTransaction(boolean dirty) throws Exception {
    return inTransaction(dirty, () -> other("called-in-transaction").add(1));
  }

  public String callSoonInTransaction(boolean dirty) throws Exception {
    return inTransaction(dirty, () -> other("called-in-transaction").addSoon(1));
  }

  public String fetchInTransaction(boolean dirty) throws Exception {
    return inTransaction(dirty, () -> env.fetch(Request.get("http://127.0.0.1:1/")));
  }

  public String syncInTransaction(boolean dirty) throws Exception {
    return inTransaction(
        dirty,
        () -> {
          ctx.storage().sync();
          return 0;
        });
  }

  public int inside() {
    return ctx.storage().get("inside", Integer.class).orElse(0);
  }

  public String storageFromAnotherThread() throws Exception {
    CompletableFuture<String> code = new CompletableFuture<>();
    Storage storage = ctx.storage();
    Thread.ofVirtual()
        .start(() -> {
          try {
            code.complete(codeOf(() -> storage.get("key", String.class)));
          } catch (Exception e) {
            code.completeExceptionally(e);
          }
        });
    return code.get();
  }

  public String contextFromAnotherThread() throws Exception {
    CompletableFuture<String> code = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            code.complete(
                codeOf(() -> {
                  ctx.sleep(Duration.ofMillis(1));
                  return 0;
                }));
          } catch (Exception e) {
            code.completeExceptionally(e);
          }
        });
    return code.get();
  }

  public String storageInBlocking() throws Exception {
    Storage storage = ctx.storage();
    return ctx.blocking(() -> codeOf(() -> storage.get("key", String.class)));
  }

  public String callInBlocking() throws Exception {
    return ctx.blocking(() -> codeOf(() -> other("called-in-blocking").add(1)));
  }
}
