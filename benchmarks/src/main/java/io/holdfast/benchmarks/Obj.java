package io.holdfast.benchmarks;

import io.holdfast.sdk.AlarmInfo;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.WebSocket;
import io.holdfast.sdk.WebSocketPair;
import java.time.Instant;

/// Answers from memory (`/echo`), from a durable counter (`/inc`), measures how late its alarm is
/// (`/alarm`, `/late`), and sends WebSocket messages back (`/ws`).
public final class Obj extends DurableObject {
  private static final long UNKNOWN = -1;

  private long count = UNKNOWN;

  public Obj(ObjectContext ctx, Env env) {
    super(ctx, env);
  }

  @Override
  public Response fetch(Request request) {
    String[] path = request.path().split("/", -1);
    return switch (path[1]) {
      case "echo" -> Response.text("ok");
      case "inc" -> Response.text(Long.toString(increment()));
      case "incsync" -> incrementAndSync();
      case "ws" -> accept();
      case "alarm" -> setAlarm(path.length > 3 ? Long.parseLong(path[3]) : 2_000);
      case "late" ->
          Response.text(ctx.storage().get("late", Long.class).map(String::valueOf).orElse("none"));
      default -> Response.text(404, "?");
    };
  }

  private Response accept() {
    WebSocketPair pair = new WebSocketPair();
    ctx.acceptWebSocket(pair.server());
    return Response.webSocket(pair.client());
  }

  @Override
  public void webSocketMessage(WebSocket ws, String text) {
    ws.send(text);
  }

  @Override
  public void webSocketMessage(WebSocket ws, byte[] bytes) {
    ws.send(bytes);
  }

  /// The answer leaves once the write is durable.
  private long increment() {
    if (count == UNKNOWN) {
      count = ctx.storage().get("n", Long.class).orElse(0L);
    }
    count++;
    ctx.storage().put("n", count);
    return count;
  }

  private Response incrementAndSync() {
    long value = increment();
    ctx.storage().sync();
    return Response.text(Long.toString(value));
  }

  private Response setAlarm(long aheadMillis) {
    Instant at = Instant.now().plusMillis(aheadMillis);
    ctx.storage().put("at", at.toEpochMilli());
    ctx.storage().setAlarm(at);
    return Response.text("set");
  }

  @Override
  public void alarm(AlarmInfo info) {
    long now = System.currentTimeMillis();
    long at = ctx.storage().get("at", Long.class).orElse(now);
    ctx.storage().put("late", now - at);
  }
}
