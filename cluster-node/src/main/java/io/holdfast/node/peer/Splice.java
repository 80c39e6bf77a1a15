package io.holdfast.node.peer;

import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.spi.socket.SocketEnd;
import io.holdfast.sdk.spi.socket.SocketMessage;
import io.holdfast.sdk.spi.socket.SocketReceiver;

/// Passes on what comes out of one end of a connection into an end of another.
///
/// @param to the end that it goes into
record Splice(SocketEnd to) implements SocketReceiver {
  /// Makes one connection of two.
  static void of(SocketEnd one, SocketEnd other) {
    one.attach(new Splice(other));
    other.attach(new Splice(one));
  }

  @Override
  public void message(SocketMessage message, Runnable taken) {
    to.send(message, taken);
  }

  @Override
  public void state(byte[] state) {
    to.state(state);
  }

  @Override
  public void failed(HoldfastException error) {
    to.fail(error);
  }

  @Override
  public void closed(int code, String reason, boolean clean) {
    to.close(code, reason, clean);
  }
}
