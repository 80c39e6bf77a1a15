package io.holdfast.edge;

import io.holdfast.sdk.spi.socket.CloseCodes;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What is known of one client connection.
///
/// Written by the connection's stream, read by the edge's clock, which ends connections whose time
/// is up.
final class EdgeConnection {
  /// How long a client may go on sending a body that nobody reads, after its response.
  static final long LINGER_NANOS = 2_000_000_000L;

  private final String peer;
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final long startNanos = System.nanoTime();

  private volatile @Nullable Exchange current;
  private volatile @Nullable Consumer<Command> commands;
  private volatile @Nullable Consumer<Upgrade> upgrades;
  private volatile @Nullable EdgeSocket socket;
  private volatile long headSinceNanos;
  private volatile long wantsBytesSinceNanos;
  private volatile long writesSinceNanos;
  private volatile long lingersSinceNanos;
  private volatile boolean inputClosed;

  /// What the clock tells the stream.
  enum Command {
    /// Ends the connection after what is being written; what comes in is dropped.
    CLOSE,
    /// Ends it at once.
    ABORT
  }

  /// The connection's client speaks WebSocket from now on.
  ///
  /// @param handshake what is written before any frame
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Upgrade(EdgeSocket socket, byte[] handshake) {}

  EdgeConnection(String peer) {
    this.peer = peer;
  }

  String peer() {
    return peer;
  }

  /// Completes when the connection is gone.
  CompletableFuture<Void> closed() {
    return closed;
  }

  void listen(Consumer<Command> listener, Consumer<Upgrade> upgradeListener) {
    commands = listener;
    upgrades = upgradeListener;
  }

  /// Hands the connection to a socket.
  void upgrade(EdgeSocket next, byte[] handshake) {
    socket = next;
    Consumer<Upgrade> listener = upgrades;
    if (listener != null) {
      listener.accept(new Upgrade(next, handshake));
    }
    if (closed.isDone()) {
      next.gone();
    }
  }

  void tell(Command command) {
    Consumer<Command> listener = commands;
    if (listener != null) {
      listener.accept(command);
    }
  }

  void begin(Exchange exchange) {
    current = exchange;
    headSinceNanos = 0;
  }

  @Nullable Exchange current() {
    return current;
  }

  /// Whether a request is being answered.
  boolean busy() {
    Exchange exchange = current;
    return exchange != null && exchange.overNanos() == 0;
  }

  /// Whether the head of a request has begun to arrive.
  boolean readingHead() {
    return headSinceNanos != 0;
  }

  /// Whether the client may be sending bytes that nobody reads: the rest of a body, or of an
  /// unreadable request.
  boolean lingers() {
    Exchange exchange = current;
    return readingHead() || (exchange != null && exchange.bodyUnfinished());
  }

  boolean inputClosed() {
    return inputClosed;
  }

  void onBytesIn() {
    if (headSinceNanos == 0 && !busy() && socket == null) {
      headSinceNanos = System.nanoTime();
    }
  }

  void onBytesWanted() {
    wantsBytesSinceNanos = System.nanoTime();
  }

  void onBytesGiven() {
    wantsBytesSinceNanos = 0;
  }

  void onWriting() {
    writesSinceNanos = System.nanoTime();
  }

  void onWritten() {
    writesSinceNanos = 0;
  }

  void onLingering() {
    lingersSinceNanos = System.nanoTime();
  }

  void onInputClosed() {
    inputClosed = true;
  }

  void onClosed() {
    Exchange exchange = current;
    if (exchange != null) {
      exchange.clientGone();
    }
    closed.complete(null);
    EdgeSocket ended = socket;
    if (ended != null) {
      ended.gone();
    }
  }

  /// Ends what took too long.
  void checkDeadlines(long nowNanos, EdgeConfig config) {
    Exchange exchange = current;
    if (lingersSinceNanos != 0) {
      closeIf(passed(lingersSinceNanos, nowNanos, LINGER_NANOS));
    } else if (passed(writesSinceNanos, nowNanos, config.stallTimeout().toNanos())) {
      tell(Command.ABORT);
    } else if (socket != null) {
      abortIf(socket.timeIsUp(nowNanos));
    } else if (exchange != null && exchange.overNanos() == 0) {
      checkBusy(exchange, nowNanos, config);
    } else if (readingHead()) {
      abortIf(passed(headSinceNanos, nowNanos, config.headTimeout().toNanos()));
    } else {
      long idleSince = exchange == null ? startNanos : exchange.overNanos();
      closeIf(passed(idleSince, nowNanos, config.idleTimeout().toNanos()));
    }
  }

  void closeIfIdle() {
    EdgeSocket open = socket;
    if (open != null) {
      open.close(CloseCodes.GOING_AWAY, "The server is shutting down.");
    } else if (!busy() && !readingHead() && lingersSinceNanos == 0) {
      tell(Command.CLOSE);
    }
  }

  /// Ends it at once, and interrupts the Worker that is answering.
  void end() {
    Exchange exchange = current;
    if (exchange != null && busy()) {
      exchange.interruptWorker();
    }
    tell(Command.ABORT);
  }

  private void checkBusy(Exchange exchange, long nowNanos, EdgeConfig config) {
    exchange.checkDeadline(nowNanos, config.requestTimeout().toNanos());
    long stallNanos = config.stallTimeout().toNanos();
    abortIf(exchange.receiving() && passed(wantsBytesSinceNanos, nowNanos, stallNanos));
  }

  private void closeIf(boolean due) {
    if (due) {
      tell(Command.CLOSE);
    }
  }

  private void abortIf(boolean due) {
    if (due) {
      tell(Command.ABORT);
    }
  }

  private static boolean passed(long sinceNanos, long nowNanos, long limitNanos) {
    return sinceNanos != 0 && nowNanos - sinceNanos > limitNanos;
  }
}
