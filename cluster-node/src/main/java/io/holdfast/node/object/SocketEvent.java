package io.holdfast.node.object;

import io.holdfast.sdk.DurableObject;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/// Something that happened to a socket, run in a turn of its object.
final class SocketEvent implements ObjectEvent.Hook.Action {
  private final HeldSocket socket;
  private final FromClient what;

  /// Whether the object had begun to handle it. Written under the owner's monitor.
  volatile boolean begun;

  /** The life whose queue it was put into, -1 for the way through sharding. The owner's monitor. */
  int life = ObjectSockets.THROUGH_SHARDING;

  SocketEvent(HeldSocket socket, FromClient what) {
    this.socket = socket;
    this.what = what;
  }

  HeldSocket socket() {
    return socket;
  }

  FromClient what() {
    return what;
  }

  @Override
  public void run(DurableObject instance, Incarnation incarnation) throws Exception {
    incarnation.sockets().owner(); // This life takes part from now on.
    if (!socket.owner().mayBegin(this, incarnation)) {
      return;
    }
    if (what instanceof FromClient.Message) {
      incarnation.usage().webSocketMessage();
    }
    Duration timeout = socket.owner().eventTimeout().orElse(null);
    if (timeout == null) {
      what.handle(instance, socket);
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
      what.handle(instance, socket);
    } finally {
      watchdog.cancel(false);
    }
  }
}
