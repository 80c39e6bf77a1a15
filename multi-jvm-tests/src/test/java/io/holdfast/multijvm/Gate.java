package io.holdfast.multijvm;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;

/// The way of the other nodes to one node, which can be cut or slow: when it is cut nothing passes,
/// and nobody is told.
final class Gate implements AutoCloseable {
  /** Of 8 KiB each. */
  private static final int HELD_MAX = 1_024;

  private final Door messages;
  private final Door peers;
  private final Map<Socket, Door> sockets = new ConcurrentHashMap<>();
  private boolean cut;
  private volatile Duration delay = Duration.ZERO;

  /** A port, and the one of the node behind it. */
  private record Door(ServerSocket listener, int target) {
    static Door to(int target) throws IOException {
      return new Door(new ServerSocket(0, 100, InetAddress.getLoopbackAddress()), target);
    }
  }

  /// @param messages the port of the node for messages
  /// @param peers the one for streams and calls
  Gate(int messages, int peers) throws IOException {
    this.messages = Door.to(messages);
    this.peers = Door.to(peers);
    Thread.ofVirtual().start(() -> accept(this.messages));
    Thread.ofVirtual().start(() -> accept(this.peers));
  }

  int port() {
    return messages.listener.getLocalPort();
  }

  int peerPort() {
    return peers.listener.getLocalPort();
  }

  /// Ends the connections for streams and calls; who connects again gets through.
  void breakPeers() {
    sockets.forEach((socket, door) -> {
      if (door == peers) {
        close(socket);
      }
    });
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

  private void accept(Door door) {
    while (!door.listener.isClosed()) {
      try {
        Socket from = door.listener.accept();
        sockets.put(from, door);
        Thread.ofVirtual().start(() -> connect(from, door));
      } catch (IOException _) {
        // Closed, or the other side was quicker.
      }
    }
  }

  private void connect(Socket from, Door door) {
    try {
      awaitOpen();
      Socket to = new Socket(InetAddress.getLoopbackAddress(), door.target);
      sockets.put(to, door);
      Thread.ofVirtual().start(() -> pass(from, to));
      pass(to, from);
    } catch (IOException | InterruptedException _) {
      close(from);
    }
  }

  /** What came, and when it goes on; nothing at its end. */
  private record Held(byte[] bytes, long untilNanos) {}

  private void pass(Socket from, Socket to) {
    BlockingQueue<Held> onItsWay = new LinkedBlockingQueue<>(HELD_MAX);
    Thread writer = Thread.ofVirtual().start(() -> write(onItsWay, from, to));
    byte[] bytes = new byte[8192];
    try {
      InputStream in = from.getInputStream();
      for (int length = in.read(bytes); length >= 0; length = in.read(bytes)) {
        onItsWay.put(new Held(Arrays.copyOf(bytes, length), System.nanoTime() + delay.toNanos()));
      }
      onItsWay.put(new Held(new byte[0], System.nanoTime() + delay.toNanos()));
      writer.join();
    } catch (IOException | InterruptedException _) {
      writer.interrupt(); // One side is gone.
    } finally {
      close(from);
      close(to);
    }
  }

  private void write(BlockingQueue<Held> onItsWay, Socket from, Socket to) {
    try {
      OutputStream out = to.getOutputStream();
      for (Held next = onItsWay.take(); next.bytes().length > 0; next = onItsWay.take()) {
        Thread.sleep(Duration.ofNanos(Math.max(0, next.untilNanos() - System.nanoTime())));
        awaitOpen();
        out.write(next.bytes());
      }
    } catch (IOException | InterruptedException _) {
      close(from);
      close(to);
      onItsWay.clear(); // Who waits to put something there finds out.
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
    messages.listener.close();
    peers.listener.close();
    sockets.keySet().forEach(this::close);
    heal();
  }
}
