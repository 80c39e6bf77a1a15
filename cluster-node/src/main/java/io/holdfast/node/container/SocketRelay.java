package io.holdfast.node.container;

import io.holdfast.sdk.WebSocket;
import io.holdfast.sdk.spi.socket.CloseCodes;
import io.holdfast.sdk.spi.socket.PairedSocket;
import io.holdfast.sdk.spi.socket.SocketEnd;
import io.holdfast.sdk.spi.socket.SocketMessage;
import io.holdfast.sdk.spi.socket.SocketReceiver;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// Passes messages between a container's WebSocket and whoever is at its other end, as they are.
///
/// Close codes that no frame may carry (1005, 1006) are passed on as 1000. How fast one side takes
/// is what the other may send: who takes is told through.
final class SocketRelay {
  /** How long the answer with the socket may take to reach its client. */
  private static final long CONNECT_MAX_MILLIS = 60_000;

  private final SocketEnd container;
  private final SocketEnd client = SocketEnd.open();

  private SocketRelay(SocketEnd container) {
    this.container = container;
  }

  /// @param socket of the container
  /// @param atEnd runs when the container's side has ended
  static SocketRelay of(WebSocket socket, Runnable atEnd, ScheduledExecutorService timer) {
    SocketRelay relay = new SocketRelay(PairedSocket.take(socket));
    relay.container.attach(new Side(relay.client, atEnd));
    relay.client.attach(new Side(relay.container, () -> {}));
    var _ = timer.schedule(relay::closeUnlessConnected, CONNECT_MAX_MILLIS, TimeUnit.MILLISECONDS);
    return relay;
  }

  /// The socket for the client.
  WebSocket socket() {
    return new PairedSocket(client.other());
  }

  /// Closes both sides.
  void close(int code, String reason) {
    client.close(code, reason, true);
    container.close(code, reason, true);
  }

  /// Whether the container's side has ended.
  boolean isOver() {
    return container.other().closed();
  }

  private void closeUnlessConnected() {
    if (!client.connected()) {
      close(CloseCodes.GOING_AWAY, "");
    }
  }

  private static final class Side implements SocketReceiver {
    private final SocketEnd target;
    private final Runnable afterwards;

    Side(SocketEnd target, Runnable afterwards) {
      this.target = target;
      this.afterwards = afterwards;
    }

    @Override
    public void message(SocketMessage message, Runnable taken) {
      target.send(message, taken);
    }

    @Override
    public void closed(int code, String reason, boolean clean) {
      target.close(CloseCodes.forwarded(code), reason, clean);
      afterwards.run();
    }
  }
}
