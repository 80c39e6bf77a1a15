package io.holdfast.sdk.spi.socket;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Optional;

/// One end of a connection inside the runtime: what goes into it comes out of [#other()].
///
/// The two directions are independent: each is closed by its own sender. What is sent before the
/// other end has a receiver waits there, up to [#WAITING_BYTES_MAX]; more closes that direction
/// with 1013. Who sends from several threads sees to the order itself.
public final class SocketEnd {
  /// The most that waits for a receiver.
  public static final int WAITING_BYTES_MAX = 16 << 20;

  private final SocketLane out;
  private final SocketLane in;
  private final SocketEnd other;

  private SocketEnd() {
    this.out = new SocketLane();
    this.in = new SocketLane();
    this.other = new SocketEnd(this);
  }

  private SocketEnd(SocketEnd other) {
    this.out = other.in;
    this.in = other.out;
    this.other = other;
  }

  /// A new connection.
  public static SocketEnd open() {
    return new SocketEnd();
  }

  public SocketEnd other() {
    return other;
  }

  /// From now on the receiver gets what comes out of this end, beginning with what waited.
  ///
  /// @throws HoldfastException `wrong_state` the second time
  public void attach(SocketReceiver receiver) {
    if (!in.attach(receiver)) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE, "this end of the WebSocket is already in use");
    }
  }

  /// Whether the other end has a receiver.
  public boolean connected() {
    return out.attached();
  }

  /// Sends a message; dropped after [#close].
  public void send(SocketMessage message, Runnable taken) {
    out.send(message, taken);
  }

  /// Tells the other end something that is not for the client.
  public void state(byte[] state) {
    out.state(state);
  }

  /// Who gets what is sent into this end, once there is someone.
  public Optional<SocketReceiver> receiver() {
    return out.receiver();
  }

  /// Tells the other end why [#close] will follow.
  public void fail(HoldfastException error) {
    out.fail(error);
  }

  /// Ends this direction; the first time counts.
  public void close(int code, String reason, boolean clean) {
    out.close(code, reason, clean);
  }

  /// Whether this end has closed its direction.
  public boolean closed() {
    return out.closed();
  }
}
