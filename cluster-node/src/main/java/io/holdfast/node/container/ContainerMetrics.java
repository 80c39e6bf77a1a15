package io.holdfast.node.container;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ImagePulls;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Locale;

/// What a node tells of its containers.
public final class ContainerMetrics {
  private final PrometheusRegistry registry;
  private final Gauge running;
  private final Gauge paused;
  private final Histogram startSeconds;
  private final Counter startFailures;
  private final Counter transitions;

  public ContainerMetrics(PrometheusRegistry registry) {
    this.registry = registry;
    this.running =
        Gauge.builder()
            .name("holdfast_containers")
            .help("Containers that are starting, running, paused or stopping")
            .register(registry);
    this.paused =
        Gauge.builder()
            .name("holdfast_containers_paused")
            .help("Containers of these that are frozen: they keep their memory and use no CPU")
            .register(registry);
    this.startSeconds =
        Histogram.builder()
            .name("holdfast_container_start_seconds")
            .help("Time from the order to start until the engine runs the process")
            .classicOnly()
            .classicUpperBounds(0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30)
            .register(registry);
    this.startFailures =
        Counter.builder()
            .name("holdfast_container_start_failures_total")
            .help("Starts that failed")
            .register(registry);
    this.transitions =
        Counter.builder()
            .name("holdfast_container_transitions_total")
            .help("What happened to containers, by the state in which it did")
            .labelNames("state", "event")
            .register(registry);
  }

  /// From now on tells of the pulls of this engine too.
  void watch(ContainerEngine engine) {
    GaugeWithCallback.builder()
        .name("holdfast_image_pulls")
        .help("Images that are being pulled from a registry")
        .callback(out -> out.call(engine.pulls().underWay().size()))
        .register(registry);
    CounterWithCallback.builder()
        .name("holdfast_image_pulls_ended_total")
        .help("Pulls of images that have ended")
        .labelNames("result")
        .callback(out -> {
          ImagePulls pulls = engine.pulls();
          out.call(pulls.succeeded(), "succeeded");
          out.call(pulls.failed(), "failed");
        })
        .register(registry);
    CounterWithCallback.builder()
        .name("holdfast_image_pulled_bytes_total")
        .help("Bytes fetched from registries by pulls that have ended")
        .callback(out -> out.call(engine.pulls().bytes()))
        .register(registry);
  }

  void running(int change) {
    running.inc(change);
  }

  void paused(int change) {
    paused.inc(change);
  }

  void started(long nanos) {
    startSeconds.observe(nanos / 1e9);
  }

  void stepped(ContainerLifecycle.State state, ContainerLifecycle.Event event) {
    transitions.labelValues(label(state), label(event)).inc();
  }

  private static String label(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  void startFailed() {
    startFailures.inc();
  }
}
