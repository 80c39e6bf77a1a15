package io.holdfast.node.capacity;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Locale;

/// What a node tells of its room for containers. CPU is counted in processors, memory and disk in
/// bytes.
public final class CapacityMetrics {
  private final Gauge budget;
  private final Gauge taken;
  private final Gauge waiting;
  private final Histogram waitSeconds;
  private final Counter refused;

  /// Why a start got no room.
  enum Refusal {
    TIMEOUT,
    QUEUE_FULL,
    TOO_LARGE
  }

  public CapacityMetrics(PrometheusRegistry registry) {
    this.budget =
        Gauge.builder()
            .name("holdfast_container_budget")
            .help("What the containers of this node may take together")
            .labelNames("resource")
            .register(registry);
    this.taken =
        Gauge.builder()
            .name("holdfast_container_taken")
            .help("What containers that start, run or stop take of it")
            .labelNames("resource")
            .register(registry);
    this.waiting =
        Gauge.builder()
            .name("holdfast_container_starts_waiting")
            .help("Starts that wait for room")
            .register(registry);
    this.waitSeconds =
        Histogram.builder()
            .name("holdfast_container_start_wait_seconds")
            .help("How long starts that found no room at first waited until they had it")
            .classicOnly()
            .classicUpperBounds(0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60)
            .register(registry);
    this.refused =
        Counter.builder()
            .name("holdfast_container_starts_refused_total")
            .help("Starts that got no room, by the reason")
            .labelNames("reason")
            .register(registry);
    for (Refusal reason : Refusal.values()) {
      refused.initLabelValues(name(reason));
    }
  }

  void budget(Resources resources) {
    set(budget, resources);
  }

  void taken(Resources resources) {
    set(taken, resources);
  }

  private static void set(Gauge gauge, Resources resources) {
    for (Resources.Kind kind : Resources.Kind.values()) {
      double unit = kind == Resources.Kind.CPU ? 1_000 : 1;
      gauge.labelValues(name(kind)).set(resources.of(kind) / unit);
    }
  }

  void waiting(int starts) {
    waiting.set(starts);
  }

  void waited(long nanos) {
    waitSeconds.observe(nanos / 1e9);
  }

  void refused(Refusal reason) {
    refused.labelValues(name(reason)).inc();
  }

  private static String name(Enum<?> of) {
    return of.name().toLowerCase(Locale.ROOT);
  }
}
