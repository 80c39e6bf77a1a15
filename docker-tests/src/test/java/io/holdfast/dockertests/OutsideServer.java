package io.holdfast.dockertests;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// Answers whoever asks: takes TCP connections, and tells every asker of names over UDP that they
/// are at 203.0.113.9. Small enough to run as a program of its own in a network namespace.
final class OutsideServer implements AutoCloseable {
  static final int DNS_PORT = 53;
  static final String TOLD = "203.0.113.9";
  private static final byte[] ADDRESS = {(byte) 203, 0, 113, 9};
  private static final int HEADER_BYTES = 12;
  private static final short TYPE_A = 1;

  private final ServerSocket connections = new ServerSocket();
  private final DatagramSocket questions;

  /// @param connectionPort 0 = any
  OutsideServer(String address, int connectionPort) throws IOException {
    connections.bind(new InetSocketAddress(address, connectionPort));
    questions = new DatagramSocket(new InetSocketAddress(address, DNS_PORT));
    Thread.ofVirtual().start(this::acceptAll);
    Thread.ofVirtual().start(this::answerAll);
  }

  /// Serves a port at some addresses until it is killed. An answer over UDP has the address that
  /// was asked only where each has a socket of its own.
  ///
  /// @param arguments the port, then the addresses
  public static void main(String[] arguments) throws Exception {
    for (int i = 1; i < arguments.length; i++) {
      OutsideServer _ = new OutsideServer(arguments[i], Integer.parseInt(arguments[0]));
    }
    Thread.sleep(Long.MAX_VALUE);
  }

  private void acceptAll() {
    while (!connections.isClosed()) {
      try (Socket _ = connections.accept()) {
        // Reached: that is all that is asked.
      } catch (IOException _) {
        // The other side went, or we were closed.
      }
    }
  }

  private void answerAll() {
    byte[] buffer = new byte[512];
    while (!questions.isClosed()) {
      try {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        questions.receive(packet);
        byte[] answer = answer(Arrays.copyOf(packet.getData(), packet.getLength()));
        questions.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
      } catch (IOException _) {
        // The other side went, or we were closed.
      }
    }
  }

  /// The question, marked as an answer, and for IPv4 the address behind it.
  private static byte[] answer(byte[] question) {
    boolean asksForAddress =
        question.length >= HEADER_BYTES + 5
            && ByteBuffer.wrap(question).getShort(question.length - 4) == TYPE_A;
    ByteBuffer answer = ByteBuffer.allocate(question.length + 16);
    answer.put(question);
    answer.putShort(2, (short) 0x8180).putShort(6, (short) (asksForAddress ? 1 : 0));
    if (asksForAddress) {
      answer.putShort((short) (0xC000 | HEADER_BYTES)).putShort(TYPE_A).putShort((short) 1);
      answer.putInt(60).putShort((short) ADDRESS.length).put(ADDRESS);
    }
    return Arrays.copyOf(answer.array(), answer.position());
  }

  @Override
  public void close() throws IOException {
    connections.close();
    questions.close();
  }
}
