package io.holdfast.multijvm.app;

import io.holdfast.sdk.AlarmInfo;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// Says in which region it runs, and keeps tokens.
///
/// Nothing here removes duplicates.
public final class Place extends DurableObject implements PlaceApi {
  public Place(ObjectContext ctx, Env env) {
    super(ctx, env);
    ctx.storage().sql().exec("CREATE TABLE IF NOT EXISTS tokens (token TEXT)");
  }

  @Override
  public String add(String token) {
    ctx.storage().sql().exec("INSERT INTO tokens VALUES (?)", token);
    return ctx.region();
  }

  @Override
  public List<String> all() {
    List<String> lines = new ArrayList<>(List.of(ctx.region()));
    ctx.storage()
        .sql()
        .exec("SELECT token FROM tokens ORDER BY rowid")
        .forEachRemaining(row -> lines.add(row.string("token")));
    return lines;
  }

  @Override
  public void ringIn(long millis) {
    ctx.storage().setAlarm(Instant.now().plusMillis(millis));
  }

  @Override
  public String work(long millis) {
    ctx.sleep(Duration.ofMillis(millis));
    return ctx.region();
  }

  @Override
  public void alarm(AlarmInfo info) {
    String _ = add("rang in " + ctx.region());
  }
}
