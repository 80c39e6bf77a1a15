package io.holdfast.cassandra;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import io.holdfast.sdk.HoldfastException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/// States by lightweight transactions over all data centers.
public final class CassandraRegionStates implements RegionStates {
  private final Cql cql;
  private final PreparedStatement all;
  private final PreparedStatement read;
  private final PreparedStatement insert;
  private final PreparedStatement update;

  /// @throws HoldfastException `storage_failed`
  public CassandraRegionStates(CqlSession session, String keyspace) {
    this.cql = new Cql(session, keyspace, "regions");
    this.all = cql.prepare("SELECT region, version, lost FROM %s.region_states");
    this.read = cql.prepare("SELECT version, lost FROM %s.region_states WHERE region = ?");
    this.insert =
        cql.prepare(
            "INSERT INTO %s.region_states (version, lost, region) VALUES (?, ?, ?) IF NOT EXISTS");
    this.update =
        cql.prepare(
            "UPDATE %s.region_states SET version = ?, lost = ? WHERE region = ? IF version = ?");
  }

  @Override
  public CompletableFuture<Map<String, RegionState>> known() {
    // A row per region: one page.
    return cql.executeAsync(all.bind())
        .thenApply(rows -> {
          Map<String, RegionState> states = new HashMap<>();
          for (Row row : rows.currentPage()) {
            states.put(String.valueOf(row.getString("region")), state(row));
          }
          return states;
        });
  }

  @Override
  public CompletableFuture<RegionState> declare(String region, boolean isLost) {
    return cql.currentAsync(read.bind(region))
        .thenCompose(rows -> {
          Row row = rows.one();
          RegionState now = row == null ? RegionState.UNSAID : state(row);
          if (now.isLost() == isLost) {
            return CompletableFuture.completedFuture(now);
          }
          RegionState next = new RegionState(now.version() + 1, isLost);
          return change(next, now, region)
              .thenCompose(changed ->
                  changed.wasApplied()
                      ? CompletableFuture.completedFuture(next)
                      : declare(region, isLost));
        });
  }

  private CompletableFuture<AsyncResultSet> change(
      RegionState next, RegionState now, String region) {
    BoundStatement statement =
        now.version() == 0
            ? insert.bind(next.version(), next.isLost(), region)
            : update.bind(next.version(), next.isLost(), region, now.version());
    return cql.changeAsync(statement);
  }

  private static RegionState state(Row row) {
    return new RegionState(row.getLong("version"), row.getBoolean("lost"));
  }
}
