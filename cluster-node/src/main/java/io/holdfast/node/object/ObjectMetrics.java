package io.holdfast.node.object;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.GaugeDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/// What a node tells of its objects.
public final class ObjectMetrics {
  private final PrometheusRegistry registry;
  private final GaugeDataPoint objects;
  private final CounterDataPoint events;
  private final CounterDataPoint failures;
  private final CounterDataPoint resets;
  private final CounterDataPoint persists;
  private final CounterDataPoint commits;
  private final CounterDataPoint repeats;
  private final CounterDataPoint messagesSent;
  private final CounterDataPoint messagesCarriedOut;
  private final CounterDataPoint deadLetters;
  private final CounterDataPoint persistFailures;
  private final Histogram persistSeconds;

  public ObjectMetrics(PrometheusRegistry registry) {
    this.registry = registry;
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
        counter(registry, "holdfast_persists_total", "Merged commits that became durable");
    this.commits =
        counter(registry, "holdfast_commits_total", "Transactions in those merged commits");
    this.repeats =
        counter(
            registry,
            "holdfast_idempotent_repeats_total",
            "Calls answered with what the first call of their idempotency key was answered");
    this.messagesSent =
        counter(registry, "holdfast_messages_sent_total", "Messages that objects sent to objects");
    this.messagesCarriedOut =
        counter(registry, "holdfast_messages_carried_out_total", "Messages that objects ran");
    this.deadLetters =
        counter(registry, "holdfast_dead_letters_total", "Messages that were given up");
    this.persistFailures =
        counter(
            registry,
            "holdfast_persist_failures_total",
            "Merged commits that the journal refused or lost; their objects were reset");
    this.persistSeconds =
        Histogram.builder()
            .name("holdfast_persist_seconds")
            .help("From handing a merged commit to the journal until it is durable")
            .classicOnly()
            .classicUpperBounds(0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5)
            .withoutExemplars()
            .register(registry);
  }

  private static CounterDataPoint counter(PrometheusRegistry registry, String name, String help) {
    return Counter.builder().name(name).help(help).withoutExemplars().register(registry);
  }

  /// How many alarms wait to begin is shown from now on.
  void watch(AlarmLane lane) {
    GaugeWithCallback.builder()
        .name("holdfast_alarms_waiting")
        .help("Alarms that are due, and let others begin first")
        .callback(gauge -> gauge.call(lane.waiting()))
        .register(registry);
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

  /// A merged commit of so many transactions became durable in that time.
  void persisted(int transactions, long nanos) {
    persists.inc();
    commits.inc(transactions);
    persistSeconds.observe(nanos / 1e9);
  }

  void persistFailed() {
    persistFailures.inc();
  }

  void answerRepeated() {
    repeats.inc();
  }

  void messageSent() {
    messagesSent.inc();
  }

  void messageCarriedOut() {
    messagesCarriedOut.inc();
  }

  void messageGivenUp() {
    deadLetters.inc();
  }
}
