package io.holdfast.node.metering;

import io.holdfast.cassandra.store.CassandraMeters;
import io.holdfast.persistence.embedded.MeterTable;
import io.holdfast.protocol.NamespaceId;
import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;

/*
 * In a cluster a life of a node begins to count at zero, and what was used is the sum over all lives of all nodes. There are
 * no marks of containers to go on from: no container outlives its node there.
 */
/// What all nodes of a cluster used, and the table of this one. Thread-safe.
public final class ClusterMeters implements MeterTable, UsageTotals {
  private final CassandraMeters meters;
  private final List<String> regions;
  private final String region;
  private final String life;
  private final Duration retention;
  private final InstantSource clock;

  /// @param regions of the cluster
  /// @param region of this node
  /// @param life of this node; no other one has that
  /// @param retention how long it is known what was used in a day
  public ClusterMeters(
      CassandraMeters meters,
      List<String> regions,
      String region,
      String life,
      Duration retention,
      InstantSource clock) {
    this.meters = meters;
    this.regions = List.copyOf(regions);
    this.region = region;
    this.life = life;
    this.retention = retention;
    this.clock = clock;
  }

  // ---- this life of the node
  // --------------------------------------------------------------------------------------

  @Override
  public List<Row> rows(byte[] first, byte[] end) {
    return List.of();
  }

  /// Days that are over for long enough go by themselves.
  @Override
  public CompletableFuture<Void> write(Collection<Row> puts, Collection<byte[]> deletes) {
    return meters.write(
        region,
        life,
        puts.stream().filter(ClusterMeters::isTotal).map(ClusterMeters::sum).toList(),
        retention.plusDays(1));
  }

  private static boolean isTotal(Row row) {
    return Arrays.equals(row.key(), 0, 1, MeterRows.TOTALS, 0, 1);
  }

  private static CassandraMeters.Sum sum(Row row) {
    MeterRows.Key key = MeterRows.key(row.key());
    return new CassandraMeters.Sum(
        key.epochDay(), key.namespace().app(), key.namespace().name(), row.value());
  }

  // ---- all of them
  // ------------------------------------------------------------------------------------------------

  /// As the nodes have written it last.
  @Override
  public SortedMap<MeterRows.Key, Usage> totals(LocalDate from, LocalDate to) {
    long today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC).toEpochDay();
    Map<MeterRows.Key, Usage> sums = new HashMap<>();
    long first = Math.max(from.toEpochDay(), today - retention.toDays());
    for (long day = first; day <= Math.min(to.toEpochDay(), today + 1); day++) {
      for (String each : regions) {
        for (CassandraMeters.Sum sum : meters.of(each, day)) {
          sums.merge(
              new MeterRows.Key(day, new NamespaceId(sum.app(), sum.namespace())),
              Usage.decoded(sum.usage()),
              Usage::plus);
        }
      }
    }
    return UsageTotals.ordered(sums);
  }
}
