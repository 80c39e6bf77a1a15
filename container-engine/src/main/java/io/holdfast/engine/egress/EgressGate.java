package io.holdfast.engine.egress;

import io.holdfast.engine.HttpConfig;
import io.holdfast.engine.http.HostAddresses;
import io.holdfast.engine.http.HttpFetcher;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The only way out of gated containers: HTTP, HTTPS and names, each request held to the policy of
/// the container it comes from.
///
/// The firewall brings their traffic to the [Doors]; nothing inside a container can change that. A
/// container is known by its address, which the bridge does not let it choose. Thread-safe; a
/// virtual thread per connection.
public final class EgressGate implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EgressGate.class);
  private static final int BACKLOG = 1_024;
  private static final int CONNECTIONS_PER_CONTAINER_MAX = 1_024;

  private final Supplier<EgressAuthority> makeAuthority;
  private final WorldAddresses world;
  private final HttpConfig http;
  private final SSLSocketFactory tls;
  private final Ports ports;
  private final Map<InetAddress, Open> doors = new HashMap<>();
  private final Map<InetAddress, Set<Closeable>> connections = new ConcurrentHashMap<>();
  private volatile EgressDirectory directory = _ -> Optional.empty();
  private volatile @Nullable EgressAuthority authority;

  /// Where it listens on one bridge.
  ///
  /// @param address the host's own on that bridge
  /// @param web the port for HTTP and HTTPS
  /// @param names the port for questions about names, over UDP and TCP
  public record Doors(InetAddress address, int web, int names) {}

  /// On which ports servers of the world listen.
  record Ports(int http, int https) {}

  private record Open(Doors doors, ServerSocket web, NameServer names) {}

  /// @param authority asked for once, when a container needs it: making one takes half a second
  /// @param tls makes its connections to HTTPS servers; decides which certificates are trusted
  public EgressGate(
      Supplier<EgressAuthority> authority,
      WorldAddresses world,
      HttpConfig http,
      SSLSocketFactory tls) {
    this(authority, world, http, tls, new Ports(80, 443));
  }

  EgressGate(
      Supplier<EgressAuthority> authority,
      WorldAddresses world,
      HttpConfig http,
      SSLSocketFactory tls,
      Ports ports) {
    this.ports = ports;
    this.makeAuthority = authority;
    this.world = world;
    this.http = http;
    this.tls = tls;
  }

  /// From now on it knows containers by this; before, it knows none and serves nobody.
  public void directory(EgressDirectory known) {
    directory = known;
  }

  /// The certificate that containers have to trust where the gate ends TLS; a PEM file.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `config_invalid` when it cannot be read or made
  public Path certificate() {
    return authority().file();
  }

  EgressAuthority authority() {
    EgressAuthority known = authority;
    if (known == null) {
      synchronized (makeAuthority) {
        known = authority == null ? makeAuthority.get() : authority;
        authority = known;
      }
    }
    return known;
  }

  /// Listens at an address of the host; safe to repeat.
  ///
  /// @throws IOException when it cannot, as on a host without that address
  public Doors open(InetAddress address) throws IOException {
    synchronized (doors) {
      Open known = doors.get(address);
      if (known == null) {
        known = listen(address);
        doors.put(address, known);
      }
      return known.doors();
    }
  }

  private Open listen(InetAddress address) throws IOException {
    ServerSocket web = new ServerSocket();
    try {
      web.bind(new InetSocketAddress(address, 0), BACKLOG);
      NameServer names = new NameServer(address, this::client, new NameAnswers(world));
      Thread.ofVirtual().name("holdfast-egress").start(() -> accept(web));
      return new Open(new Doors(address, web.getLocalPort(), names.port()), web, names);
    } catch (IOException e) {
      web.close();
      throw e;
    }
  }

  private Optional<EgressClient> client(InetAddress source) {
    return directory.client(source);
  }

  private void accept(ServerSocket web) {
    while (!web.isClosed()) {
      try {
        Socket socket = web.accept();
        Thread.ofVirtual().name("holdfast-egress-line").start(() -> serve(socket));
      } catch (IOException e) {
        if (!web.isClosed()) {
          LOG.warn("a connection of a container could not be taken: {}", e.getMessage());
        }
      }
    }
  }

  private void serve(Socket socket) {
    InetAddress source = socket.getInetAddress();
    try (socket) {
      if (!enters(source, socket)) {
        return;
      }
      Optional<EgressClient> client = client(source);
      if (client.isEmpty()) {
        LOG.debug("{} is no container that runs: its connection is closed", source);
        return;
      }
      new GateLine(client.get(), this).serve(socket);
    } catch (IOException | RuntimeException e) {
      LOG.debug("a connection of {} broke off: {}", source, e.getMessage());
    } finally {
      leaves(source, socket);
    }
  }

  private boolean enters(InetAddress source, Closeable connection) {
    return connections
        .compute(
            source,
            (_, open) -> {
              Set<Closeable> all = open == null ? ConcurrentHashMap.newKeySet() : open;
              if (all.size() < CONNECTIONS_PER_CONTAINER_MAX) {
                all.add(connection);
              }
              return all;
            })
        .contains(connection);
  }

  private void leaves(InetAddress source, Closeable connection) {
    connections.computeIfPresent(
        source,
        (_, open) -> {
          open.remove(connection);
          return open.isEmpty() ? null : open;
        });
  }

  /// Closes what a container has open: it has ended, and another may get its address.
  public void cut(InetAddress source) {
    Set<Closeable> cut = connections.remove(source);
    if (cut != null) {
      List.copyOf(cut).forEach(EgressGate::quietly);
    }
  }

  private static void quietly(Closeable connection) {
    try {
      connection.close();
    } catch (IOException _) {
      // It is closed either way.
    }
  }

  /// Sends requests of one connection of a container to the world. Not shared: what one container
  /// has open no other gets to use.
  HttpFetcher fetcher(EgressClient client) {
    return new HttpFetcher(http, tls, addresses(client));
  }

  /// The addresses that a container may be connected to.
  HostAddresses addresses(EgressClient client) {
    return host -> world.of(host, client.policy());
  }

  Ports ports() {
    return ports;
  }

  HttpConfig http() {
    return http;
  }

  @Override
  public void close() {
    synchronized (doors) {
      for (Open open : doors.values()) {
        quietly(open.web());
        open.names().close();
      }
      doors.clear();
    }
    List.copyOf(connections.keySet()).forEach(this::cut);
  }
}
