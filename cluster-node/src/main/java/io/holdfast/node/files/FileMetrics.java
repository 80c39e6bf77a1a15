package io.holdfast.node.files;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/// What a node tells of the files it keeps.
public final class FileMetrics {
  private final Gauge underWay;
  private final Histogram keepSeconds;
  private final Histogram restoreSeconds;
  private final Counter failures;
  private final Counter readBytes;
  private final Counter storedBytes;
  private final Counter restoredBytes;

  public FileMetrics(PrometheusRegistry registry) {
    this.underWay =
        Gauge.builder()
            .name("holdfast_file_archives_under_way")
            .help("Archives of containers' files that are being made or restored, or wait for that")
            .register(registry);
    this.keepSeconds = seconds(registry, "holdfast_file_archive_seconds", "Time to archive files");
    this.restoreSeconds =
        seconds(registry, "holdfast_file_restore_seconds", "Time to restore archived files");
    this.failures =
        Counter.builder()
            .name("holdfast_file_archive_failures_total")
            .help("Archives that could not be made; the one before stays")
            .register(registry);
    this.readBytes =
        bytes(registry, "holdfast_file_archive_read_bytes_total", "Contents that were archived");
    this.storedBytes =
        bytes(
            registry,
            "holdfast_file_archive_stored_bytes_total",
            "What of that had to be written to disk, compressed");
    this.restoredBytes =
        bytes(registry, "holdfast_file_restored_bytes_total", "Contents that were restored");
  }

  private static Histogram seconds(PrometheusRegistry registry, String name, String help) {
    return Histogram.builder()
        .name(name)
        .help(help)
        .classicOnly()
        .classicUpperBounds(0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)
        .register(registry);
  }

  private static Counter bytes(PrometheusRegistry registry, String name, String help) {
    return Counter.builder().name(name).help(help).register(registry);
  }

  void underWay(int change) {
    underWay.inc(change);
  }

  void kept(long nanos, long contentBytes, long writtenBytes) {
    keepSeconds.observe(nanos / 1e9);
    readBytes.inc(contentBytes);
    storedBytes.inc(writtenBytes);
  }

  void restored(long nanos, long contentBytes) {
    restoreSeconds.observe(nanos / 1e9);
    restoredBytes.inc(contentBytes);
  }

  void failed() {
    failures.inc();
  }
}
