package io.holdfast.engine.egress;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.Message;
import org.xbill.DNS.OPTRecord;

/// The name server of containers behind the gate, over UDP and TCP.
final class NameServer {
  private static final Logger LOG = LoggerFactory.getLogger(NameServer.class);
  private static final int PACKET_BYTES_MAX = 4_096;
  private static final int PLAIN_UDP_BYTES_MAX = 512;
  private static final int TCP_BYTES_MAX = 65_535;
  private static final int PORT_TRIES = 20;

  /** Questions of one container that are answered at the same time; further ones are dropped. */
  private static final int ASKED_MAX = 64;

  private static final Duration TCP_SILENCE_MAX = Duration.ofSeconds(10);

  private final EgressDirectory directory;
  private final NameAnswers answers;
  private final DatagramSocket packets;
  private final ServerSocket connections;
  private final Map<InetAddress, Integer> asked = new ConcurrentHashMap<>();

  NameServer(InetAddress address, EgressDirectory directory, NameAnswers answers)
      throws IOException {
    this.directory = directory;
    this.answers = answers;
    Sockets sockets = open(address);
    this.connections = sockets.tcp();
    this.packets = sockets.udp();
    Thread.ofVirtual().name("holdfast-names").start(this::receive);
    Thread.ofVirtual().name("holdfast-names-tcp").start(this::accept);
  }

  /** On one port. */
  private record Sockets(ServerSocket tcp, DatagramSocket udp) {}

  private static Sockets open(InetAddress address) throws IOException {
    for (int tries = 1; ; tries++) {
      ServerSocket tcp = new ServerSocket();
      try {
        tcp.bind(new InetSocketAddress(address, 0));
        InetSocketAddress same = new InetSocketAddress(address, tcp.getLocalPort());
        return new Sockets(tcp, new DatagramSocket(same));
      } catch (IOException e) {
        tcp.close();
        if (tries == PORT_TRIES) {
          throw e;
        }
      }
    }
  }

  int port() {
    return packets.getLocalPort();
  }

  // ---- UDP
  // ----------------------------------------------------------------------------------------------------

  private void receive() {
    while (!packets.isClosed()) {
      DatagramPacket packet = new DatagramPacket(new byte[PACKET_BYTES_MAX], PACKET_BYTES_MAX);
      try {
        packets.receive(packet);
      } catch (IOException e) {
        if (!packets.isClosed()) {
          LOG.warn("a question of a container could not be read: {}", e.getMessage());
        }
        continue;
      }
      if (enters(packet.getAddress())) {
        Thread.ofVirtual().name("holdfast-names-answer").start(() -> answer(packet));
      }
    }
  }

  private boolean enters(InetAddress source) {
    int[] count = {0};
    asked.compute(
        source,
        (_, before) -> {
          count[0] = before == null ? 1 : before + 1;
          return Math.min(count[0], ASKED_MAX);
        });
    return count[0] <= ASKED_MAX;
  }

  private void leaves(InetAddress source) {
    asked.computeIfPresent(source, (_, count) -> count == 1 ? null : count - 1);
  }

  private void answer(DatagramPacket packet) {
    try {
      byte[] question = Arrays.copyOf(packet.getData(), packet.getLength());
      Optional<byte[]> answer = answer(packet.getAddress(), question, PLAIN_UDP_BYTES_MAX);
      if (answer.isPresent()) {
        packets.send(
            new DatagramPacket(answer.get(), answer.get().length, packet.getSocketAddress()));
      }
    } catch (IOException e) {
      LOG.debug("a question of {} is not answered: {}", packet.getAddress(), e.getMessage());
    } finally {
      leaves(packet.getAddress());
    }
  }

  /// @param plainMax how long an answer may be when the question does not say
  private Optional<byte[]> answer(InetAddress source, byte[] bytes, int plainMax)
      throws IOException {
    Optional<EgressClient> client = directory.client(source);
    if (client.isEmpty()) {
      return Optional.empty();
    }
    Message question = new Message(bytes);
    OPTRecord options = question.getOPT();
    int most = options == null ? plainMax : Math.max(plainMax, options.getPayloadSize());
    return Optional.of(answers.answer(question, client.get().policy()).toWire(most));
  }

  // ---- TCP
  // ----------------------------------------------------------------------------------------------------

  private void accept() {
    while (!connections.isClosed()) {
      try {
        Socket socket = connections.accept();
        if (enters(socket.getInetAddress())) {
          Thread.ofVirtual().name("holdfast-names-line").start(() -> serve(socket));
        } else {
          socket.close();
        }
      } catch (IOException e) {
        if (!connections.isClosed()) {
          LOG.warn("a connection of a container could not be taken: {}", e.getMessage());
        }
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setSoTimeout((int) TCP_SILENCE_MAX.toMillis());
      DataInputStream in = new DataInputStream(socket.getInputStream());
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      while (true) {
        byte[] question = in.readNBytes(in.readUnsignedShort());
        Optional<byte[]> answer = answer(socket.getInetAddress(), question, TCP_BYTES_MAX);
        if (answer.isEmpty()) {
          return;
        }
        byte[] framed = new byte[answer.get().length + 2];
        framed[0] = (byte) (answer.get().length >> 8);
        framed[1] = (byte) answer.get().length;
        System.arraycopy(answer.get(), 0, framed, 2, answer.get().length);
        out.write(framed);
      }
    } catch (IOException _) {
      // It is over, or was never one.
    } finally {
      leaves(socket.getInetAddress());
    }
  }

  void close() {
    packets.close();
    try {
      connections.close();
    } catch (IOException _) {
      // It is closed either way.
    }
  }
}
