package io.holdfast.edge;

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
  private volatile long headSinceNanos;
  private volatile long wantsBytesSinceNanos;
  private volatile long writesSinceNanos;
  private volatile long lingersSinceNanos;
  private volatile boolean inputClosed;

  /// What the clock tells the stream.
  enum Command {
    /// Ends the connection after what was written.
    CLOSE,
    /// Ends it at once.
    ABORT
  }

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

  void listen(Consumer<Command> listener) {
    commands = listener;
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
    if (headSinceNanos == 0 && !busy()) {
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
  }

  /// Ends what took too long.
  void checkDeadlines(long nowNanos, EdgeConfig config) {
    Exchange exchange = current;
    boolean busy = exchange != null && exchange.overNanos() == 0;
    if (busy) {
      exchange.checkDeadline(nowNanos, config.requestTimeout().toNanos());
    }
    long stallNanos = config.stallTimeout().toNanos();
    boolean receiving = busy && exchange.receiving();
    if (lingersSinceNanos != 0) {
      if (passed(lingersSinceNanos, nowNanos, LINGER_NANOS)) {
        tell(Command.CLOSE);
      }
    } else if (passed(writesSinceNanos, nowNanos, stallNanos)
        || (receiving && passed(wantsBytesSinceNanos, nowNanos, stallNanos))
        || (!busy && passed(headSinceNanos, nowNanos, config.headTimeout().toNanos()))) {
      tell(Command.ABORT);
    } else if (!busy && !readingHead()) {
      long idleSince = exchange == null ? startNanos : exchange.overNanos();
      if (passed(idleSince, nowNanos, config.idleTimeout().toNanos())) {
        tell(Command.CLOSE);
      }
    }
  }

  private static boolean passed(long sinceNanos, long nowNanos, long limitNanos) {
    return sinceNanos != 0 && nowNanos - sinceNanos > limitNanos;
  }
}
