package io.holdfast.node.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.sdk.HoldfastException;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.ToIntFunction;

/// A [NodeCapacity] with a clock and a timer that a test moves.
final class CapacityFixture {
  private static final long MIB = 1 << 20;

  final PrometheusRegistry registry = new PrometheusRegistry();
  final NodeCapacity capacity;
  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(Comparator.comparingLong(Task::atNanos));
  private long nowNanos = Long.MAX_VALUE - 1_000; // It overflows on the way, as it may.

  private record Task(long atNanos, Runnable task) {}

  CapacityFixture(
      Resources budget, Duration timeout, int lengthMax, ToIntFunction<NamespaceId> instancesMax) {
    this.capacity =
        new NodeCapacity(
            new CapacitySettings(new NodeBudget(budget), timeout, lengthMax),
            instancesMax,
            Optional.empty(),
            () -> nowNanos,
            (delay, task) -> tasks.add(new Task(elapsed() + delay.toNanos(), task)),
            new CapacityMetrics(registry));
  }

  private long elapsed() {
    return nowNanos - (Long.MAX_VALUE - 1_000);
  }

  void pass(Duration time) {
    long until = elapsed() + time.toNanos();
    while (!tasks.isEmpty() && tasks.peek().atNanos() <= until) {
      Task next = tasks.remove();
      nowNanos += Math.max(0, next.atNanos() - elapsed());
      next.task().run();
    }
    nowNanos += until - elapsed();
  }

  static NamespaceId namespace(String name) {
    return new NamespaceId("test", name);
  }

  static ObjectAddress object(String namespace, String name) {
    NamespaceId id = namespace(namespace);
    return new ObjectAddress(id, new ObjectIds(id).named(name));
  }

  static Resources container(long cpuMillis, long memoryMib) {
    return new Resources(cpuMillis, memoryMib * MIB, 1, 1);
  }

  StartTicket take(String namespace, Resources need) {
    return capacity.take(object(namespace, "a"), need);
  }

  static boolean held(StartTicket ticket) {
    return ticket.granted.isDone() && !ticket.granted.isCompletedExceptionally();
  }

  static HoldfastException refusal(StartTicket ticket) {
    assertThat(ticket.granted).isCompletedExceptionally();
    return (HoldfastException) ticket.granted.exceptionNow();
  }

  double metric(String name, String... label) {
    return registry.scrape().stream()
        .filter(metric -> metric.getMetadata().getPrometheusName().equals(name))
        .flatMap(metric -> metric.getDataPoints().stream())
        .filter(point -> matches(point, label))
        .mapToDouble(CapacityFixture::value)
        .findFirst()
        .orElseThrow(() -> new AssertionError("expected a metric " + name + ", found none"));
  }

  private static boolean matches(DataPointSnapshot point, String... label) {
    return label.length == 0 || label[1].equals(point.getLabels().get(label[0]));
  }

  private static double value(DataPointSnapshot point) {
    return switch (point) {
      case io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot gauge ->
          gauge.getValue();
      case io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot counter ->
          counter.getValue();
      default -> throw new AssertionError(point);
    };
  }
}
