package io.holdfast.testkit;

import io.holdfast.sdk.spi.socket.SocketMessage;
import java.io.IOException;

/// What a program in a [FakeContainer] does with a WebSocket.
public interface FakeSocketHandler {
  /// A client sent a message.
  void message(Session session, SocketMessage message) throws IOException;

  /// The client closed; the close frame was answered.
  default void closed(Session session, int code, String reason) {}

  /// One connection.
  interface Session {
    /// The request line and headers of the handshake.
    String head();

    void send(SocketMessage message) throws IOException;

    /// Sends a close frame; 1005 for one without a code.
    void close(int code, String reason) throws IOException;

    /// Sends any bytes.
    void raw(byte[] bytes) throws IOException;

    /// Drops the connection.
    void drop() throws IOException;
  }
}
