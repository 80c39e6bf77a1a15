package io.holdfast.multijvm.app;

import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.WebSocket;
import io.holdfast.sdk.WebSocketAutoResponse;
import io.holdfast.sdk.WebSocketPair;
import java.util.ArrayList;
import java.util.List;

/// Numbers each message of its WebSockets, stores it and tells all of them. A WebSocket may have a
/// `name`, which is its tag and its attachment; `who` lists those, `tell` sends something to all.
public final class Room extends DurableObject {
  public Room(ObjectContext ctx, Env env) {
    super(ctx, env);
    ctx.storage().sql().exec("CREATE TABLE IF NOT EXISTS said (n INTEGER PRIMARY KEY, token TEXT)");
  }

  @Override
  public Response fetch(Request request) {
    if (request.header("upgrade").isEmpty()) {
      request.query("tell").ifPresent(token -> tellAll("told " + token));
      return Response.text(String.join("\n", request.query("who").isPresent() ? who() : said()));
    }
    WebSocketPair pair = new WebSocketPair();
    String name = request.query("name").orElse("");
    if (name.isEmpty()) {
      ctx.acceptWebSocket(pair.server());
    } else {
      ctx.acceptWebSocket(pair.server(), name);
      pair.server().serializeAttachment(name);
      ctx.setWebSocketAutoResponse(new WebSocketAutoResponse("ping", "pong"));
    }
    return Response.webSocket(pair.client());
  }

  @Override
  public void webSocketMessage(WebSocket ws, String token) {
    ctx.storage().sql().exec("INSERT INTO said (token) VALUES (?)", token);
    long number = ctx.storage().sql().exec("SELECT max(n) AS n FROM said").one().integer("n");
    tellAll(token + " " + number);
  }

  @Override
  public void webSocketClose(WebSocket ws, int code, String reason, boolean clean) {
    ws.deserializeAttachment(String.class)
        .ifPresent(name ->
            ctx.storage()
                .sql()
                .exec("INSERT INTO said (token) VALUES (?)", name + "-left-" + code));
  }

  private void tellAll(String text) {
    ctx.webSockets().forEach(socket -> socket.send(text));
  }

  private List<String> who() {
    return ctx.webSockets().stream()
        .map(socket ->
            socket.deserializeAttachment(String.class).orElse("")
                + " "
                + String.join(" ", ctx.tags(socket)))
        .sorted()
        .toList();
  }

  private List<String> said() {
    List<String> lines = new ArrayList<>();
    ctx.storage()
        .sql()
        .exec("SELECT n, token FROM said ORDER BY n")
        .forEachRemaining(row -> lines.add(row.string("token") + " " + row.integer("n")));
    return lines;
  }
}
