package io.holdfast.engine.http;

import io.holdfast.engine.HttpConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.apache.hc.core5.http.config.Http1Config;
import org.jspecify.annotations.Nullable;

/// The lines of all routes, and how a new one is opened.
final class LinePools implements AutoCloseable {
  private static final Duration SWEEP_EVERY = Duration.ofSeconds(10);

  private final Map<Route, LinePool> pools = new ConcurrentHashMap<>();
  private final Http1Config limits;
  private final HttpConfig config;
  private final SSLSocketFactory tls;
  private final HostAddresses addresses;
  private final Thread sweeper;

  LinePools(HttpConfig config, SSLSocketFactory tls, HostAddresses addresses) {
    this.config = config;
    this.tls = tls;
    this.addresses = addresses;
    this.limits = HttpLine.limits(config);
    this.sweeper =
        Thread.ofVirtual().name("holdfast-http-sweeper").start(this::sweepUntilInterrupted);
  }

  private void sweepUntilInterrupted() {
    try {
      while (true) {
        Thread.sleep(SWEEP_EVERY);
        pools.values().removeIf(LinePool::sweep);
      }
    } catch (InterruptedException _) {
      // Closed.
    }
  }

  /// What a request may be given to travel on.
  enum Wanted {
    /// A resting line that looks alive, else a new one.
    ANY_CHECKED,
    /// A resting line, unseen: the request can be repeated when it turns out dead.
    ANY,
    NEW
  }

  HttpLine take(Route route, Wanted wanted, Duration connectTimeout)
      throws IOException, LinePool.FullException {
    LinePool pool = pool(route);
    HttpLine line = pool.take();
    while (line != null && !suits(line, wanted)) {
      line.discard();
      line = pool.take();
    }
    return line != null ? line : open(route, pool, connectTimeout);
  }

  private static boolean suits(HttpLine line, Wanted wanted) {
    return switch (wanted) {
      case ANY -> true;
      case ANY_CHECKED -> !line.stale();
      case NEW -> false;
    };
  }

  private LinePool pool(Route route) {
    return pools.computeIfAbsent(
        route, _ -> new LinePool(config.keepAlive().toNanos(), config.connectionsPerEndpointMax()));
  }

  private HttpLine open(Route route, LinePool pool, Duration timeout) throws IOException {
    HttpLine line = null;
    try {
      line = connect(route, pool, timeout);
    } finally {
      if (line == null) {
        pool.notOpened();
      }
    }
    pool.opened(line);
    return line;
  }

  private HttpLine connect(Route route, LinePool home, Duration timeout) throws IOException {
    return switch (route) {
      case Route.ToContainer(InetSocketAddress endpoint) -> connect(endpoint, null, home, timeout);
      case Route.ToHost host -> connectToAny(host, home, timeout);
    };
  }

  private HttpLine connectToAny(Route.ToHost to, LinePool home, Duration timeout)
      throws IOException {
    IOException last = new UnknownHostException(to.host());
    for (InetAddress address : addresses.of(to.host())) {
      try {
        return connect(new InetSocketAddress(address, to.port()), to, home, timeout);
      } catch (IOException e) {
        last = e;
      }
    }
    throw last;
  }

  private HttpLine connect(
      InetSocketAddress endpoint, Route.@Nullable ToHost secureFor, LinePool home, Duration timeout)
      throws IOException {
    SocketChannel channel = SocketChannel.open();
    try {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      Socket plain = channel.socket();
      plain.connect(endpoint, (int) timeout.toMillis());
      return HttpLine.on(channel, secured(plain, secureFor, timeout), limits, home);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private Socket secured(Socket plain, Route.@Nullable ToHost to, Duration timeout)
      throws IOException {
    if (to == null || to.scheme() == Route.Scheme.HTTP) {
      return plain;
    }
    SSLSocket secure = (SSLSocket) tls.createSocket(plain, to.host(), to.port(), true);
    SSLParameters parameters = secure.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    secure.setSSLParameters(parameters);
    secure.setSoTimeout((int) timeout.toMillis());
    secure.startHandshake();
    return secure;
  }

  void retire(Predicate<Route> which) {
    removed(which, LinePool::retire);
  }

  void cut(Predicate<Route> which) {
    removed(which, LinePool::cut);
  }

  private void removed(Predicate<Route> which, Consumer<LinePool> action) {
    for (Route route : List.copyOf(pools.keySet())) {
      LinePool pool = which.test(route) ? pools.remove(route) : null;
      if (pool != null) {
        action.accept(pool);
      }
    }
  }

  int underWay() {
    return pools.values().stream().mapToInt(LinePool::underWayCount).sum();
  }

  int resting() {
    return pools.values().stream().mapToInt(LinePool::restingCount).sum();
  }

  @Override
  public void close() {
    sweeper.interrupt();
    cut(_ -> true);
  }
}
