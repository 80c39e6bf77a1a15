package io.holdfast.engine.egress;

import io.holdfast.engine.egress.EgressDecision.Denied;
import io.holdfast.engine.egress.EgressDecision.Handled;
import io.holdfast.engine.egress.EgressDecision.ToInternet;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One connection of a container: what it speaks, and whether TLS ends here.
final class GateLine {
  private static final Logger LOG = LoggerFactory.getLogger(GateLine.class);
  private static final int HTTPS_PORT = 443;

  /** A client that says nothing for so long wants nothing. */
  private static final Duration FIRST_WORD_MAX = Duration.ofSeconds(30);

  private static final int TLS_HANDSHAKE = 22;

  /** Fatal alerts of TLS (RFC 8446, 6): what a client without a chance is told. */
  private enum Alert {
    ACCESS_DENIED(49),
    UNRECOGNIZED_NAME(112);

    private final byte[] record;

    Alert(int description) {
      record = new byte[] {21, 3, 3, 0, 2, 2, (byte) description};
    }
  }

  private final EgressClient client;
  private final EgressGate gate;

  GateLine(EgressClient client, EgressGate gate) {
    this.client = client;
    this.gate = gate;
  }

  /// Returns when it is over; the socket is closed by the caller.
  void serve(Socket socket) throws IOException {
    socket.setTcpNoDelay(true);
    socket.setKeepAlive(true);
    socket.setSoTimeout((int) FIRST_WORD_MAX.toMillis());
    InputStream in = socket.getInputStream();
    ByteArrayOutputStream first = new ByteArrayOutputStream();
    if (!Replay.more(in, first, 16 * 1024)) {
      return;
    }
    if (first.toByteArray()[0] != TLS_HANDSHAKE) {
      relay(Origin.Scheme.HTTP, Optional.empty(), socket, new Replay(first.toByteArray(), in));
      return;
    }
    Optional<String> host = hello(in, first).flatMap(ClientHello::host).filter(HostName::isOne);
    if (host.isEmpty()) {
      refuse(socket, Alert.UNRECOGNIZED_NAME);
    } else {
      serveTls(host.get(), socket, first.toByteArray());
    }
  }

  private static Optional<ClientHello> hello(InputStream in, ByteArrayOutputStream first)
      throws IOException {
    while (true) {
      byte[] bytes = first.toByteArray();
      switch (ClientHello.read(bytes, bytes.length)) {
        case ClientHello.Found.Whole(ClientHello hello) -> {
          return Optional.of(hello);
        }
        case ClientHello.Found.Other(String what) -> {
          LOG.debug("expected a ClientHello, found {}", what);
          return Optional.empty();
        }
        case ClientHello.Found.Part() -> {
          int room = ClientHello.BYTES_MAX - bytes.length;
          if (room <= 0 || !Replay.more(in, first, room)) {
            return Optional.empty();
          }
        }
      }
    }
  }

  private void relay(Origin.Scheme scheme, Optional<String> host, Socket socket, Replay in)
      throws IOException {
    new HttpRelay(client, scheme, host, gate).serve(socket, in);
  }

  private void serveTls(String host, Socket socket, byte[] seen) throws IOException {
    EgressPolicy policy = client.policy();
    if (policy.endsTls(host, HTTPS_PORT)) {
      endTls(host, socket, seen);
      return;
    }
    switch (policy.decide(Origin.https(host, HTTPS_PORT))) {
      case ToInternet() -> passOn(host, socket, seen);
      case Handled _ -> endTls(host, socket, seen); // It was given a handler just now.
      case Denied(EgressDecision.Why why) -> {
        LOG.info("{}: HTTPS to {} is denied: {}", client.name(), host, why.text());
        refuse(socket, Alert.ACCESS_DENIED);
      }
    }
  }

  private void endTls(String host, Socket socket, byte[] seen) throws IOException {
    try {
      SSLSocket secure =
          (SSLSocket)
              gate.authority()
                  .tlsAs(host)
                  .getSocketFactory()
                  .createSocket(socket, new ByteArrayInputStream(seen), true);
      secure.startHandshake();
      relay(
          Origin.Scheme.HTTPS,
          Optional.of(host),
          secure,
          new Replay(new byte[0], secure.getInputStream()));
    } catch (GeneralSecurityException e) {
      throw new IOException("no certificate for " + host + ": " + e.getMessage(), e);
    }
  }

  private void passOn(String host, Socket socket, byte[] seen) throws IOException {
    try (Socket server = connect(host)) {
      server.setTcpNoDelay(true);
      server.setKeepAlive(true);
      server.getOutputStream().write(seen);
      socket.setSoTimeout(0);
      Splice.join(socket, server);
    } catch (WorldAddresses.ClosedException e) {
      LOG.info("{}: HTTPS to {} is denied: {}", client.name(), host, e.getMessage());
      refuse(socket, Alert.ACCESS_DENIED);
    } catch (UnknownHostException _) {
      refuse(socket, Alert.UNRECOGNIZED_NAME);
    }
  }

  private Socket connect(String host) throws IOException {
    List<InetAddress> addresses = gate.addresses(client).of(host);
    IOException last = new UnknownHostException(host);
    for (InetAddress address : addresses) {
      Socket socket = new Socket();
      try {
        socket.connect(
            new InetSocketAddress(address, gate.ports().https()),
            (int) gate.http().connectTimeout().toMillis());
        return socket;
      } catch (IOException e) {
        socket.close();
        last = e;
      }
    }
    throw last;
  }

  private static void refuse(Socket socket, Alert alert) throws IOException {
    socket.getOutputStream().write(alert.record);
    socket.shutdownOutput();
  }
}
