package io.holdfast.node.peer;

import io.holdfast.node.tls.NodeTls;
import io.holdfast.sdk.spi.socket.CloseCodes;
import io.holdfast.sdk.spi.socket.SocketEnd;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads what other nodes offer. Connections are kept for the next stream. Thread-safe.
final class PeerClient implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PeerClient.class);
  private static final Duration CONNECT_MAX = Duration.ofSeconds(3);
  private static final int IDLE_MAX = 16;

  private final Map<PeerAddress, Deque<PeerLine>> idle = new ConcurrentHashMap<>();
  private final Optional<NodeTls> tls;
  private volatile boolean closed;

  /// @param tls empty: in the clear
  PeerClient(Optional<NodeTls> tls) {
    this.tls = tls;
  }

  /// The stream, which connects when it is first read.
  InputStream stream(RemoteRef ref) {
    return new RemoteStream(ref);
  }

  /// Connects an end to a WebSocket of another node; does not wait.
  void connect(RemoteRef ref, SocketEnd end) {
    Thread.ofVirtual()
        .name("peer-socket")
        .start(() -> {
          try (PeerLine line = connected(ref.at())) {
            ask(line, ref);
            SocketFrames.relay(end, line);
          } catch (IOException e) {
            log.debug("no WebSocket from {}: {}", ref.at(), e.getMessage());
            end.close(CloseCodes.ABNORMAL, CloseCodes.DISCONNECTED, false);
          }
        });
  }

  /// What is done with a connection.
  @FunctionalInterface
  interface CallUse {
    void use(PeerLine connection) throws IOException;
  }

  /// Connects to where a node takes calls; does not wait.
  ///
  /// @param self what this node is called
  /// @param use of the connection, on a thread of its own
  void call(RemoteRef ref, String self, CallUse use) {
    Thread.ofVirtual()
        .name("call-line")
        .start(() -> {
          try (PeerLine line = connected(ref.at())) {
            ask(line, ref);
            line.out().writeUTF(self);
            line.out().flush();
            use.use(line);
          } catch (IOException e) {
            log.debug("no line to {}: {}", ref.at(), e.getMessage());
          }
        });
  }

  private static void ask(PeerLine line, RemoteRef ref) throws IOException {
    line.out().writeLong(ref.id().getMostSignificantBits());
    line.out().writeLong(ref.id().getLeastSignificantBits());
    line.out().flush();
  }

  private PeerLine connected(PeerAddress at) throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(at.host(), at.port()), (int) CONNECT_MAX.toMillis());
      return tls.isEmpty()
          ? new PeerLine(socket, socket)
          : new PeerLine(tls.get().connected(socket, at.host(), at.port()), socket);
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private void keep(PeerAddress at, PeerLine line) {
    Deque<PeerLine> lines = idle.computeIfAbsent(at, _ -> new ConcurrentLinkedDeque<>());
    if (closed || lines.size() >= IDLE_MAX) {
      line.close();
    } else {
      lines.push(line);
    }
  }

  @Override
  public void close() {
    closed = true;
    idle.values().forEach(lines -> lines.forEach(PeerLine::close));
    idle.clear();
  }

  /** For one reader. */
  private final class RemoteStream extends InputStream {
    private final RemoteRef ref;
    private @Nullable PeerLine line;
    private int left;
    private boolean begun;
    private boolean ended;

    RemoteStream(RemoteRef ref) {
      this.ref = ref;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      try {
        if (left == 0 && !nextPart()) {
          return -1;
        }
        int read = opened().in().read(target, offset, Math.min(length, left));
        if (read < 0) {
          throw new IOException("the other node has closed the connection");
        }
        left -= read;
        return read;
      } catch (IOException e) {
        abort();
        throw new IOException("a stream of " + ref.at() + " broke off: " + e.getMessage(), e);
      }
    }

    /** What has come, without waiting for more. */
    @Override
    public int available() throws IOException {
      PeerLine open = line;
      return open == null ? 0 : Math.min(left, open.in().available());
    }

    private PeerLine opened() throws IOException {
      PeerLine open = line;
      if (open == null) {
        throw new IOException("closed");
      }
      return open;
    }

    /** False at the end. */
    private boolean nextPart() throws IOException {
      if (ended) {
        return false;
      }
      if (!begun) {
        begun = true;
        begin();
      }
      int length = opened().in().readInt();
      if (length == PeerLine.END) {
        ended = true;
        keep(ref.at(), opened());
        line = null;
        return false;
      }
      if (length < 0) {
        throw new IOException(opened().in().readUTF());
      }
      left = length;
      return true;
    }

    /**
     * A kept connection may have been closed meanwhile by the other side: then a new one is made.
     */
    private void begin() throws IOException {
      Deque<PeerLine> kept = idle.get(ref.at());
      PeerLine old = kept == null ? null : kept.poll();
      if (old != null) {
        try {
          ask(old, ref);
          old.in().mark(1);
          if (old.in().read() >= 0) {
            old.in().reset();
            line = old;
            return;
          }
        } catch (IOException _) {
          // Below.
        }
        old.close();
      }
      PeerLine fresh = connected(ref.at());
      line = fresh;
      ask(fresh, ref);
    }

    private void abort() {
      ended = true;
      PeerLine open = line;
      line = null;
      if (open != null) {
        open.close();
      }
    }

    /**
     * The other node learns that nobody reads on; asked for once, so that it closes what it has.
     */
    @Override
    public void close() throws IOException {
      if (!begun && !ended) {
        begun = true;
        begin();
      }
      if (!ended) {
        abort();
      }
    }
  }
}
