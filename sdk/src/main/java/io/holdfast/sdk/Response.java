package io.holdfast.sdk;

import io.holdfast.sdk.spi.socket.PairedSocket;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An HTTP response: immutable but for its body, which can be read once when it is a stream.
public final class Response {
  private static final Headers TEXT = Headers.of("content-type", "text/plain; charset=utf-8");
  private static final Headers JSON = Headers.of("content-type", "application/json");

  private final int status;
  private final Headers headers;
  private final Body body;
  private final @Nullable WebSocket webSocket;

  private Response(int status, Headers headers, Body body) {
    this(status, headers, body, null);
  }

  private Response(int status, Headers headers, Body body, @Nullable WebSocket webSocket) {
    if (webSocket != null ? status != 101 : (status < 200 || status > 599)) {
      throw new IllegalArgumentException(
          "expected a status from 200 to 599, or 101 with a WebSocket, found " + status);
    }
    this.status = status;
    this.headers = headers;
    this.body = body;
    this.webSocket = webSocket;
  }

  public static Response of(int status, Headers headers, Body body) {
    return new Response(status, headers, body);
  }

  /// A response without a body.
  public static Response status(int status) {
    return new Response(status, Headers.empty(), Body.empty());
  }

  /// 200 with UTF-8 text.
  public static Response text(String text) {
    return text(200, text);
  }

  public static Response text(int status, String text) {
    return new Response(status, TEXT, Body.of(text));
  }

  /// 200 with the JSON form of the value, see [Body#json(Object)].
  public static Response json(Object value) {
    return json(200, value);
  }

  public static Response json(int status, Object value) {
    return new Response(status, JSON, Body.json(value));
  }

  /// 101: the answer to a request with `Upgrade: websocket`. The client is connected to this end of
  /// a [WebSocketPair].
  ///
  /// @throws IllegalArgumentException when it is not an end of a pair
  public static Response webSocket(WebSocket client) {
    if (!(client instanceof PairedSocket)) {
      throw new IllegalArgumentException(
          "expected the client end of a WebSocketPair, found a socket that was accepted");
    }
    return new Response(101, Headers.empty(), Body.empty(), client);
  }

  /// 200 to 599, or 101 with a [#webSocket()].
  public int status() {
    return status;
  }

  /// True for 200 to 299.
  public boolean ok() {
    return status >= 200 && status < 300;
  }

  /// What the client is connected to when the status is 101.
  public Optional<WebSocket> webSocket() {
    return Optional.ofNullable(webSocket);
  }

  public Headers headers() {
    return headers;
  }

  public Optional<String> header(String name) {
    return headers.first(name);
  }

  public Body body() {
    return body;
  }

  public Response withStatus(int newStatus) {
    return new Response(newStatus, headers, body, webSocket);
  }

  public Response withHeaders(Headers newHeaders) {
    return new Response(status, newHeaders, body, webSocket);
  }

  /// This response with the header in place of all of its name.
  public Response withHeader(String name, String value) {
    return new Response(status, headers.with(name, value), body, webSocket);
  }

  public Response withBody(Body newBody) {
    return new Response(status, headers, newBody, webSocket);
  }

  @Override
  public String toString() {
    return "Response " + status;
  }
}
