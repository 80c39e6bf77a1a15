package io.holdfast.examples.orchestrator;

import io.holdfast.examples.orchestrator.ManagerApi.Fleet;
import io.holdfast.examples.orchestrator.ManagerApi.Member;
import io.holdfast.sdk.SqlRow;
import io.holdfast.sdk.SqlStorage;
import java.util.List;

/// The manager's tables: how many instances each region should have, and how each instance is.
final class FleetStore {
  private final SqlStorage sql;

  FleetStore(SqlStorage sql) {
    this.sql = sql;
    sql.exec("CREATE TABLE IF NOT EXISTS regions (region TEXT PRIMARY KEY, wanted INTEGER)");
    sql.exec(
        "CREATE TABLE IF NOT EXISTS instances"
            + " (id TEXT PRIMARY KEY, region TEXT, healthy INTEGER, problem TEXT)");
  }

  void want(String region, int count) {
    sql.exec("INSERT OR REPLACE INTO regions VALUES (?, ?)", region, count);
  }

  void put(String id, boolean healthy, String problem) {
    sql.exec(
        "INSERT OR REPLACE INTO instances VALUES (?, ?, ?, ?)",
        id,
        ScalePlan.region(id),
        healthy ? 1 : 0,
        problem);
  }

  void remove(String id) {
    sql.exec("DELETE FROM instances WHERE id = ?", id);
  }

  boolean contains(String id) {
    return sql.exec("SELECT 1 FROM instances WHERE id = ?", id).hasNext();
  }

  Fleet fleet(String region) {
    int wanted =
        sql.exec("SELECT wanted FROM regions WHERE region = ?", region).stream()
            .findFirst()
            .map(row -> (int) row.integer("wanted"))
            .orElse(0);
    return new Fleet(
        region, wanted, members("SELECT * FROM instances WHERE region = ? ORDER BY id", region));
  }

  List<Member> unhealthy() {
    return members("SELECT * FROM instances WHERE healthy = 0 ORDER BY id");
  }

  private List<Member> members(String query, Object... values) {
    return sql.exec(query, values).stream().map(FleetStore::member).toList();
  }

  private static Member member(SqlRow row) {
    return new Member(row.string("id"), row.integer("healthy") == 1, row.string("problem"));
  }
}
