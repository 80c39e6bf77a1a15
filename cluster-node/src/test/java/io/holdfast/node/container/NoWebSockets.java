package io.holdfast.node.container;

import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.WebSocket;
import io.holdfast.sdk.WebSocketAutoResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// The context of an object that has no WebSockets.
abstract class NoWebSockets implements ObjectContext {
  private static UnsupportedOperationException none() {
    return new UnsupportedOperationException("no WebSockets");
  }

  @Override
  public WebSocket acceptWebSocket(WebSocket server, String... tags) {
    throw none();
  }

  @Override
  public List<WebSocket> webSockets() {
    throw none();
  }

  @Override
  public List<WebSocket> webSockets(String tag) {
    throw none();
  }

  @Override
  public List<String> tags(WebSocket ws) {
    throw none();
  }

  @Override
  public void setWebSocketAutoResponse(WebSocketAutoResponse pair) {
    throw none();
  }

  @Override
  public void clearWebSocketAutoResponse() {
    throw none();
  }

  @Override
  public Optional<WebSocketAutoResponse> webSocketAutoResponse() {
    throw none();
  }

  @Override
  public Optional<Instant> webSocketAutoResponseTimestamp(WebSocket ws) {
    throw none();
  }

  @Override
  public void setWebSocketEventTimeout(Optional<Duration> timeout) {
    throw none();
  }

  @Override
  public Optional<Duration> webSocketEventTimeout() {
    throw none();
  }
}
