package io.holdfast.sdk;

import io.holdfast.sdk.spi.socket.PairedSocket;
import io.holdfast.sdk.spi.socket.SocketEnd;

/// Two ends of one connection: what is sent into one comes out of the other.
///
/// ```java
/// WebSocketPair pair = new WebSocketPair();
/// ctx.acceptWebSocket(pair.server(), "room-a");
/// return Response.webSocket(pair.client());
/// ```
public final class WebSocketPair {
  private final PairedSocket client;
  private final PairedSocket server;

  public WebSocketPair() {
    SocketEnd end = SocketEnd.open();
    this.client = new PairedSocket(end);
    this.server = new PairedSocket(end.other());
  }

  /// The end for the response.
  public WebSocket client() {
    return client;
  }

  /// The end to accept.
  public WebSocket server() {
    return server;
  }
}
