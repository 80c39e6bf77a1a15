package io.holdfast.node.object;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.GaugeDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/// What a node tells of its objects.
public final class ObjectMetrics {
  private final GaugeDataPoint objects;
  private final CounterDataPoint events;
  private final CounterDataPoint failures;
  private final CounterDataPoint resets;
  private final CounterDataPoint persists;
  private final CounterDataPoint commits;

  public ObjectMetrics(PrometheusRegistry registry) {
    this.objects =
        Gauge.builder()
            .name("holdfast_objects")
            .help("Objects in memory")
            .withoutExemplars()
            .register(registry);
    this.events = counter(registry, "holdfast_object_events_total", "Events that objects ran");
    this.failures =
        counter(registry, "holdfast_object_event_failures_total", "Events whose code threw");
    this.resets = counter(registry, "holdfast_object_resets_total", "Objects that were reset");
    this.persists =
        counter(registry, "holdfast_persists_total", "Merged commits handed to the journal");
    this.commits =
        counter(registry, "holdfast_commits_total", "Transactions in those merged commits");
  }

  private static CounterDataPoint counter(PrometheusRegistry registry, String name, String help) {
    return Counter.builder().name(name).help(help).withoutExemplars().register(registry);
  }

  void objectEntered() {
    objects.inc();
  }

  void objectLeft() {
    objects.dec();
  }

  void objectReset() {
    resets.inc();
  }

  void eventEnded() {
    events.inc();
  }

  void eventFailed() {
    failures.inc();
  }

  void persistBegun(int transactions) {
    persists.inc();
    commits.inc(transactions);
  }
}
