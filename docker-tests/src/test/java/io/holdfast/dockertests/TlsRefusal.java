package io.holdfast.dockertests;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/// Stands before an HTTP server and refuses TLS at once, where the server would wait for the rest
/// of a request: Docker tries TLS first.
final class TlsRefusal implements AutoCloseable {
  private static final int TLS_HANDSHAKE = 22;

  private final ServerSocket listener;
  private final InetSocketAddress server;

  TlsRefusal(InetSocketAddress server) throws IOException {
    this.server = server;
    this.listener = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        Thread.ofVirtual().start(() -> serve(client));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void serve(Socket client) {
    try (client;
        Socket back = new Socket()) {
      PushbackInputStream in = new PushbackInputStream(client.getInputStream());
      int first = in.read();
      if (first < 0 || first == TLS_HANDSHAKE) {
        return;
      }
      in.unread(first);
      back.connect(server);
      Thread there = Thread.ofVirtual().start(() -> copy(in, back));
      copy(back.getInputStream(), client);
      there.interrupt();
    } catch (IOException e) {
      // One side is gone.
    }
  }

  private static void copy(InputStream in, Socket to) {
    try {
      in.transferTo(to.getOutputStream());
      to.shutdownOutput();
    } catch (IOException e) {
      // One side is gone.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
