package io.holdfast.edge;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;

/// What the edge counts. Registered by [#register()], taken out again by [#unregister()].
final class EdgeMetrics {
  /// Labels for requests that belong to no app; no app can be called so.
  static final String NO_APP = "_none";

  static final String SERVICE = "_service";
  static final String OPERATOR = "_operator";

  private final Counter requests =
      Counter.builder()
          .name("holdfast_edge_requests")
          .help("Requests answered, or left by their client (status 4xx)")
          .labelNames("app", "status")
          .build();
  private final Histogram duration =
      Histogram.builder()
          .name("holdfast_edge_request_duration")
          .unit(Unit.SECONDS)
          .help("From the head of a request to the end of its response")
          .labelNames("app")
          .classicOnly()
          .classicUpperBounds(
              0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
          .build();
  private final Counter received =
      Counter.builder()
          .name("holdfast_edge_received")
          .unit(Unit.BYTES)
          .help("Bytes of request bodies")
          .labelNames("app")
          .build();
  private final Counter sent =
      Counter.builder()
          .name("holdfast_edge_sent")
          .unit(Unit.BYTES)
          .help("Bytes of response bodies")
          .labelNames("app")
          .build();
  private final Counter rejected =
      Counter.builder()
          .name("holdfast_edge_requests_rejected")
          .help("Requests refused before any app saw them")
          .labelNames("reason")
          .build();
  private final Counter interrupted =
      Counter.builder()
          .name("holdfast_edge_wait_until_interrupted")
          .help("waitUntil tasks whose time was up")
          .build();
  private final Counter linesDropped =
      Counter.builder()
          .name("holdfast_edge_access_log_dropped")
          .help("Access log lines dropped because the queue was full")
          .build();

  private final Counter socketMessages =
      Counter.builder()
          .name("holdfast_edge_web_socket_messages")
          .help("Messages of WebSockets, from clients (in) and to them (out)")
          .labelNames("direction")
          .build();
  private final SocketMetrics sockets = new SocketMetrics(socketMessages);

  private final CounterDataPoint overloaded = rejected.labelValues("overloaded");
  private final CounterDataPoint malformed = rejected.labelValues("malformed");
  private final CounterDataPoint unauthorized = rejected.labelValues("unauthorized");
  private final ConcurrentHashMap<String, AppPoints> apps = new ConcurrentHashMap<>();
  private final List<Collector> collectors =
      new ArrayList<>(
          List.of(
              requests,
              duration,
              received,
              sent,
              rejected,
              interrupted,
              linesDropped,
              socketMessages));
  private final PrometheusRegistry registry;

  EdgeMetrics(PrometheusRegistry registry) {
    this.registry = registry;
  }

  /// The points of one app, looked up once.
  private record AppPoints(
      List<CounterDataPoint> byStatusClass,
      DistributionDataPoint duration,
      CounterDataPoint received,
      CounterDataPoint sent) {}

  /// Adds a gauge that is read when asked for.
  void gauge(String name, String help, IntSupplier value) {
    collectors.add(
        GaugeWithCallback.builder()
            .name(name)
            .help(help)
            .callback(callback -> callback.call(value.getAsInt()))
            .build());
  }

  void register() {
    collectors.forEach(registry::register);
  }

  void unregister() {
    collectors.forEach(registry::unregister);
  }

  void record(Exchange exchange) {
    AppPoints points = apps.computeIfAbsent(exchange.app(), this::pointsOf);
    points.byStatusClass.get(exchange.status() / 100 - 1).inc();
    points.duration.observe((exchange.overNanos() - exchange.startNanos()) / 1e9);
    addBytes(points.received, exchange.bytesIn());
    addBytes(points.sent, exchange.bytesOut());
  }

  private static void addBytes(CounterDataPoint counter, long bytes) {
    if (bytes > 0) {
      counter.inc(bytes);
    }
  }

  private AppPoints pointsOf(String app) {
    List<CounterDataPoint> classes = new ArrayList<>();
    for (String status : List.of("1xx", "2xx", "3xx", "4xx", "5xx")) {
      classes.add(requests.labelValues(app, status));
    }
    return new AppPoints(
        classes, duration.labelValues(app), received.labelValues(app), sent.labelValues(app));
  }

  SocketMetrics sockets() {
    return sockets;
  }

  void overloaded() {
    overloaded.inc();
  }

  void malformed() {
    malformed.inc();
  }

  void unauthorized() {
    unauthorized.inc();
  }

  void waitUntilInterrupted() {
    interrupted.inc();
  }

  void accessLogLineDropped() {
    linesDropped.inc();
  }
}
