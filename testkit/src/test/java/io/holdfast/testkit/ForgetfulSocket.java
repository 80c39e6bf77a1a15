package io.holdfast.testkit;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/// A Docker socket that passes everything on, but loses the reply to the first request of one kind.
final class ForgetfulSocket implements AutoCloseable {
  private final Path path;
  private final String lost;
  private final ServerSocketChannel listener;
  private final AtomicBoolean armed = new AtomicBoolean(true);

  /// @param lost start of the request line whose reply is lost, such as `POST /containers/create`; without API version
  ForgetfulSocket(String lost) throws IOException {
    this.lost = lost;
    this.path = Files.createTempDirectory("holdfast-it").resolve("docker.sock");
    this.listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listener.bind(UnixDomainSocketAddress.of(path));
    Thread.ofVirtual().start(this::accept);
  }

  String host() {
    return "unix://" + path;
  }

  private void accept() {
    try {
      while (true) {
        SocketChannel client = listener.accept();
        SocketChannel docker = SocketChannel.open(UnixDomainSocketAddress.of("/var/run/docker.sock"));
        AtomicBoolean forget = new AtomicBoolean();
        Thread.ofVirtual().start(() -> pump(client, docker, forget, true));
        Thread.ofVirtual().start(() -> pump(docker, client, forget, false));
      }
    } catch (IOException _) {
      // Closed.
    }
  }

  private void pump(SocketChannel from, SocketChannel to, AtomicBoolean forget, boolean requests) {
    ByteBuffer buffer = ByteBuffer.allocate(65_536);
    try (from;
        to) {
      while (from.read(buffer.clear()) >= 0) {
        buffer.flip();
        if (requests && isLost(buffer) && armed.compareAndSet(true, false)) {
          forget.set(true);
        }
        if (!requests && forget.get()) {
          return;
        }
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
      }
    } catch (IOException _) {
      // One side is gone; so is the other now.
    }
  }

  private boolean isLost(ByteBuffer buffer) {
    String head = StandardCharsets.ISO_8859_1.decode(buffer.duplicate()).toString();
    return head.startsWith(lost) || head.replaceFirst(" /v[0-9.]+/", " /").matches("(?s)" + lost + ".*");
  }

  @Override
  public void close() throws IOException {
    listener.close();
    Files.deleteIfExists(path);
    Files.deleteIfExists(path.getParent());
  }
}
