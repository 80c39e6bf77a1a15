package io.holdfast.multijvm.app;

import io.holdfast.sdk.Body;
import io.holdfast.sdk.Container;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// A container that runs scripts, and a log of its starts and ends.
public class Box extends Container implements BoxApi {
  public Box(ObjectContext ctx, Env env) {
    super(ctx, env);
    defaultPort = 8080;
    enableInternet = false;
    stopGrace = Duration.ofSeconds(2);
    sleepAfter = Duration.ofMinutes(10);
    ctx.storage().sql().exec("CREATE TABLE IF NOT EXISTS log (line TEXT)");
  }

  private void note(String line) {
    ctx.storage().sql().exec("INSERT INTO log VALUES (?)", line);
  }

  @Override
  public void onStart() {
    note("start");
  }

  @Override
  public void onStop(ContainerExit exit) {
    note("stop " + exit.exitCode() + " " + exit.reason());
  }

  @Override
  public String run(String script) {
    try {
      return containerFetch(Request.post("http://container/cgi-bin/run", Body.of(script)))
          .body()
          .text();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public List<String> log() {
    List<String> lines = new ArrayList<>(List.of(ctx.id().hex()));
    ctx.storage()
        .sql()
        .exec("SELECT line FROM log ORDER BY rowid")
        .forEachRemaining(row -> lines.add(row.string("line")));
    return lines;
  }
}
