package io.holdfast.multijvm.app;

import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.SqlRow;
import java.util.Iterator;
import java.util.List;

/// A counter in key-value storage beside a table with one row per increment.
///
/// Nothing here removes duplicates: an increment that ran twice shows as two rows.
public final class Ledger extends DurableObject implements LedgerApi {
  public Ledger(ObjectContext ctx, Env env) {
    super(ctx, env);
    ctx.storage().sql().exec("CREATE TABLE IF NOT EXISTS entries (counted INTEGER, token TEXT)");
  }

  /// @return the count with this increment
  @Override
  public long add(String token) {
    long count = ctx.storage().get("count", Long.class).orElse(0L) + 1;
    ctx.storage().put("count", count);
    ctx.storage().sql().exec("INSERT INTO entries VALUES (?, ?)", count, token);
    return count;
  }

  @Override
  public String last() {
    Iterator<SqlRow> rows =
        ctx.storage().sql().exec("SELECT counted, token FROM entries ORDER BY rowid DESC LIMIT 1");
    if (!rows.hasNext()) {
      return "";
    }
    SqlRow row = rows.next();
    return row.integer("counted") + " " + row.string("token");
  }

  /// The count, then each row as `count token`.
  @Override
  public List<String> entries() {
    long count = ctx.storage().get("count", Long.class).orElse(0L);
    List<String> lines = new java.util.ArrayList<>(List.of(Long.toString(count)));
    ctx.storage()
        .sql()
        .exec("SELECT counted, token FROM entries ORDER BY rowid")
        .forEachRemaining(row -> lines.add(row.integer("counted") + " " + row.string("token")));
    return lines;
  }
}
