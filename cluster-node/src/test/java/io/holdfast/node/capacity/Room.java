package io.holdfast.node.capacity;

import io.holdfast.node.app.AppCatalog;
import io.holdfast.protocol.NamespaceId;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;

/// Capacities for tests that are about something else.
public final class Room {
  private static final Resources PLENTY = new Resources(1L << 40, 1L << 60, 1L << 60, 100_000);

  private Room() {}

  /// Where only the instances of namespaces are limited.
  ///
  /// @param queueTimeout how long a start waits for one
  public static NodeCapacity of(
      AppCatalog apps, ScheduledExecutorService timer, Duration queueTimeout) {
    return of(
        apps::instancesMax,
        Optional.empty(),
        System::nanoTime,
        (delay, task) -> timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS),
        queueTimeout);
  }

  /// As the other, with all that it depends on.
  public static NodeCapacity of(
      ToIntFunction<NamespaceId> instancesMax,
      Optional<InstanceDivision> division,
      LongSupplier nanoTime,
      NodeCapacity.Timer timer,
      Duration queueTimeout) {
    return new NodeCapacity(
        new CapacitySettings(new NodeBudget(PLENTY), queueTimeout, 1_000),
        instancesMax,
        division,
        nanoTime,
        timer,
        new CapacityMetrics(new PrometheusRegistry()));
  }
}
