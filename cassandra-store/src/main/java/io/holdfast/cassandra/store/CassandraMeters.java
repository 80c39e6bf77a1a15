package io.holdfast.cassandra.store;

import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import io.holdfast.cassandra.Cql;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/*
 * Each life of a node has rows of its own, so nobody writes over what another one has counted: not the next life of the
 * node, and not an earlier one that stood still and goes on.
 */
/// What nodes used, for whoever sums it up. Thread-safe.
public final class CassandraMeters {
  /// What one life of a node used of one namespace in one day.
  ///
  /// @param usage means something to who wrote it
  public record Sum(long epochDay, String app, String namespace, byte[] usage) {}

  private final Cql cql;
  private final PreparedStatement write;
  private final PreparedStatement read;

  CassandraMeters(Cql cql) {
    this.cql = cql;
    this.write =
        cql.prepare(
            """
            INSERT INTO %s.meters (region, day, app, namespace, life, usage)
            VALUES (?, ?, ?, ?, ?, ?) USING TTL ?\
            """);
    this.read =
        cql.prepare("SELECT app, namespace, usage FROM %s.meters WHERE region = ? AND day = ?");
  }

  /// Writes sums in the place of those that this life wrote before.
  ///
  /// @param life of a node; no other one has that
  /// @param kept how long from now they are there
  /// @return done when all are durable; fails with `storage_failed`, after which some may be there
  public CompletableFuture<Void> write(
      String region, String life, Collection<Sum> sums, Duration kept) {
    int seconds = Math.toIntExact(kept.toSeconds());
    return CompletableFuture.allOf(
        sums.stream()
            .map(sum ->
                cql.executeAsync(
                    write.bind(
                        region,
                        sum.epochDay(),
                        sum.app(),
                        sum.namespace(),
                        life,
                        ByteBuffer.wrap(sum.usage()),
                        seconds)))
            .toArray(CompletableFuture[]::new));
  }

  /// What all lives of all nodes of a region used in a day; blocks.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `storage_failed`
  public List<Sum> of(String region, long epochDay) {
    List<Sum> sums = new ArrayList<>();
    for (Row row : cql.execute(read.bind(region, epochDay))) {
      sums.add(
          new Sum(
              epochDay,
              row.getString("app"),
              row.getString("namespace"),
              Cql.bytes(row.getByteBuffer("usage"))));
    }
    return sums;
  }
}
