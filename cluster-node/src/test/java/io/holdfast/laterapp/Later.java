package io.holdfast.laterapp;

import io.holdfast.sdk.AlarmInfo;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// Puts calls of its own methods off, and notes when they come.
public class Later extends DurableObject {
  /// How often [#resetting] was begun, in all objects: a reset takes what it writes.
  public static final AtomicInteger RESETS = new AtomicInteger();

  public record Note(String text, int count) {}

  public Later(ObjectContext ctx, Env env) {
    super(ctx, env);
  }

  public String putOff(long millis, String method, String text, int count) {
    return ctx.schedules().after(Duration.ofMillis(millis), method, text, count).id();
  }

  public void alarmIn(long millis) {
    ctx.storage().setAlarm(Instant.now().plusMillis(millis));
  }

  public void note(String text, int count) {
    List<Note> notes = new ArrayList<>(notes());
    notes.add(new Note(text, count));
    ctx.storage().put("notes", notes.toArray(Note[]::new));
  }

  public void failing(String text, int count) {
    note(text, count);
    throw new IllegalStateException("always");
  }

  public void resetting(String text, int count) {
    RESETS.incrementAndGet();
    throw ctx.abort("always");
  }

  @Override
  public void alarm(AlarmInfo info) {
    note("alarm", 0);
  }

  public List<Note> notes() {
    return ctx.storage().get("notes", Note[].class).map(List::of).orElse(List.of());
  }

  public List<Schedule> waiting() {
    return ctx.schedules().list();
  }

  public boolean waits(String id) {
    return ctx.schedules().get(id).isPresent();
  }

  public boolean cancel(String id) {
    return ctx.schedules().cancel(id);
  }

  public int cancelAll(String method) {
    return ctx.schedules().cancelAll(method);
  }

  public void wipe() {
    ctx.storage().deleteAll();
  }

  public int resets() {
    return RESETS.get();
  }
}
