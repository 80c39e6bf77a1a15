package io.holdfast.sdk.spi.socket;

import io.holdfast.sdk.HoldfastException;

/// What comes out of one end of a connection. Called in order and never blocks; it may be called on
/// any thread.
public interface SocketReceiver {
  /// A message came.
  ///
  /// @param taken to be run once, from any thread, when there is room for another: who sends holds
  ///   back while too much is not yet taken
  void message(SocketMessage message, Runnable taken);

  /// What the runtime at the other end wants to be known here; never for the client.
  default void state(byte[] state) {}

  /// The connection broke for a reason worth telling; [#closed] follows.
  default void failed(HoldfastException error) {}

  /// The other end will send nothing more. Called once.
  ///
  /// @param code of the close frame; 1005 when it had none, 1006 when there was no close frame
  /// @param clean whether the close handshake was done
  void closed(int code, String reason, boolean clean);
}
