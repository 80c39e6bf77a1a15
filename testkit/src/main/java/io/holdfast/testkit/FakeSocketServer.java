package io.holdfast.testkit;

import io.holdfast.sdk.spi.socket.FrameDecoder;
import io.holdfast.sdk.spi.socket.FrameEncoder;
import io.holdfast.sdk.spi.socket.FrameException;
import io.holdfast.sdk.spi.socket.Handshake;
import io.holdfast.sdk.spi.socket.SocketMessage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A server that speaks WebSocket on real connections, and just enough HTTP to be found ready.
final class FakeSocketServer {
  private static final Pattern KEY = Pattern.compile("(?i)\r\nsec-websocket-key: *(\\S+)\r\n");
  private static final Pattern PROTOCOL =
      Pattern.compile("(?i)\r\nsec-websocket-protocol: *([^,\r\n]+)");
  private static final int HEAD_BYTES_MAX = 64 * 1024;

  private final ServerSocket listener;
  private final FakeSocketHandler handler;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  FakeSocketServer(InetAddress address, int port, FakeSocketHandler handler) {
    this.handler = handler;
    try {
      this.listener = new ServerSocket(port, 50, address);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen on %s:%d".formatted(address, port), e);
    }
    Thread.ofVirtual().name("fake-sockets").start(this::accept);
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        open.add(socket);
        Thread.ofVirtual().name("fake-socket").start(() -> serve(socket));
      }
    } catch (IOException _) {
      // Closed.
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      String head = head(socket.getInputStream());
      Matcher key = KEY.matcher(head);
      if (key.find()) {
        new Connection(socket, head).run(key.group(1));
      } else if (!head.isEmpty()) {
        write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nready");
      }
    } catch (IOException | UncheckedIOException | FrameException _) {
      // The client's view is what tests look at.
    } finally {
      open.remove(socket);
    }
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
  }

  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    String head = "";
    while (!head.endsWith("\r\n\r\n") && bytes.size() < HEAD_BYTES_MAX) {
      int next = in.read();
      if (next < 0) {
        return "";
      }
      bytes.write(next);
      if (next == '\n') {
        head = bytes.toString(StandardCharsets.ISO_8859_1);
      }
    }
    return head;
  }

  void close() {
    try {
      listener.close();
      for (Socket socket : open) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private final class Connection implements FakeSocketHandler.Session {
    private final FrameEncoder frames = FrameEncoder.ofServer();
    private final Socket socket;
    private final String head;
    private boolean closeSent;
    private boolean over;

    Connection(Socket socket, String head) {
      this.socket = socket;
      this.head = head;
    }

    void run(String key) throws IOException, FrameException {
      Matcher protocol = PROTOCOL.matcher(head);
      write(
          socket,
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + (protocol.find() ? "Sec-WebSocket-Protocol: " + protocol.group(1) + "\r\n" : "")
              + "X-Container: yes\r\nSec-WebSocket-Accept: "
              + Handshake.accept(key)
              + "\r\n\r\n");
      FrameDecoder decoder =
          new FrameDecoder(FrameDecoder.Reader.SERVER, SocketMessage.BYTES_MAX, new FromClient());
      byte[] bytes = new byte[8192];
      InputStream in = socket.getInputStream();
      for (int count = in.read(bytes); count >= 0 && !over; count = in.read(bytes)) {
        decoder.feed(ByteBuffer.wrap(bytes, 0, count));
        if (over) {
          return;
        }
      }
    }

    @Override
    public String head() {
      return head;
    }

    @Override
    public synchronized void raw(byte[] bytes) throws IOException {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
    }

    @Override
    public void send(SocketMessage message) throws IOException {
      raw(frames.message(message));
    }

    @Override
    public void close(int code, String reason) throws IOException {
      closeSent = true;
      raw(frames.close(code, reason));
    }

    @Override
    public void drop() throws IOException {
      socket.close();
    }

    private interface Write {
      void run() throws IOException;
    }

    private static void unchecked(Write write) {
      try {
        write.run();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private final class FromClient implements FrameDecoder.Sink {
      @Override
      public void message(SocketMessage message) {
        unchecked(() -> handler.message(Connection.this, message));
      }

      @Override
      public void ping(byte[] payload) {
        unchecked(() -> raw(frames.pong(payload)));
      }

      @Override
      public void pong(byte[] payload) {}

      @Override
      public void close(int code, String reason) {
        over = true;
        if (!closeSent) {
          unchecked(() -> Connection.this.close(code, ""));
        }
        handler.closed(Connection.this, code, reason);
      }
    }
  }
}
