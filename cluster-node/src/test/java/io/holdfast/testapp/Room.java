package io.holdfast.testapp;

import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.WebSocket;
import io.holdfast.sdk.WebSocketAutoResponse;
import io.holdfast.sdk.WebSocketPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Does to WebSockets what their clients say.
public class Room extends DurableObject {
  private static final Map<String, Integer> LIVES = new ConcurrentHashMap<>();
  private static final Map<String, List<String>> ENDS = new ConcurrentHashMap<>();
  private static final Set<String> BROKEN = ConcurrentHashMap.newKeySet();
  private static final Map<String, WebSocket> LAST = new ConcurrentHashMap<>();

  private int sinceBegin;

  public Room(ObjectContext ctx, Env env) {
    super(ctx, env);
    LIVES.merge(ctx.id().hex(), 1, Integer::sum);
    if (BROKEN.contains(ctx.name().orElse(""))) {
      throw new IllegalStateException("broken");
    }
    if (ctx.name().orElse("").startsWith("auto")) {
      ctx.setWebSocketAutoResponse(new WebSocketAutoResponse("ping", "pong"));
    }
  }

  public int lives() {
    return LIVES.getOrDefault(ctx.id().hex(), 0);
  }

  public void breakConstructor(String name) {
    BROKEN.add(name);
  }

  public void repair(String name) {
    BROKEN.remove(name);
  }

  public int sockets() {
    return ctx.webSockets().size();
  }

  public int socketsOf(String tag) {
    return ctx.webSockets(tag).size();
  }

  /// How its connections ended.
  public List<String> ends() {
    return List.copyOf(ends(ctx));
  }

  private static List<String> ends(ObjectContext ctx) {
    return ENDS.computeIfAbsent(ctx.id().hex(), _ -> new ArrayList<>());
  }

  public void open(String latch) {
    Latches.open(latch);
  }

  /// Accepts a socket whose other end goes nowhere.
  public int acceptAlone(int count) {
    for (int i = 0; i < count; i++) {
      ctx.acceptWebSocket(new WebSocketPair().server());
    }
    return ctx.webSockets().size();
  }

  public void write(String key, String value) {
    ctx.storage().put(key, value);
  }

  public String read(String key) {
    return ctx.storage().get(key, String.class).orElse("nothing");
  }

  public void abort(String reason) {
    ctx.abort(reason);
  }

  /// Uses a socket of another object.
  public String meddle(String hex) {
    try {
      LAST.get(hex).send("from another");
      return "sent";
    } catch (HoldfastException e) {
      return e.code().code();
    }
  }

  @Override
  public Response fetch(Request request) {
    WebSocketPair pair = new WebSocketPair();
    String[] tags = request.query("tags").map(all -> all.split(",")).orElse(new String[0]);
    WebSocket socket = ctx.acceptWebSocket(pair.server(), tags);
    LAST.put(ctx.id().hex(), socket);
    request.query("greet").ifPresent(pair.server()::send);
    Response response = Response.webSocket(pair.client());
    return request
        .header("sec-websocket-protocol")
        .map(wanted -> response.withHeader("sec-websocket-protocol", wanted))
        .orElse(response);
  }

  @Override
  public void webSocketMessage(WebSocket ws, byte[] bytes) {
    ws.send(bytes);
  }

  @Override
  public void webSocketMessage(WebSocket ws, String text) throws Exception {
    sinceBegin++;
    String[] words = text.split(" ", 3);
    switch (words[0]) {
      case "echo" -> ws.send(words[1]);
      case "count" -> ws.send(lives() + "/" + sinceBegin);
      case "all" -> ctx.webSockets().forEach(each -> each.send(words[1]));
      case "to" -> ctx.webSockets(words[1]).forEach(each -> each.send(words[2]));
      case "tags" -> ws.send(String.join(",", ctx.tags(ws)));
      case "attach" -> ws.serializeAttachment(words[1]);
      case "attached" -> ws.send(ws.deserializeAttachment(String.class).orElse("nothing"));
      case "attachLong" -> ws.serializeAttachment(new byte[Integer.parseInt(words[1])]);
      case "write" -> write(ws, words);
      case "keep" -> ctx.storage().put(words[1], words[2]);
      case "writeAll" -> {
        ctx.storage().put(words[1], words[2]);
        ctx.webSockets().forEach(each -> each.send(words[2]));
        ctx.webSockets().forEach(each -> each.send("again"));
      }
      case "read" -> ws.send(read(words[1]));
      case "sandwich" -> sandwich(ws);
      case "auto" -> ws.send(String.valueOf(ctx.webSocketAutoResponseTimestamp(ws).isPresent()));
      case "noAuto" -> {
        ctx.clearWebSocketAutoResponse();
        ws.send("cleared");
      }
      case "timeout" ->
          ctx.setWebSocketEventTimeout(Optional.of(Duration.ofMillis(Long.parseLong(words[1]))));
      case "sleep" -> ctx.sleep(Duration.ofMillis(Long.parseLong(words[1])));
      case "hold" -> ws.send(String.valueOf(Latches.await(words[1])));
      case "close" -> ws.close(Integer.parseInt(words[1]), words.length > 2 ? words[2] : "");
      case "closeAndSend" -> closeAndSend(ws);
      case "throw" -> throw new IllegalStateException(words[1]);
      case "abort" -> sayAndAbort(ws, words[1]);
      case "block" -> block(words[1]);
      case "errorOf" -> ws.send(errorOf(ws, text.substring(8)));
      default -> ws.send("? " + text);
    }
  }

  private void write(WebSocket ws, String... words) {
    ctx.storage().put(words[1], words[2]);
    ws.send("wrote " + words[2]);
  }

  /** Frames before, between and after writes and a wait. */
  private void sandwich(WebSocket ws) {
    for (int i = 0; i < 100; i++) {
      ws.send(Integer.toString(i));
      if (i % 7 == 3) {
        ctx.storage().put("layer", i);
      }
      if (i % 20 == 10) {
        ctx.sleep(Duration.ofMillis(1));
      }
    }
  }

  private void closeAndSend(WebSocket ws) {
    ws.close(4000, "first");
    ws.close(4001, "second");
    try {
      ws.send("late");
    } catch (HoldfastException e) {
      ends(ctx).add(e.getMessage());
    }
  }

  private void sayAndAbort(WebSocket ws, String reason) {
    ctx.storage().put("undone", "x");
    ws.send("never seen");
    ctx.abort(reason);
  }

  private void block(String reason) throws Exception {
    ctx.blockConcurrencyWhile(() -> {
      throw new IllegalStateException(reason);
    });
  }

  private String errorOf(WebSocket ws, String text) throws Exception {
    try {
      webSocketMessage(ws, text);
      return "none";
    } catch (HoldfastException e) {
      return e.getMessage();
    }
  }

  @Override
  public void webSocketClose(WebSocket ws, int code, String reason, boolean wasClean) {
    ends(ctx)
        .add(
            code
                + " "
                + reason
                + (wasClean ? " clean " : " broken ")
                + ctx.tags(ws)
                + ws.deserializeAttachment(String.class).orElse(""));
    ws.send("to nobody");
  }

  @Override
  public void webSocketError(WebSocket ws, Throwable error) {
    ends(ctx).add("error " + ((HoldfastException) error).code().code());
  }
}
