package io.holdfast.cassandra;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.DefaultConsistencyLevel;
import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.ResultSet;
import com.datastax.oss.driver.api.core.cql.Row;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Leases by lightweight transactions, which Cassandra orders one after the other within a data
/// center: a lease is for one region, and so is the list of sessions. The token is called `fence`
/// there: `token` is a word of CQL.
public final class CassandraLeases implements LeaseStore, SessionList, SignsOfLife {
  private final Cql cql;
  private final PreparedStatement read;
  private final PreparedStatement insert;
  private final PreparedStatement update;
  private final PreparedStatement sessions;
  private final PreparedStatement allSessions;
  private final PreparedStatement addSession;
  private final PreparedStatement removeSession;
  private final Duration timeout;

  /// @param timeout how long one question may take: what is answered later is no use
  /// @throws HoldfastException `storage_failed`
  public CassandraLeases(CqlSession session, String keyspace, Duration timeout) {
    this.timeout = timeout;
    this.cql = new Cql(session, keyspace, "leases");
    this.read = cql.prepare("SELECT owner, fence, beat FROM %s.leases WHERE name = ?");
    this.insert =
        cql.prepare(
            "INSERT INTO %s.leases (owner, fence, beat, name) VALUES (?, ?, ?, ?) IF NOT EXISTS");
    this.update =
        cql.prepare(
            "UPDATE %s.leases SET owner = ?, fence = ?, beat = ? WHERE name = ? IF fence = ? AND beat = ?");
    this.sessions = cql.prepare("SELECT id FROM %s.sessions WHERE region = ?");
    this.allSessions = cql.prepare("SELECT region, id FROM %s.sessions");
    this.addSession = cql.prepare("INSERT INTO %s.sessions (region, id) VALUES (?, ?)");
    this.removeSession = cql.prepare("DELETE FROM %s.sessions WHERE region = ? AND id = ?");
  }

  @Override
  public Optional<LeaseRow> read(String name) {
    // At serial consistency it first ends what others have begun.
    Row row =
        execute(read.bind(name).setConsistencyLevel(DefaultConsistencyLevel.LOCAL_SERIAL)).one();
    return Optional.ofNullable(row)
        .map(found ->
            new LeaseRow(
                Optional.ofNullable(found.getString("owner")),
                found.getLong("fence"),
                found.getLong("beat")));
  }

  @Override
  public boolean swap(String name, Optional<LeaseRow> expected, LeaseRow next) {
    String owner = next.owner().orElse(null);
    BoundStatement statement =
        expected.isEmpty()
            ? insert.bind(owner, next.token(), next.beat(), name)
            : update.bind(
                owner,
                next.token(),
                next.beat(),
                name,
                expected.get().token(),
                expected.get().beat());
    return execute(Cql.localChange(statement)).wasApplied();
  }

  private ResultSet execute(BoundStatement statement) {
    // Asked again, an answer would be that of another try.
    return cql.execute(statement.setIdempotent(false).setTimeout(timeout));
  }

  @Override
  public List<String> sessions(String region) {
    List<String> ids = new ArrayList<>();
    cql.execute(sessions.bind(region).setTimeout(timeout))
        .forEach(row -> ids.add(String.valueOf(row.getString(0))));
    return ids;
  }

  /** As they were copied to this data center: nobody is asked to agree. */
  @Override
  public String latest(String region) {
    StringBuilder signs = new StringBuilder();
    sessions(region).forEach(id -> signs.append(sign(region, id)));
    return signs.toString();
  }

  private String sign(String region, String id) {
    Row row = execute(read.bind(NodeLeases.sessionName(region, id))).one();
    return row == null ? "" : "%s %s %d\n".formatted(region, id, row.getLong("beat"));
  }

  /// As [#latest(String)], of all regions; empty when no node has run since the last one was
  /// stopped in order.
  public String latest() {
    StringBuilder signs = new StringBuilder();
    for (Row row : cql.execute(allSessions.bind().setTimeout(timeout))) {
      signs.append(
          sign(String.valueOf(row.getString("region")), String.valueOf(row.getString("id"))));
    }
    return signs.toString();
  }

  @Override
  public void add(String region, String id) {
    cql.execute(addSession.bind(region, id).setTimeout(timeout));
  }

  @Override
  public void remove(String region, String id) {
    cql.execute(removeSession.bind(region, id).setTimeout(timeout));
  }
}
