package io.holdfast.node.metering;

import com.typesafe.config.ConfigFactory;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerStats;
import io.holdfast.engine.InstanceType;
import io.holdfast.persistence.embedded.DataDirectory;
import io.holdfast.persistence.embedded.EmbeddedConfig;
import io.holdfast.persistence.embedded.EmbeddedStore;
import io.holdfast.persistence.embedded.MeterTable;
import io.holdfast.protocol.NamespaceId;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.Map;

/// A [MeterBook] on a real store, with a clock that a test moves, and crashes.
final class MeterFixture implements AutoCloseable {
  static final NamespaceId NAMESPACE = new NamespaceId("app", "boxes");
  static final InstanceType TYPE = InstanceType.BASIC;

  private final Path directory;
  private DataDirectory data;
  private EmbeddedStore store;
  MeterBook book;
  long nowMillis = Instant.parse("2026-11-24T12:00:00Z").toEpochMilli();

  MeterFixture(Path directory) {
    this.directory = directory;
    open();
  }

  private void open() {
    data = DataDirectory.open(directory);
    store = EmbeddedStore.open(data, EmbeddedConfig.from(ConfigFactory.load()));
    book = bookOn(store.meters());
  }

  MeterBook bookOn(MeterTable table) {
    return new MeterBook(
        table,
        new MeteringSettings(Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ofDays(30)),
        clock(),
        new MeteringMetrics(new PrometheusRegistry()));
  }

  InstantSource clock() {
    return () -> Instant.ofEpochMilli(nowMillis);
  }

  /// What was not flushed is lost, and the node starts again.
  void crash() {
    closeStore();
    open();
  }

  private void closeStore() {
    store.close();
    data.close();
  }

  void pass(long millis) {
    nowMillis += millis;
  }

  static ContainerOwner owner(int number) {
    return new ContainerOwner(
        NAMESPACE.app(), NAMESPACE.name(), "%064x".formatted(number), "node-1", number + 1);
  }

  static ContainerId id(int number) {
    return new ContainerId("c" + number);
  }

  ContainerMeters containers() {
    return book.containers();
  }

  void start(int number) {
    containers().started(owner(number), id(number), TYPE);
  }

  static ContainerStats stats(long cpuMicros, long sentBytes) {
    return new ContainerStats(cpuMicros, 1, 0, sentBytes, 1);
  }

  /// How many containers are marked on disk.
  int marks() {
    return store.meters().rows(MeterRows.MARKS, MeterRows.MARKS_END).size();
  }

  Usage total() {
    return days().values().stream().reduce(Usage.NONE, Usage::plus);
  }

  Usage on(String day) {
    return days()
        .getOrDefault(new MeterRows.Key(LocalDate.parse(day).toEpochDay(), NAMESPACE), Usage.NONE);
  }

  private Map<MeterRows.Key, Usage> days() {
    return book.totals(LocalDate.EPOCH, LocalDate.parse("2100-01-01"));
  }

  @Override
  public void close() {
    closeStore();
  }
}
