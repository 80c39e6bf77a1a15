package io.holdfast.multijvm;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// A port in front of a node that can be cut or slow: when it is cut nothing passes, and nobody is
/// told.
final class Gate implements AutoCloseable {
  private final ServerSocket listener;
  private final int target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private boolean cut;
  private volatile Duration delay = Duration.ZERO;

  /// @param target the port behind it
  Gate(int target) throws IOException {
    this.target = target;
    this.listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  synchronized void cut() {
    cut = true;
  }

  synchronized void heal() {
    cut = false;
    notifyAll();
  }

  /// How long everything that passes is held up from now on.
  void delay(Duration delay) {
    this.delay = delay;
  }

  private synchronized void awaitOpen() throws InterruptedException {
    while (cut) {
      wait();
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket from = listener.accept();
        sockets.add(from);
        Thread.ofVirtual().start(() -> connect(from));
      } catch (IOException _) {
        // Closed, or the other side was quicker.
      }
    }
  }

  private void connect(Socket from) {
    try {
      awaitOpen();
      Socket to = new Socket(InetAddress.getLoopbackAddress(), target);
      sockets.add(to);
      Thread.ofVirtual().start(() -> pass(from, to));
      pass(to, from);
    } catch (IOException | InterruptedException _) {
      close(from);
    }
  }

  private void pass(Socket from, Socket to) {
    byte[] bytes = new byte[8192];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int length = in.read(bytes); length >= 0; length = in.read(bytes)) {
        Thread.sleep(delay);
        awaitOpen();
        out.write(bytes, 0, length);
      }
    } catch (IOException | InterruptedException _) {
      // One side is gone.
    } finally {
      close(from);
      close(to);
    }
  }

  private void close(Socket socket) {
    sockets.remove(socket);
    try {
      socket.close();
    } catch (IOException _) {
      // It is gone.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    Set.copyOf(sockets).forEach(this::close);
    heal();
  }
}
