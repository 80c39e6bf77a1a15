package io.holdfast.node.peer;

import io.holdfast.node.tls.NodeTls;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.spi.socket.CloseCodes;
import io.holdfast.sdk.spi.socket.SocketEnd;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Serves streams and WebSockets of this node to its peers, each once, and takes their calls.
/// Thread-safe; one virtual thread per connection.
final class PeerServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PeerServer.class);
  private static final int PART_BYTES = 32 << 10;
  private static final int BACKLOG = 1024;

  /** How long a peer may take to ask for what it was offered. */
  private static final Duration OFFERED_MAX = Duration.ofMinutes(2);

  private final ServerSocket listener;
  private final PeerAddress address;
  private final Optional<NodeTls> tls;
  private final Map<UUID, Offer> offers = new ConcurrentHashMap<>();
  private final Map<UUID, CallTaker> takers = new ConcurrentHashMap<>();
  private final Set<PeerLine> lines = ConcurrentHashMap.newKeySet();

  private sealed interface Offer {
    long sinceNanos();

    record Stream(InputStream in, long sinceNanos) implements Offer {}

    record WebSocket(SocketEnd end, long sinceNanos) implements Offer {}
  }

  /// Takes calls.
  @FunctionalInterface
  interface CallTaker {
    /// Blocks until the connection is over.
    ///
    /// @param caller what the node calls itself
    void take(String caller, PeerLine connection) throws IOException;
  }

  /// Listens.
  ///
  /// @param port 0 for any
  /// @param tls empty: in the clear
  /// @throws HoldfastException `config_invalid` when it cannot
  PeerServer(String host, int port, Optional<NodeTls> tls) {
    this(host, port, 0, tls);
  }

  /// @param port where others reach it; 0 for the one that it listens on
  /// @param bindPort the one that it listens on; 0 for the same, or any
  /// @throws HoldfastException `config_invalid` when it cannot
  PeerServer(String host, int port, int bindPort, Optional<NodeTls> tls) {
    this.tls = tls;
    int own = bindPort == 0 ? port : bindPort;
    try {
      listener = new ServerSocket();
      listener.setReuseAddress(true);
      listener.bind(new InetSocketAddress(InetAddress.getByName(host), own), BACKLOG);
    } catch (IOException e) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID,
          "cannot listen for other nodes on %s:%d: %s".formatted(host, own, e.getMessage()),
          e);
    }
    address = new PeerAddress(host, port == 0 ? listener.getLocalPort() : port);
    Thread.ofVirtual().name("peer-listener").start(this::accept);
  }

  PeerAddress address() {
    return address;
  }

  /// Offers a stream; closed when it was read to its end, or nobody wants it.
  RemoteRef offer(InputStream in) {
    return offered(new Offer.Stream(in, System.nanoTime()));
  }

  /// Offers an end of a WebSocket: what comes out of it goes to the peer and the other way.
  RemoteRef offer(SocketEnd end) {
    return offered(new Offer.WebSocket(end, System.nanoTime()));
  }

  /// Offers to take calls, again and again.
  RemoteRef offer(CallTaker taker) {
    UUID id = UUID.randomUUID();
    takers.put(id, taker);
    return new RemoteRef(address, id);
  }

  private RemoteRef offered(Offer offer) {
    UUID id = UUID.randomUUID();
    offers.put(id, offer);
    return new RemoteRef(address, id);
  }

  /// Lets go of what nobody has asked for in time; to be called now and then.
  void dropOld() {
    long now = System.nanoTime();
    offers.forEach((id, offer) -> {
      if (now - offer.sinceNanos() > OFFERED_MAX.toNanos() && offers.remove(id, offer)) {
        drop(offer);
      }
    });
  }

  /// Takes back the end of a WebSocket that this server has offered; empty when it is not there.
  Optional<SocketEnd> takeBack(RemoteRef ref) {
    return offers.remove(ref.id()) instanceof Offer.WebSocket(SocketEnd end, _)
        ? Optional.of(end)
        : Optional.empty();
  }

  private static void drop(Offer offer) {
    switch (offer) {
      case Offer.Stream(InputStream in, _) -> closeQuietly(in);
      case Offer.WebSocket(SocketEnd end, _) ->
          end.close(CloseCodes.ABNORMAL, CloseCodes.DISCONNECTED, false);
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        Thread.ofVirtual().name("peer").start(() -> serve(socket));
      } catch (IOException e) {
        if (!listener.isClosed()) {
          log.warn("a connection of another node was not accepted: {}", e.getMessage());
        }
      }
    }
  }

  private void serve(Socket socket) {
    try (PeerLine line = line(socket)) {
      lines.add(line);
      try {
        while (serveNext(line)) {}
      } finally {
        lines.remove(line);
      }
    } catch (IOException e) {
      log.debug("a connection of another node ended: {}", e.getMessage());
    }
  }

  private PeerLine line(Socket socket) throws IOException {
    try {
      return tls.isEmpty()
          ? new PeerLine(socket, socket)
          : new PeerLine(tls.get().accepted(socket), socket);
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  /** Whether it may be asked for more. */
  private boolean serveNext(PeerLine line) throws IOException {
    UUID id = new UUID(line.in().readLong(), line.in().readLong());
    CallTaker taker = takers.get(id);
    if (taker != null) {
      taker.take(line.in().readUTF(), line);
      return false;
    }
    switch (offers.remove(id)) {
      case Offer.Stream(InputStream in, _) -> {
        return sent(in, line);
      }
      case Offer.WebSocket(SocketEnd end, _) -> {
        SocketFrames.relay(end, line);
        return false;
      }
      case null -> {
        broken(line, "it is not there any more");
        return true;
      }
    }
  }

  private static boolean sent(InputStream in, PeerLine line) throws IOException {
    byte[] part = new byte[PART_BYTES];
    try {
      while (true) {
        int length;
        try {
          length = in.read(part);
        } catch (IOException | RuntimeException e) {
          broken(line, String.valueOf(e.getMessage()));
          return true;
        }
        if (length < 0) {
          line.out().writeInt(PeerLine.END);
          line.out().flush();
          return true;
        }
        if (length > 0) {
          line.out().writeInt(length);
          line.out().write(part, 0, length);
          line.out().flush();
        }
      }
    } finally {
      closeQuietly(in);
    }
  }

  private static void broken(PeerLine line, String why) throws IOException {
    line.out().writeInt(PeerLine.BROKEN);
    line.out().writeUTF(why.substring(0, Math.min(why.length(), 1_000)));
    line.out().flush();
  }

  private static void closeQuietly(InputStream in) {
    try {
      in.close();
    } catch (IOException | RuntimeException e) { // It may be a stream of user code.
      log.debug("closing a stream that a peer has read", e);
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      log.debug("closing the listener for other nodes", e);
    }
    lines.forEach(PeerLine::close);
    offers.values().forEach(PeerServer::drop);
    offers.clear();
  }
}
