package io.holdfast.edge;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Worker;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.TLSProtocol.SslTlsInbound;
import org.apache.pekko.stream.TLSProtocol.SslTlsOutbound;
import org.apache.pekko.stream.javadsl.BidiFlow;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Tcp;
import org.apache.pekko.util.ByteString;

/// The HTTP server of a node.
///
/// Pekko HTTP's server layer on a TCP server of our own: the guard between the two sees the bytes,
/// so that slow heads, stalled bodies and clients that left are noticed, which `Http().bind` leaves
/// out.
public final class EdgeServer {
  private static final Duration BIND_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration HARD_STOP = Duration.ofSeconds(2);
  private static final long POLL_NANOS = 5_000_000;

  private final EdgeConfig config;
  private final EdgeMetrics metrics;
  private final AccessLog accessLog;
  private final WaitUntilTasks tasks;
  private final RequestHandler handler;
  private final Materializer materializer;
  private final BidiFlow<HttpResponse, SslTlsOutbound, SslTlsInbound, HttpRequest, NotUsed> http;
  private final Set<EdgeConnection> connections = ConcurrentHashMap.newKeySet();
  private final Thread clock;
  private final Tcp.ServerBinding binding;
  private volatile boolean draining;
  private volatile boolean stopped;

  private EdgeServer(ActorSystem<?> system, EdgeConfig config, EdgeServices services) {
    this.config = config;
    this.metrics = new EdgeMetrics(services.registry());
    this.tasks =
        new WaitUntilTasks(
            config.waitUntilTimeout().toNanos(),
            config.waitUntilTasksMax(),
            metrics::waitUntilInterrupted);
    RouteTable<WorkerHost> routes = routes(services.apps());
    this.accessLog = new AccessLog(config.accessLog(), metrics::accessLogLineDropped);
    this.materializer = SystemMaterializer.get(system).materializer();
    ServiceApi serviceApi = new ServiceApi(services, metrics, config.rpcBytesMax());
    OperatorEndpoints operator =
        new OperatorEndpoints(services, config, serviceApi, () -> draining);
    this.handler =
        new RequestHandler(
            config,
            routes,
            services.clients(),
            serviceApi,
            operator,
            new AdminApi(services, metrics),
            metrics,
            accessLog,
            () -> draining,
            materializer);
    this.http = HttpLayer.create(system, config);
    registerMetrics();
    this.binding = bind(system);
    accessLog.start();
    this.clock = Thread.ofPlatform().daemon().name("holdfast-edge-clock").start(this::runClock);
  }

  /// Starts serving; returns once the port is bound. Blocks up to 10 s.
  ///
  /// @throws HoldfastException `app_invalid` when the routes of the apps do not fit together,
  ///   `config_invalid` when the port cannot be bound
  public static EdgeServer start(ActorSystem<?> system, EdgeConfig config, EdgeServices services) {
    return new EdgeServer(system, config, services);
  }

  /// Where it listens.
  public InetSocketAddress address() {
    return binding.localAddress();
  }

  private RouteTable<WorkerHost> routes(List<EdgeApp> apps) {
    List<RouteTable.Entry<WorkerHost>> entries = new ArrayList<>();
    for (EdgeApp app : apps) {
      Worker worker = app.worker().orElse(null);
      if (worker != null) {
        WorkerHost host = new WorkerHost(app.name(), worker, app.env(), tasks);
        app.routes().forEach(route -> entries.add(new RouteTable.Entry<>(route, app.name(), host)));
      }
    }
    return RouteTable.of(entries);
  }

  private Tcp.ServerBinding bind(ActorSystem<?> system) {
    CompletionStage<Tcp.ServerBinding> bound =
        Tcp.get(system)
            .bind(
                config.host(),
                config.port(),
                config.backlog(),
                List.of(),
                true,
                Optional.<Duration>empty())
            .mapAsyncUnordered(config.connectionsMax(), this::serve)
            .to(Sink.ignore())
            .run(materializer);
    try {
      return bound.toCompletableFuture().get(BIND_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw cannotBind(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw cannotBind(e);
    }
  }

  private HoldfastException cannotBind(Exception e) {
    metrics.unregister();
    return new HoldfastException(
        ErrorCode.CONFIG_INVALID,
        "holdfast.edge.host and port: expected a free address, found that %s:%d cannot be bound: %s"
            .formatted(config.host(), config.port(), ErrorReply.unwrapped(e).getMessage()),
        e);
  }

  /** Completes when the connection is gone. */
  private CompletionStage<Void> serve(Tcp.IncomingConnection incoming) {
    EdgeConnection connection =
        new EdgeConnection(incoming.remoteAddress().getAddress().getHostAddress());
    connections.add(connection);
    var _ = connection.closed().thenRun(() -> connections.remove(connection));
    Flow<HttpRequest, HttpResponse, NotUsed> exchanges =
        Flow.fromGraph(
            new ExchangeStage((request, reply) -> handler.handle(request, connection, reply)));
    Flow<ByteString, ByteString, NotUsed> server =
        http.atop(BidiFlow.fromGraph(new ConnectionGuard(connection, metrics::malformed)))
            .reversed()
            .join(exchanges);
    try {
      incoming.handleWith(server, materializer);
    } catch (RuntimeException e) {
      EdgeLog.LOG.error("serving a connection of {} failed", connection.peer(), e);
      connection.onClosed();
    }
    return connection.closed();
  }

  private void registerMetrics() {
    metrics.gauge("holdfast_edge_requests_in_flight", "Requests being answered", handler::inFlight);
    metrics.gauge("holdfast_edge_connections", "Open client connections", connections::size);
    metrics.gauge("holdfast_edge_web_sockets", "Open WebSockets", metrics.sockets()::open);
    metrics.gauge("holdfast_edge_wait_until_tasks", "waitUntil tasks running", tasks::count);
    metrics.register();
  }

  private void runClock() {
    long tickNanos = PekkoSettings.tick(config).toNanos();
    while (!stopped) {
      LockSupport.parkNanos(tickNanos);
      try {
        long now = System.nanoTime();
        for (EdgeConnection connection : connections) {
          connection.checkDeadlines(now, config);
        }
        tasks.checkDeadlines(now);
      } catch (RuntimeException e) {
        EdgeLog.LOG.error("checking deadlines failed", e);
      }
    }
  }

  /// Stops: no new connections, idle ones close, requests in flight and `waitUntil` tasks get until
  /// the deadline, then everything ends. Blocks, at most [#HARD_STOP] longer than the deadline.
  public void stop(Duration deadline) throws InterruptedException {
    draining = true;
    CompletableFuture<?> unbound = binding.unbind().toCompletableFuture();
    awaitEnd(deadline);
    tasks.interruptAll();
    connections.forEach(EdgeConnection::end);
    awaitEnd(HARD_STOP);
    var _ = unbound.completeOnTimeout(null, HARD_STOP.toMillis(), TimeUnit.MILLISECONDS).join();
    stopped = true;
    LockSupport.unpark(clock);
    clock.join();
    accessLog.stop();
    metrics.unregister();
  }

  /** Until all connections and tasks are gone; closes the connections that become idle. */
  private void awaitEnd(Duration deadline) throws InterruptedException {
    long endNanos = System.nanoTime() + deadline.toNanos();
    while (!connections.isEmpty() || tasks.count() > 0) {
      connections.forEach(EdgeConnection::closeIfIdle);
      if (System.nanoTime() - endNanos >= 0) {
        return;
      }
      LockSupport.parkNanos(POLL_NANOS);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
  }
}
