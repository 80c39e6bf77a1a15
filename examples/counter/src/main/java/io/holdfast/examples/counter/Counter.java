package io.holdfast.examples.counter;

import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.SqlRow;
import java.time.Instant;
import java.util.List;

/// A counter that never forgets: its answer leaves only after the increment is durable.
///
/// The value is a key-value pair, the log a SQL table; both live in the object's one database, so
/// an increment and its log row are stored together or not at all.
public final class Counter extends DurableObject implements CounterApi {
  private static final int LOG_ROWS_MAX = 100;

  public Counter(ObjectContext ctx, Env env) {
    super(ctx, env);
    ctx.storage()
        .sql()
        .exec(
            "CREATE TABLE IF NOT EXISTS increments (number INTEGER PRIMARY KEY, step INTEGER, at TEXT)");
  }

  @Override
  public long increment(long by) {
    if (!CounterApi.isStep(by)) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a step from -" + STEP_MAX + " to " + STEP_MAX + ", found " + by);
    }
    long value = value() + by;
    ctx.storage().put("value", value);
    ctx.storage()
        .sql()
        .exec("INSERT INTO increments (step, at) VALUES (?, ?)", by, Instant.now().toString());
    ctx.storage()
        .sql()
        .exec(
            "DELETE FROM increments WHERE number <= (SELECT max(number) FROM increments) - ?",
            LOG_ROWS_MAX);
    return value;
  }

  @Override
  public long value() {
    return ctx.storage().get("value", Long.class).orElse(0L);
  }

  @Override
  public String where() {
    return ctx.region();
  }

  @Override
  public List<Increment> log() {
    return ctx
        .storage()
        .sql()
        .exec("SELECT number, step, at FROM increments ORDER BY number DESC")
        .stream()
        .map(Counter::increment)
        .toList();
  }

  private static Increment increment(SqlRow row) {
    return new Increment(row.integer("number"), row.integer("step"), row.string("at"));
  }
}
