package io.holdfast.multijvm.app;

import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.WebSocket;
import io.holdfast.sdk.WebSocketPair;
import java.util.ArrayList;
import java.util.List;

/// Numbers each message of its WebSockets, stores it and tells all of them.
public final class Room extends DurableObject {
  public Room(ObjectContext ctx, Env env) {
    super(ctx, env);
    ctx.storage().sql().exec("CREATE TABLE IF NOT EXISTS said (n INTEGER PRIMARY KEY, token TEXT)");
  }

  @Override
  public Response fetch(Request request) {
    if (request.header("upgrade").isEmpty()) {
      return Response.text(String.join("\n", said()));
    }
    WebSocketPair pair = new WebSocketPair();
    ctx.acceptWebSocket(pair.server());
    return Response.webSocket(pair.client());
  }

  @Override
  public void webSocketMessage(WebSocket ws, String token) {
    ctx.storage().sql().exec("INSERT INTO said (token) VALUES (?)", token);
    long number = ctx.storage().sql().exec("SELECT max(n) AS n FROM said").one().integer("n");
    ctx.webSockets().forEach(socket -> socket.send(token + " " + number));
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
