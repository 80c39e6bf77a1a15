package io.holdfast.sdk.spi.socket;

import io.holdfast.sdk.HoldfastException;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One direction of a connection. Nothing is called under its monitor.
final class SocketLane {
  /// What a message takes besides its bytes.
  private static final int MESSAGE_OVERHEAD = 64;

  private final ArrayDeque<Consumer<SocketReceiver>> waiting = new ArrayDeque<>();
  private int waitingBytes;
  private boolean claimed;
  private boolean closed;
  private volatile @Nullable SocketReceiver receiver;

  /// False when there is a receiver already.
  boolean attach(SocketReceiver next) {
    synchronized (this) {
      if (claimed) {
        return false;
      }
      claimed = true;
    }
    Consumer<SocketReceiver> item = nextElseReady(next);
    while (item != null) {
      item.accept(next);
      item = nextElseReady(next);
    }
    return true;
  }

  /** Senders go past the queue only once it is empty. */
  private synchronized @Nullable Consumer<SocketReceiver> nextElseReady(SocketReceiver next) {
    Consumer<SocketReceiver> item = waiting.poll();
    if (item == null) {
      receiver = next;
    }
    return item;
  }

  synchronized boolean attached() {
    return claimed;
  }

  synchronized boolean closed() {
    return closed;
  }

  void send(SocketMessage message, Runnable taken) {
    if (closed()) {
      taken.run();
      return;
    }
    SocketReceiver direct = receiver;
    if (direct == null) {
      direct =
          queueElseReceiver(message.weight() + MESSAGE_OVERHEAD, to -> to.message(message, taken));
    }
    if (direct != null) {
      direct.message(message, taken);
    }
  }

  void fail(HoldfastException error) {
    pass(0, to -> to.failed(error));
  }

  void state(byte[] state) {
    pass(state.length, to -> to.state(state));
  }

  private void pass(int bytes, Consumer<SocketReceiver> item) {
    SocketReceiver direct = closed() ? null : queueElseReceiver(bytes, item);
    if (direct != null) {
      item.accept(direct);
    }
  }

  Optional<SocketReceiver> receiver() {
    return Optional.ofNullable(receiver);
  }

  void close(int code, String reason, boolean clean) {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    SocketReceiver direct = queueElseReceiver(0, to -> to.closed(code, reason, clean));
    if (direct != null) {
      direct.closed(code, reason, clean);
    }
  }

  private synchronized @Nullable SocketReceiver queueElseReceiver(
      int bytes, Consumer<SocketReceiver> item) {
    if (receiver == null) {
      waiting.add(item);
      waitingBytes += bytes;
      if (waitingBytes > SocketEnd.WAITING_BYTES_MAX && !closed) {
        closed = true;
        waiting.clear();
        waiting.add(to ->
            to.closed(
                CloseCodes.TRY_AGAIN_LATER,
                "Too much was sent before the connection was there.",
                false));
      }
    }
    return receiver;
  }
}
