package io.holdfast.persistence.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sdk.HoldfastException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random SQL around hidden names: whatever the guard lets through, SQLite's own EXPLAIN must show
/// that it opens no hidden table.
final class SqlGuardSimulation {
  private static final int STATEMENTS = 20_000;

  private static final List<String> SHAPES =
      List.of(
          "SELECT * FROM %",
          "SELECT * FROM t, %",
          "SELECT %, * FROM %",
          "SELECT * FROM (%)",
          "SELECT * FROM t JOIN % ON %",
          "SELECT x FROM t WHERE x IN (SELECT key FROM %)",
          "SELECT x FROM t WHERE x IN %",
          "SELECT x FROM t WHERE x = % OR x LIKE % OR % IS NOT %",
          "SELECT % FROM t UNION SELECT value FROM %",
          "WITH a AS (SELECT * FROM %) SELECT * FROM a",
          "DELETE FROM %",
          "DELETE FROM % WHERE key = %",
          "UPDATE % SET value = %",
          "UPDATE OR IGNORE % SET value = 1",
          "UPDATE t SET x = % FROM %",
          "INSERT INTO % VALUES (%, 1)",
          "INSERT INTO t SELECT * FROM %",
          "REPLACE INTO % VALUES (1, %)",
          "INSERT INTO t VALUES (%, %) ON CONFLICT DO NOTHING RETURNING %",
          "DROP TABLE %",
          "DROP TABLE IF EXISTS %",
          "ALTER TABLE % RENAME TO %",
          "ALTER TABLE % ADD COLUMN %",
          "CREATE INDEX i ON % (value)",
          "CREATE TABLE a AS SELECT * FROM %",
          "EXPLAIN SELECT * FROM %",
          "SELECT $a('), * FROM % --'",
          "SELECT :a(\"), * FROM % --\"",
          "VALUES (%, %)",
          "SELECT %");

  private static final List<String> NAMES = List.of("_cf_KV", "_CF_kv", "_cf_METADATA", "t", "x");
  private static final List<String> QUOTES = List.of("", "", "\"\"", "''", "``", "[]");
  private static final List<String> NOISE =
      List.of(
          " ", " ", "/**/", "/* ' */", "-- '\n", "\ufeff", "\n", "\t", "main.", "main . ", "'",
          "\"", "`", "[", "]", "$a(", "@b(", ":c::", "#", "?", "(", ")", ",", "--", "/*", "*/", ";",
          "x", "''", "'a'", "like ", "= ", "is ", "not ", "é", "1.", "0x", "\\", "||");

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void whatPassesOpensNoHiddenTable(long seed) throws SQLException {
    System.out.println("SqlGuardSimulation seed " + seed);
    Random random = new Random(seed);
    int passed = 0;
    int compiled = 0;
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
        Statement sqlite = connection.createStatement()) {
      Set<Integer> hidden = hiddenRoots(sqlite);
      for (int i = 0; i < STATEMENTS; i++) {
        String sql = sql(random);
        List<SqlStatement> statements = statements(sql);
        passed += statements.isEmpty() ? 0 : 1;
        for (SqlStatement statement : statements) {
          Set<Integer> opened = opened(sqlite, statement.text());
          compiled += opened.isEmpty() ? 0 : 1;
          assertThat(opened)
              .as("seed %d, statement %d: %s", seed, i, sql)
              .doesNotContainAnyElementsOf(hidden);
        }
      }
      // The oracle sees what it has to see.
      assertThat(opened(sqlite, "SELECT * FROM '_cf_KV'")).containsAnyElementsOf(hidden);
      assertThat(opened(sqlite, "DROP TABLE _cf_METADATA")).containsAnyElementsOf(hidden);
    }
    assertThat(passed).isGreaterThan(STATEMENTS / 20);
    assertThat(compiled).isGreaterThan(STATEMENTS / 200);
  }

  private static List<SqlStatement> statements(String sql) {
    try {
      return SqlScript.parse(sql).statements();
    } catch (HoldfastException _) {
      return List.of();
    }
  }

  private static Set<Integer> hiddenRoots(Statement sqlite) throws SQLException {
    sqlite.executeUpdate("CREATE TABLE t(x, y)");
    sqlite.executeUpdate("CREATE TABLE x(t)");
    Set<Integer> roots = new HashSet<>();
    for (String name : List.of("_cf_KV", "_cf_METADATA")) {
      sqlite.executeUpdate(
          "CREATE TABLE " + name + " (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID");
    }
    try (ResultSet rows =
        sqlite.executeQuery("SELECT rootpage FROM sqlite_schema WHERE name LIKE '_cf_%'")) {
      while (rows.next()) {
        roots.add(rows.getInt(1));
      }
    }
    assertThat(roots).hasSize(2);
    return roots;
  }

  /// The roots of the tables that a statement reads, writes or drops; empty when SQLite refuses it.
  private static Set<Integer> opened(Statement sqlite, String sql) throws SQLException {
    Set<Integer> roots = new HashSet<>();
    String explain = sql.regionMatches(true, 0, "explain", 0, 7) ? sql : "EXPLAIN " + sql;
    try (ResultSet program = sqlite.executeQuery(explain)) {
      while (program.next()) {
        switch (program.getString("opcode")) {
          case "OpenRead", "OpenWrite", "ReopenIdx" -> roots.add(program.getInt("p2"));
          case "Clear", "Destroy" -> roots.add(program.getInt("p1"));
          default -> {}
        }
      }
    } catch (SQLException refused) {
      return Set.of();
    }
    return roots;
  }

  private static String sql(Random random) {
    StringBuilder sql = new StringBuilder();
    for (char c : pick(SHAPES, random).toCharArray()) {
      if (c == '%') {
        sql.append(random.nextInt(4) == 0 ? pick(NOISE, random) : "").append(name(random));
      } else {
        sql.append(c);
      }
      if (c == ' ' && random.nextInt(12) == 0) {
        sql.append(pick(NOISE, random));
      }
    }
    return random.nextInt(3) == 0 ? sql + pick(NOISE, random) : sql.toString();
  }

  private static String name(Random random) {
    String quotes = pick(QUOTES, random);
    String name = pick(NAMES, random);
    return quotes.isEmpty() ? name : quotes.charAt(0) + name + quotes.charAt(1);
  }

  private static <T> T pick(List<T> list, Random random) {
    return list.get(random.nextInt(list.size()));
  }
}
