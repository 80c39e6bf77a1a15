package io.holdfast.node.metering;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/// What apps use, since this node started.
public final class MeteringMetrics {
  private final Counter containerSeconds;
  private final Counter vcpuSeconds;
  private final Counter memory;
  private final Counter disk;
  private final Counter egress;
  private final Counter objects;
  private final Counter requests;
  private final Counter webSocketMessages;
  private final Counter rowsRead;
  private final Counter rowsWritten;

  public MeteringMetrics(PrometheusRegistry registry) {
    this.containerSeconds = counter(registry, "container_seconds", "Time that containers ran");
    this.vcpuSeconds = counter(registry, "vcpu_seconds", "CPU time that containers used");
    this.memory =
        counter(registry, "memory_gib_seconds", "Memory of containers' instance types over time");
    this.disk =
        counter(registry, "disk_gb_seconds", "Disk of containers' instance types over time");
    this.egress = counter(registry, "egress_bytes", "Bytes that containers sent");
    this.objects =
        counter(registry, "object_gb_seconds", "Time of objects in memory, at 128 MB each");
    this.requests =
        counter(registry, "requests", "Requests, calls, batches of messages and alarms");
    this.webSocketMessages =
        counter(registry, "websocket_messages", "Messages of WebSockets that came in");
    this.rowsRead = counter(registry, "rows_read", "Rows that objects read from their storage");
    this.rowsWritten = counter(registry, "rows_written", "Rows that objects wrote");
  }

  private static Counter counter(PrometheusRegistry registry, String name, String help) {
    return Counter.builder()
        .name("holdfast_usage_" + name + "_total")
        .help(help)
        .labelNames("app")
        .withoutExemplars()
        .register(registry);
  }

  void used(String app, Usage usage) {
    UsageReports.Amounts amounts = UsageReports.Amounts.of(usage);
    add(containerSeconds, app, amounts.containerSeconds());
    add(vcpuSeconds, app, amounts.vcpuSeconds());
    add(memory, app, amounts.memoryGibSeconds());
    add(disk, app, amounts.diskGbSeconds());
    add(egress, app, usage.egressBytes());
    add(objects, app, amounts.objectGbSeconds());
    add(requests, app, usage.requests());
    add(webSocketMessages, app, usage.webSocketMessages());
    add(rowsRead, app, usage.rowsRead());
    add(rowsWritten, app, usage.rowsWritten());
  }

  private static void add(Counter counter, String app, double amount) {
    if (amount > 0) {
      counter.labelValues(app).inc(amount);
    }
  }
}
