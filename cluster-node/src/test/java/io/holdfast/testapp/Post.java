package io.holdfast.testapp;

import io.holdfast.sdk.AlarmInfo;
import io.holdfast.sdk.DeadLetter;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Sends messages, and writes down those it gets.
public class Post extends DurableObject {
  /// How others see one.
  interface Remote {
    void take(String from, int number);

    int taken();
  }

  private static final Map<String, Integer> FAILS = new ConcurrentHashMap<>();
  private static final Map<String, Integer> ABORTS = new ConcurrentHashMap<>();

  public Post(ObjectContext ctx, Env env) {
    super(ctx, env);
    ctx.storage().sql().exec("CREATE TABLE IF NOT EXISTS log (sender TEXT, number INTEGER)");
  }

  private String me() {
    return ctx.name().orElse("?");
  }

  private Remote to(String receiver) {
    return env.objects("post").getByName(receiver).sender(Remote.class);
  }

  // ---- as sender

  /// Sends the numbers that follow those it has sent there, and counts them.
  public int send(String receiver, int count) {
    int first = sent(receiver);
    for (int i = 0; i < count; i++) {
      to(receiver).take(me(), first + i);
    }
    ctx.storage().put("sent:" + receiver, first + count);
    return first + count;
  }

  public int sent(String receiver) {
    return ctx.storage().get("sent:" + receiver, Integer.class).orElse(0);
  }

  public void sendToAll(String prefix, int receivers) {
    for (int i = 0; i < receivers; i++) {
      send(prefix + i, 1);
    }
  }

  public void sendUntyped(String receiver, String method, int number) {
    env.objects("post").getByName(receiver).send(method, me(), number);
  }

  public void sendLarge(String receiver, int chars) {
    env.objects("post").getByName(receiver).send("take", "x".repeat(chars), 1);
  }

  public void sendWhatReturns(String receiver) {
    to(receiver).taken();
  }

  public void sendAndThrow(String receiver) {
    send(receiver, 1);
    throw new IllegalStateException("after sending");
  }

  public void sendAndAbort(String receiver) {
    send(receiver, 1);
    throw ctx.abort("after sending");
  }

  public void sendInTransaction(String receiver, boolean rollback) throws Exception {
    ctx.storage()
        .transaction(transaction -> {
          send(receiver, 1);
          if (rollback) {
            transaction.rollback();
          }
          return true;
        });
  }

  public void sendAndClear(String receiver) {
    send(receiver, 1);
    ctx.storage().deleteAll();
  }

  public void sendInBackground(String receiver) {
    ctx.waitUntil(() -> send(receiver, 1));
  }

  public void sendOutsideOfATurn(String receiver) throws Exception {
    ctx.blocking(() -> send(receiver, 1));
  }

  public void sendAtAlarm(String receiver, long millis) {
    ctx.storage().put("at alarm", receiver);
    ctx.storage().setAlarm(Instant.now().plusMillis(millis));
  }

  @Override
  public void alarm(AlarmInfo info) {
    send(ctx.storage().get("at alarm", String.class).orElseThrow(), 1);
    List<Integer> retries = new ArrayList<>(alarmRetries());
    retries.add(info.retryCount());
    ctx.storage().put("alarm retries", retries);
    if (FAILS.getOrDefault("alarm of " + me(), 0) > 0) {
      FAILS.merge("alarm of " + me(), -1, Integer::sum);
      throw new IllegalStateException("not now");
    }
  }

  /// The retry count of each run of alarm().
  public List<Integer> alarmRetries() {
    return List.of(ctx.storage().get("alarm retries", Integer[].class).orElse(new Integer[0]));
  }

  // ---- what was given up

  /// Number, method, error code and tries of each.
  public List<List<Object>> deadLetters() {
    return ctx.deadLetters().list(100).stream()
        .map(letter ->
            List.<Object>of(
                Long.toString(letter.number()),
                letter.method(),
                letter.error().code(),
                letter.tries(),
                letter.receiver().name().orElse(""),
                letter.maybeDelivered()))
        .toList();
  }

  public boolean retry(String number) {
    return ctx.deadLetters().retry(Long.parseLong(number));
  }

  public boolean drop(String number) {
    return ctx.deadLetters().drop(Long.parseLong(number));
  }

  public List<String> toldOf() {
    return List.of(ctx.storage().get("told", String[].class).orElse(new String[0]));
  }

  @Override
  public void onDeadLetter(DeadLetter letter) {
    List<String> told = new ArrayList<>(toldOf());
    told.add(letter.method() + ": " + letter.message());
    ctx.storage().put("told", told);
  }

  // ---- as receiver

  public void take(String from, int number) {
    ctx.storage().sql().exec("INSERT INTO log VALUES (?, ?)", from, number);
    if (FAILS.getOrDefault(me(), 0) > 0) {
      FAILS.merge(me(), -1, Integer::sum);
      throw new IllegalStateException("not now");
    }
    if (ABORTS.getOrDefault(me(), 0) > 0) {
      ABORTS.merge(me(), -1, Integer::sum);
      throw ctx.abort("while taking");
    }
  }

  /// Commits a part, waits, and writes it down.
  public void takeSlowly(String from, int number) throws Exception {
    ctx.storage().put("began", ctx.storage().get("began", Integer.class).orElse(0) + 1);
    Latches.open("slow " + me());
    ctx.blocking(() -> Latches.await(me()));
    take(from, number);
  }

  public void takeAndClear(String from, int number) {
    ctx.storage().deleteAll();
    ctx.storage().sql().exec("CREATE TABLE log (sender TEXT, number INTEGER)");
    take(from, number);
  }

  /// Sends on what it takes.
  public void pass(String receiver, int number) {
    take("passed", number);
    to(receiver).take(me(), number);
  }

  /// `sender:number` of all that were taken.
  public List<String> log() {
    List<String> lines = new ArrayList<>();
    ctx.storage()
        .sql()
        .exec("SELECT sender, number FROM log ORDER BY rowid")
        .forEachRemaining(row -> lines.add(row.string("sender") + ":" + row.integer("number")));
    return lines;
  }

  public int began() {
    return ctx.storage().get("began", Integer.class).orElse(0);
  }

  public int taken() {
    return log().size();
  }

  public String name() {
    return me();
  }

  public void clear() {
    ctx.storage().deleteAll();
    ctx.storage().sql().exec("CREATE TABLE log (sender TEXT, number INTEGER)");
  }

  // ---- from any object, about another

  public void failNext(String receiver, int times) {
    FAILS.put(receiver, times);
  }

  public void abortNext(String receiver, int times) {
    ABORTS.put(receiver, times);
  }

  public void open(String latch) {
    Latches.open(latch);
  }

  public boolean isOpen(String latch) {
    return Latches.of(latch).getCount() == 0;
  }

  public void abort(String reason) {
    throw ctx.abort(reason);
  }

  public void sleep(int millis) {
    ctx.sleep(Duration.ofMillis(millis));
  }
}
