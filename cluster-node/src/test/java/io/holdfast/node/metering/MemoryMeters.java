package io.holdfast.node.metering;

import io.holdfast.persistence.embedded.MeterTable;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/// The rows of meters in memory, with a disk that can fail.
public final class MemoryMeters implements MeterTable {
  private final TreeMap<byte[], byte[]> rows = new TreeMap<>(Arrays::compareUnsigned);

  /** Writes take effect and fail all the same. */
  volatile boolean forgetsReplies;

  /// A book for tests that are about something else.
  public static MeterBook book(InstantSource clock) {
    return new MeterBook(
        new MemoryMeters(),
        new MeteringSettings(Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ofDays(1)),
        clock,
        new MeteringMetrics(new PrometheusRegistry()));
  }

  @Override
  public synchronized List<Row> rows(byte[] first, byte[] end) {
    return rows.subMap(first, end).entrySet().stream()
        .map(row -> new Row(row.getKey(), row.getValue()))
        .toList();
  }

  @Override
  public synchronized CompletableFuture<Void> write(
      Collection<Row> puts, Collection<byte[]> deletes) {
    puts.forEach(row -> rows.put(row.key(), row.value()));
    deletes.forEach(rows::remove);
    return forgetsReplies
        ? CompletableFuture.failedFuture(
            new HoldfastException(ErrorCode.STORAGE_FAILED, "the disk is gone"))
        : CompletableFuture.completedFuture(null);
  }
}
