package io.holdfast.node.object;

import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.spi.socket.SocketEnd;
import io.holdfast.sdk.spi.socket.SocketMessage;

/// What comes from the client of a WebSocket, for its object.
sealed interface FromClient {
  /// The handler of user code that it is for.
  String handler();

  /// Runs that handler.
  void handle(DurableObject instance, HeldSocket socket) throws Exception;

  /// Sends it on, to where the object is.
  ///
  /// @param taken runs when the object is done with it
  void pass(SocketEnd to, Runnable taken);

  /// Its object is done with it, or nobody will be.
  default void taken() {}

  /// @param whenTaken see [io.holdfast.sdk.spi.socket.SocketReceiver#message]
  record Message(SocketMessage message, Runnable whenTaken) implements FromClient {
    @Override
    public String handler() {
      return "webSocketMessage()";
    }

    @Override
    public void handle(DurableObject instance, HeldSocket socket) throws Exception {
      switch (message) {
        case SocketMessage.Text(String text) -> instance.webSocketMessage(socket, text);
        case SocketMessage.Binary(byte[] bytes) -> instance.webSocketMessage(socket, bytes);
      }
    }

    @Override
    public void pass(SocketEnd to, Runnable taken) {
      to.send(message, taken);
    }

    @Override
    public void taken() {
      whenTaken.run();
    }
  }

  /// The connection broke for a reason worth telling.
  record Failed(HoldfastException error) implements FromClient {
    @Override
    public String handler() {
      return "webSocketError()";
    }

    @Override
    public void handle(DurableObject instance, HeldSocket socket) throws Exception {
      instance.webSocketError(socket, error);
    }

    @Override
    public void pass(SocketEnd to, Runnable taken) {
      to.fail(error);
    }
  }

  /// The client sends nothing more.
  record Closed(int code, String reason, boolean clean) implements FromClient {
    @Override
    public String handler() {
      return "webSocketClose()";
    }

    @Override
    public void handle(DurableObject instance, HeldSocket socket) throws Exception {
      instance.webSocketClose(socket, code, reason, clean);
    }

    @Override
    public void pass(SocketEnd to, Runnable taken) {
      to.close(code, reason, clean);
    }
  }
}
