package io.holdfast.engine.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/// A server that does on each connection exactly what a test says, byte by byte.
final class RawServer implements AutoCloseable {
  private final ServerSocket listener;
  private final AtomicInteger connections = new AtomicInteger();
  private final Script script;

  /// What the server does on connection number `count`, the first being 1; the connection closes
  /// afterwards.
  interface Script {
    void serve(Wire wire, int count) throws Exception;
  }

  RawServer(Script script) throws IOException {
    this(script, new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
  }

  RawServer(Script script, ServerSocket listener) {
    this.script = script;
    this.listener = listener;
    Thread.ofVirtual().start(this::accept);
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        int count = connections.incrementAndGet();
        Thread.ofVirtual().start(() -> serve(socket, count));
      } catch (IOException _) {
        return;
      }
    }
  }

  private void serve(Socket socket, int count) {
    try (socket) {
      script.serve(new Wire(socket), count);
    } catch (Exception _) {
      // The client's view is what the tests look at.
    }
  }

  int port() {
    return listener.getLocalPort();
  }

  InetSocketAddress endpoint() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port());
  }

  int connections() {
    return connections.get();
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }

  /// One connection, seen from the server.
  record Wire(Socket socket) {
    /// Reads up to and with the empty line; empty at the end of the stream.
    String head() throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      InputStream in = socket.getInputStream();
      int b;
      while (!endsHead(bytes) && (b = in.read()) >= 0) {
        bytes.write(b);
      }
      return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    private static boolean endsHead(ByteArrayOutputStream bytes) {
      return bytes.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n");
    }

    String lowerHead() throws IOException {
      return head().toLowerCase(Locale.ROOT);
    }

    String body(int length) throws IOException {
      return new String(socket.getInputStream().readNBytes(length), StandardCharsets.ISO_8859_1);
    }

    void say(String text) throws IOException {
      OutputStream out = socket.getOutputStream();
      out.write(text.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    }

    void answer(String body) throws IOException {
      say("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s".formatted(body.length(), body));
    }
  }
}
