package io.holdfast.node.object;

import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.spi.socket.SocketMessage;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/// Something that happened to a socket, run in a turn of its object.
final class SocketEvent implements ObjectEvent.Hook.Action {
  private final HeldSocket socket;
  private final String what;
  private final boolean isMessage;
  private final Handler handler;
  private final Runnable taken;
  private volatile boolean begun;

  /** The life whose queue it was put into, -1 for the way through sharding. The owner's monitor. */
  int life = ObjectSockets.THROUGH_SHARDING;

  /** The handler of user code. */
  @FunctionalInterface
  private interface Handler {
    void run(DurableObject instance) throws Exception;
  }

  private SocketEvent(
      HeldSocket socket, String what, boolean isMessage, Runnable taken, Handler handler) {
    this.isMessage = isMessage;
    this.socket = socket;
    this.what = what;
    this.taken = taken;
    this.handler = handler;
  }

  /// @param taken runs when the object is done with it
  static SocketEvent message(HeldSocket socket, SocketMessage message, Runnable taken) {
    return new SocketEvent(
        socket,
        "webSocketMessage()",
        true,
        taken,
        instance -> {
          switch (message) {
            case SocketMessage.Text(String text) -> instance.webSocketMessage(socket, text);
            case SocketMessage.Binary(byte[] bytes) -> instance.webSocketMessage(socket, bytes);
          }
        });
  }

  static SocketEvent error(HeldSocket socket, HoldfastException error) {
    return new SocketEvent(
        socket,
        "webSocketError()",
        false,
        () -> {},
        instance -> instance.webSocketError(socket, error));
  }

  static SocketEvent close(HeldSocket socket, int code, String reason, boolean clean) {
    return new SocketEvent(
        socket,
        "webSocketClose()",
        false,
        () -> {},
        instance -> instance.webSocketClose(socket, code, reason, clean));
  }

  HeldSocket socket() {
    return socket;
  }

  String what() {
    return what;
  }

  /// Whether the object had begun to handle it.
  boolean begun() {
    return begun;
  }

  void taken() {
    taken.run();
  }

  @Override
  public void run(DurableObject instance, Incarnation incarnation) throws Exception {
    incarnation.sockets().owner(); // This life takes part from now on.
    begun = true;
    if (isMessage) {
      incarnation.usage().webSocketMessage();
    }
    socket.owner().begun(this, incarnation);
    Duration timeout = socket.owner().eventTimeout().orElse(null);
    if (timeout == null) {
      handler.run(instance);
      return;
    }
    Thread thread = Thread.currentThread();
    ScheduledFuture<?> watchdog =
        socket
            .owner()
            .registry()
            .timer()
            .schedule(thread::interrupt, timeout.toMillis(), TimeUnit.MILLISECONDS);
    try {
      handler.run(instance);
    } finally {
      watchdog.cancel(false);
    }
  }
}
