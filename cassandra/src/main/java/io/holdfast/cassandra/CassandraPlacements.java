package io.holdfast.cassandra;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import io.holdfast.sdk.HoldfastException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// Homes by lightweight transactions over all data centers: a majority of all copies decides, so a
/// change costs round trips between regions, and reading what this one knows does not.
public final class CassandraPlacements implements PlacementDirectory {
  private final Cql cql;
  private final PreparedStatement read;
  private final PreparedStatement insert;
  private final PreparedStatement update;

  /// @throws HoldfastException `storage_failed`
  public CassandraPlacements(CqlSession session, String keyspace) {
    this.cql = new Cql(session, keyspace, "placements");
    this.read = cql.prepare("SELECT region, version, tx_seq FROM %s.placements WHERE object = ?");
    this.insert =
        cql.prepare(
            "INSERT INTO %s.placements (region, version, tx_seq, object) VALUES (?, ?, ?, ?) IF NOT EXISTS");
    this.update =
        cql.prepare(
            "UPDATE %s.placements SET region = ?, version = ?, tx_seq = ? WHERE object = ? IF region = ? AND version = ?");
  }

  @Override
  public CompletableFuture<Optional<Placement>> known(String objectKey) {
    return cql.executeAsync(read.bind(objectKey)).thenApply(CassandraPlacements::placement);
  }

  @Override
  public CompletableFuture<Optional<Placement>> current(String objectKey) {
    return cql.currentAsync(read.bind(objectKey)).thenApply(CassandraPlacements::placement);
  }

  @Override
  public CompletableFuture<Placement> claim(String objectKey, Placement first) {
    return cql.changeAsync(insert.bind(first.region(), first.version(), first.txSeq(), objectKey))
        .thenApply(rows -> rows.wasApplied() ? first : placement(rows).orElseThrow());
  }

  @Override
  public CompletableFuture<Boolean> replace(String objectKey, Placement expected, Placement next) {
    return cql.changeAsync(
            update.bind(
                next.region(),
                next.version(),
                next.txSeq(),
                objectKey,
                expected.region(),
                expected.version()))
        .thenApply(AsyncResultSet::wasApplied);
  }

  private static Optional<Placement> placement(AsyncResultSet rows) {
    return Optional.ofNullable(rows.one()).map(CassandraPlacements::placement);
  }

  private static Placement placement(Row row) {
    return new Placement(
        String.valueOf(row.getString("region")), row.getLong("version"), row.getLong("tx_seq"));
  }
}
