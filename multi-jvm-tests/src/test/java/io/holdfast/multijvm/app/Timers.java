package io.holdfast.multijvm.app;

import io.holdfast.sdk.AlarmInfo;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.SqlRow;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Many timers on the one alarm of an object. One that fires becomes a row of a log.
public final class Timers extends DurableObject implements TimersApi {
  public Timers(ObjectContext ctx, Env env) {
    super(ctx, env);
    ctx.storage().sql().exec("CREATE TABLE IF NOT EXISTS armed (token TEXT, due INTEGER)");
    ctx.storage()
        .sql()
        .exec(
            "CREATE TABLE IF NOT EXISTS fired"
                + " (token TEXT, due INTEGER, at INTEGER, scheduled INTEGER)");
  }

  @Override
  public void arm(String token, long atMillis) {
    ctx.storage().sql().exec("INSERT INTO armed VALUES (?, ?)", token, atMillis);
    Optional<Instant> alarm = ctx.storage().alarm();
    Instant time = Instant.ofEpochMilli(atMillis);
    if (alarm.isEmpty() || time.isBefore(alarm.get())) {
      ctx.storage().setAlarm(time);
    }
  }

  @Override
  public void alarm(AlarmInfo info) {
    long now = System.currentTimeMillis();
    ctx.storage()
        .sql()
        .exec(
            "INSERT INTO fired SELECT token, due, ?, ? FROM armed WHERE due <= ?",
            now,
            info.scheduledTime().toEpochMilli(),
            now);
    ctx.storage().sql().exec("DELETE FROM armed WHERE due <= ?", now);
    SqlRow next = ctx.storage().sql().exec("SELECT min(due) AS due FROM armed").one();
    if (!next.isNull("due")) {
      ctx.storage().setAlarm(Instant.ofEpochMilli(next.integer("due")));
    }
  }

  /// How many are armed, then each that fired as `token due at scheduled`.
  @Override
  public List<String> fired() {
    List<String> lines = new ArrayList<>();
    lines.add(
        Long.toString(
            ctx.storage().sql().exec("SELECT count(*) AS n FROM armed").one().integer("n")));
    ctx.storage()
        .sql()
        .exec("SELECT token, due, at, scheduled FROM fired ORDER BY rowid")
        .forEachRemaining(row ->
            lines.add(
                row.string("token")
                    + " "
                    + row.integer("due")
                    + " "
                    + row.integer("at")
                    + " "
                    + row.integer("scheduled")));
    return lines;
  }
}
