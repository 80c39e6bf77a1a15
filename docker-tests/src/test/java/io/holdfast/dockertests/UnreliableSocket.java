package io.holdfast.dockertests;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/// A Docker socket that passes everything on, but loses the reply to the first request of one kind,
/// and can be cut.
final class UnreliableSocket implements AutoCloseable {
  private final Path path;
  private final String lost;
  private final ServerSocketChannel listener;
  private final AtomicBoolean armed = new AtomicBoolean(true);
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
  private volatile boolean cut;

  /// @param lost pattern of the request, such as `POST /containers/create`, whose reply is lost;
  ///   without API version
  UnreliableSocket(String lost) throws IOException {
    this.lost = lost;
    this.path = Files.createTempDirectory("holdfast-it").resolve("docker.sock");
    this.listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listener.bind(UnixDomainSocketAddress.of(path));
    Thread.ofVirtual().start(this::accept);
  }

  String host() {
    return "unix://" + path;
  }

  int connections() {
    return open.size() / 2;
  }

  /// Breaks all connections off, and every new one, until [#mend].
  void cut() {
    cut = true;
    open.forEach(UnreliableSocket::close);
  }

  void mend() {
    cut = false;
  }

  private void accept() {
    try {
      while (true) {
        SocketChannel client = listener.accept();
        if (cut) {
          client.close();
        } else {
          connect(client, SocketChannel.open(DockerCommand.SOCKET));
        }
      }
    } catch (IOException _) {
      // Closed.
    }
  }

  private void connect(SocketChannel client, SocketChannel docker) {
    open.add(client);
    open.add(docker);
    AtomicBoolean forget = new AtomicBoolean();
    Thread.ofVirtual().start(() -> pump(client, docker, forget, Direction.TO_DOCKER));
    Thread.ofVirtual().start(() -> pump(docker, client, forget, Direction.FROM_DOCKER));
  }

  private enum Direction {
    TO_DOCKER,
    FROM_DOCKER
  }

  private void pump(
      SocketChannel from, SocketChannel to, AtomicBoolean forget, Direction direction) {
    ByteBuffer buffer = ByteBuffer.allocate(65_536);
    try (from;
        to) {
      while (from.read(buffer.clear()) >= 0) {
        buffer.flip();
        if (direction == Direction.TO_DOCKER
            && isLost(buffer)
            && armed.compareAndSet(true, false)) {
          forget.set(true);
        }
        if (direction == Direction.FROM_DOCKER && forget.get()) {
          return;
        }
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
      }
    } catch (IOException _) {
      // One side is gone; so is the other now.
    } finally {
      open.remove(from);
    }
  }

  private boolean isLost(ByteBuffer buffer) {
    String head = StandardCharsets.ISO_8859_1.decode(buffer.duplicate()).toString();
    return head.replaceFirst(" /v[0-9.]+/", " /").matches("(?s)" + lost + ".*");
  }

  /// Shut down first: the other side finds the connection dead from now on, while a close takes
  /// effect only once the pump has left its read.
  private static void close(SocketChannel channel) {
    try (channel) {
      channel.shutdownInput();
      channel.shutdownOutput();
    } catch (IOException _) {
      // It is closed either way.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    open.forEach(UnreliableSocket::close);
    Files.deleteIfExists(path);
    Files.deleteIfExists(path.getParent());
  }
}
