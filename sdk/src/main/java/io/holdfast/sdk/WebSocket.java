package io.holdfast.sdk;

import java.util.Optional;

/// One end of a WebSocket connection.
///
/// An object accepts the server end of a [WebSocketPair] with [ObjectContext#acceptWebSocket] and
/// answers with the client end, see [Response#webSocket(WebSocket)]. From then on the connection
/// belongs to the edge: it stays while the object is out of memory, and the same socket is handed
/// to the handlers of its later lives.
///
/// Thread rule: only on the threads that run the object's events. A message leaves once all writes
/// made before it are durable.
public interface WebSocket {
  /// Sends a text message. Silently nothing when the other side is gone.
  ///
  /// @throws HoldfastException `wrong_state` after [#close], and for an end that nobody accepted;
  ///   `invalid_argument` when it is longer than 32 MiB
  void send(String text);

  /// As [#send(String)], a binary message. The array is not copied: do not change it afterwards.
  void send(byte[] bytes);

  /// Closes the connection with 1000.
  default void close() {
    close(1000, "");
  }

  /// Begins the close handshake; safe to repeat. When the other side has answered it, or took too
  /// long, [DurableObject#webSocketClose] runs.
  ///
  /// @param code 1000 to 1003, 1007 to 1014 or 3000 to 4999
  /// @param reason at most 123 bytes in UTF-8
  /// @throws HoldfastException `invalid_argument` "Invalid WebSocket close code: …"
  void close(int code, String reason);

  /// Keeps a value with the connection: it survives when the object leaves memory or is reset, and
  /// goes when the connection ends. At most 16,384 bytes of CBOR.
  ///
  /// @throws HoldfastException `invalid_argument` when it is larger
  void serializeAttachment(Object value);

  /// What [#serializeAttachment] kept last.
  <T> Optional<T> deserializeAttachment(Class<T> type);

  /// Whether neither side has begun to close.
  boolean isOpen();
}
