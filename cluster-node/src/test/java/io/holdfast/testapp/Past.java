package io.holdfast.testapp;

import io.holdfast.sdk.AlarmInfo;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Writes, and goes back.
public class Past extends DurableObject {
  private static final Map<String, Integer> CONSTRUCTED = new ConcurrentHashMap<>();
  private static final Map<String, Integer> RINGS = new ConcurrentHashMap<>();

  private boolean sleeping;

  public Past(ObjectContext ctx, Env env) {
    super(ctx, env);
    CONSTRUCTED.merge(ctx.id().hex(), 1, Integer::sum);
    if (get("v").equals("breaks the constructor")) {
      throw new IllegalStateException("as it was told");
    }
  }

  public int constructed() {
    return CONSTRUCTED.get(ctx.id().hex());
  }

  public void sleep(long millis) {
    sleeping = true;
    ctx.sleep(Duration.ofMillis(millis));
  }

  public boolean sleeping() {
    return sleeping;
  }

  public void set(String key, String value) {
    ctx.storage().put(key, value);
  }

  public String get(String key) {
    return ctx.storage().get(key, String.class).orElse("");
  }

  public String bookmark() {
    return ctx.storage().currentBookmark();
  }

  /// The bookmarks after two writes of one event.
  public List<String> setTwice(String key, String one, String two) {
    ctx.storage().put(key, one);
    String first = ctx.storage().currentBookmark();
    ctx.storage().put(key, two);
    return List.of(first, ctx.storage().currentBookmark());
  }

  public String setAndBookmark(String key, String value) {
    ctx.storage().put(key, value);
    return ctx.storage().currentBookmark();
  }

  public String bookmarkAt(long epochMillis) {
    return ctx.storage().bookmarkForTime(Instant.ofEpochMilli(epochMillis));
  }

  public String restore(String bookmark) {
    return ctx.storage().onNextSessionRestoreBookmark(bookmark);
  }

  /// Never answers but with an error.
  public void restoreAtOnce(String bookmark) {
    ctx.storage().put("undo", ctx.storage().onNextSessionRestoreBookmark(bookmark));
    throw ctx.abort("to go back");
  }

  public void restoreInTransaction(String bookmark) throws Exception {
    ctx.storage().transaction(_ -> ctx.storage().onNextSessionRestoreBookmark(bookmark));
  }

  public void abort() {
    throw ctx.abort("as it was told");
  }

  public void deleteAll() {
    ctx.storage().deleteAll();
  }

  public void sql(String query) {
    var _ = ctx.storage().sql().exec(query).toList();
  }

  public void ringAt(long epochMillis) {
    ctx.storage().setAlarm(Instant.ofEpochMilli(epochMillis));
  }

  public void cancel() {
    ctx.storage().deleteAlarm();
  }

  public long due() {
    return ctx.storage().alarm().map(Instant::toEpochMilli).orElse(0L);
  }

  public int rings() {
    return RINGS.getOrDefault(ctx.id().hex(), 0);
  }

  public String name() {
    return ctx.name().orElse("");
  }

  @Override
  public void alarm(AlarmInfo info) {
    RINGS.merge(ctx.id().hex(), 1, Integer::sum);
  }
}
