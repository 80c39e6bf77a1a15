package io.holdfast.cassandra;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.DefaultConsistencyLevel;
import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import io.holdfast.sdk.HoldfastException;
import java.util.Map;

/// Shares by lightweight transactions within a data center: they are those of one region.
public final class CassandraInstances implements InstanceTable {
  private final Cql cql;
  private final PreparedStatement read;
  private final PreparedStatement insert;
  private final PreparedStatement update;

  /// @throws HoldfastException `storage_failed`
  public CassandraInstances(CqlSession session, String keyspace) {
    this.cql = new Cql(session, keyspace, "instances");
    this.read = cql.prepare("SELECT version, shares FROM %s.instances WHERE pool = ?");
    this.insert =
        cql.prepare(
            "INSERT INTO %s.instances (version, shares, pool) VALUES (?, ?, ?) IF NOT EXISTS");
    this.update =
        cql.prepare(
            "UPDATE %s.instances SET version = ?, shares = ? WHERE pool = ? IF version = ?");
  }

  @Override
  public InstanceShares read(String pool) {
    // At serial consistency it first ends what others have begun.
    Row row =
        cql.execute(read.bind(pool).setConsistencyLevel(DefaultConsistencyLevel.LOCAL_SERIAL))
            .one();
    return row == null ? InstanceShares.NONE : shares(row);
  }

  private static InstanceShares shares(Row row) {
    Map<String, Integer> found = row.getMap("shares", String.class, Integer.class);
    return new InstanceShares(row.getLong("version"), found == null ? Map.of() : found);
  }

  @Override
  public boolean swap(String pool, InstanceShares next) {
    long before = next.version() - 1;
    BoundStatement statement =
        before == InstanceShares.NONE.version()
            ? insert.bind(next.version(), next.byLife(), pool)
            : update.bind(next.version(), next.byLife(), pool, before);
    return cql.execute(Cql.localChange(statement)).wasApplied();
  }
}
