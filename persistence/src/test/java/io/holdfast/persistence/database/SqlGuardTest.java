package io.holdfast.persistence.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Engines.OnBoth
final class SqlGuardTest {
  private final ObjectDatabase database;

  SqlGuardTest(EngineChoice engine) {
    this.database =
        Engines.open(
            engine,
            DatabaseImage.EMPTY,
            new DatabaseLimits(1 << 30, Duration.ofSeconds(2), 64 << 20));
  }

  @BeforeEach
  void fill() {
    database.put("secret", new byte[] {1});
    database.metadata("name", new byte[] {1});
    exec("CREATE TABLE t(x, y); CREATE VIRTUAL TABLE ft USING fts5(word)");
    database.commit();
  }

  @AfterEach
  void close() {
    database.close();
  }

  private long exec(String query) {
    return database.execute(SqlScript.parse(query)).toList().size();
  }

  private void assertRefused(String query, String text) {
    DatabaseImage before = database.image();
    assertThatThrownBy(() -> exec(query))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SQL_ERROR))
        .hasMessageContaining(text);
    database.rollback();
    assertThat(database.image()).isSameAs(before);
    assertThat(database.get("secret")).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "BEGIN",
        "begin immediate",
        "COMMIT",
        "END TRANSACTION",
        "ROLLBACK",
        "SAVEPOINT s",
        "RELEASE s",
        "ROLLBACK TO s",
        "/* x */ -- y\n BEGIN",
        "\ufeffBEGIN",
        ";;COMMIT",
        "SELECT 1; COMMIT",
        "EXPLAIN COMMIT",
      })
  void transactionStatementsNameTheApiToUse(String query) {
    assertRefused(query, "transaction()");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT * FROM _cf_KV",
        "SELECT * FROM _CF_kv",
        "SELECT * FROM \"_cf_KV\"",
        "SELECT * FROM [_cf_KV]",
        "SELECT * FROM `_cf_KV`",
        "SELECT * FROM '_cf_KV'",
        "SELECT * FROM t, '_cf_KV'",
        "SELECT * FROM ('_cf_KV')",
        "SELECT * FROM main.'_cf_KV'",
        "SELECT * FROM main . /**/ _cf_KV",
        "SELECT * FROM t JOIN '_cf_KV'",
        "SELECT * FROM \ufeff_cf_KV",
        "SELECT * FROM /* ' */ _cf_KV -- '",
        "SELECT * FROM t WHERE x = ' -- ' UNION SELECT * FROM _cf_KV",
        "SELECT $a(') , * FROM _cf_KV --'",
        "SELECT @a(\"), * FROM _cf_KV --\"",
        "SELECT :a::b(`), * FROM _cf_KV --`",
        "SELECT #a('), * FROM _cf_KV --'",
        "SELECT (SELECT value FROM _cf_KV)",
        "WITH a AS (SELECT * FROM _cf_METADATA) SELECT * FROM a",
        "DELETE FROM _cf_KV",
        "DELETE FROM '_cf_KV'",
        "UPDATE OR REPLACE '_cf_KV' SET value = 1",
        "INSERT INTO '_cf_METADATA' VALUES (1, 2)",
        "REPLACE INTO \"_cf_KV\" VALUES ('secret', 1)",
        "DROP TABLE _cf_KV",
        "DROP TABLE IF EXISTS '_cf_KV'",
        "ALTER TABLE _cf_KV RENAME TO kv",
        "ALTER TABLE '_cf_KV' RENAME TO kv",
        "ALTER TABLE t RENAME TO '_cf_x'",
        "CREATE TABLE _cf_mine(x)",
        "CREATE TABLE '_cf_mine'(x)",
        "CREATE TABLE a(x REFERENCES _cf_KV(key) ON DELETE CASCADE)",
        "CREATE TABLE a(x REFERENCES '_cf_KV'(key) ON DELETE CASCADE)",
        "CREATE TABLE a AS SELECT * FROM _cf_KV",
        "CREATE VIEW v AS SELECT * FROM _cf_KV",
        "CREATE VIEW v AS SELECT * FROM '_cf_KV'",
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM _cf_KV; END",
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM '_cf_KV'; END",
        "CREATE TRIGGER r AFTER INSERT ON _cf_KV BEGIN SELECT 1; END",
        "CREATE TRIGGER r AFTER INSERT ON '_cf_KV' BEGIN SELECT 1; END",
        "CREATE INDEX i ON _cf_KV(value)",
        "CREATE INDEX i ON '_cf_KV'(value)",
        "CREATE VIRTUAL TABLE f USING fts5(value, content='_cf_KV', content_rowid='key')",
        "CREATE VIRTUAL TABLE f USING fts5(value, content=\"_cf_KV\")",
        "CREATE VIRTUAL TABLE f USING fts5(value, content='main._cf_KV')",
        "CREATE VIRTUAL TABLE _cf USING fts5(value)",
        "EXPLAIN SELECT * FROM _cf_KV",
        "ANALYZE '_cf_KV'",
        "SELECT * FROM \"like\" '_cf_KV'",
        "INSERT INTO t SELECT * FROM \"=\", '_cf_KV'",
      })
  void hiddenTablesCannotBeReached(String query) {
    assertThatThrownBy(() -> exec(query)).isInstanceOf(HoldfastException.class);
    database.rollback();
    assertThat(database.get("secret")).isPresent();
    assertThatThrownBy(() -> SqlScript.parse(query))
        .as("refused by us, not by luck")
        .isInstanceOf(HoldfastException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT name FROM sqlite_master WHERE name NOT LIKE '_cf_%'",
        "SELECT name FROM sqlite_schema WHERE name <> '_cf_KV' AND name = '_cf_KV'",
        "SELECT x || '_cf_' FROM t",
        "INSERT INTO t VALUES ('a _cf_', 'my_cf_x')",
        "SELECT my_cf_x FROM (SELECT 1 AS my_cf_x)",
        "SELECT 'it''s', \"x\", [y], `x` FROM t",
        "SELECT x AS rollback FROM t",
        "CREATE TABLE t2(id INTEGER PRIMARY KEY AUTOINCREMENT, temp REAL, begin TEXT, \"end\")",
        "SELECT temp.x FROM t AS temp",
        "CREATE VIEW v AS SELECT temp.x FROM t AS temp",
        "SELECT replace('a', 'b', 'c')",
        "WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < 9) SELECT x FROM c",
        "EXPLAIN QUERY PLAN SELECT * FROM t",
        "SELECT * FROM pragma_table_info('t')",
        "PRAGMA main.table_info(t)",
        "PRAGMA foreign_keys",
        "PRAGMA foreign_key_check",
        "PRAGMA quick_check",
        "PRAGMA optimize",
        "PRAGMA case_sensitive_like = true",
        "ANALYZE",
        "REINDEX",
        "INSERT INTO ft(ft) VALUES ('optimize')",
        "CREATE VIRTUAL TABLE vocabulary USING fts5vocab(ft, 'row')",
        "SELECT 1 /* unfinished",
        "SELECT 1 -- unfinished",
        "SELECT 1e5, .5, 0xff, 1.5e-3, x'00ff'",
        "SELECT 'a' IS NOT 'b', 'a' NOT LIKE 'b' ESCAPE '!'",
        "SELECT json_extract('{\"a\":1}', '$.a'), '{\"a\":1}' ->> 'a'",
        "VALUES (1), (2)",
        "DELETE FROM t WHERE x IN (1, 2) RETURNING *",
      })
  void ordinarySqlPasses(String query) {
    assertThatCode(() -> exec(query)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ATTACH ':memory:' AS a",
        "ATTACH '/tmp/x' AS a",
        "DETACH main",
        "VACUUM",
        "VACUUM INTO '/tmp/x'",
        "CREATE TEMP TABLE a(x)",
        "CREATE TEMPORARY VIEW a AS SELECT 1",
        "CREATE TABLE temp.a(x)",
        "CREATE TABLE IF NOT EXISTS \"temp\".a(x)",
        "CREATE TABLE 'temp'.a(x)",
        "CREATE TRIGGER temp.r AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE VIRTUAL TABLE temp.f USING fts5(x)",
        "PRAGMA writable_schema = ON",
        "PRAGMA \"writable_schema\" = 1",
        "PRAGMA 'Writable_Schema'(1)",
        "PRAGMA main.writable_schema = 1",
        "EXPLAIN PRAGMA writable_schema = ON",
        "PRAGMA user_version",
        "PRAGMA user_version = 3",
        "PRAGMA foreign_keys = OFF",
        "PRAGMA max_page_count = 9",
        "PRAGMA hard_heap_limit = 1",
        "PRAGMA journal_mode = WAL",
        "PRAGMA page_size = 512",
        "PRAGMA cache_size = 1000000",
        "PRAGMA temp.table_info(t)",
        "PRAGMA recursive_triggers = (SELECT 1)",
        "PRAGMA",
        "SELECT * FROM pragma_writable_schema",
        "SELECT * FROM pragma_max_page_count(100)",
        "SELECT * FROM 'pragma_hard_heap_limit'(1)",
        "SELECT * FROM dbstat",
        "SELECT * FROM 'dbstat'",
        "SELECT * FROM sqlite_dbpage",
        "CREATE VIRTUAL TABLE a USING fts3(x)",
        "CREATE VIRTUAL TABLE a USING rtree(id, a, b)",
        "CREATE VIRTUAL TABLE a USING dbstat",
      })
  void whatLeavesTheDatabaseIsNotAuthorized(String query) {
    assertRefused(query, "not authorized");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT sqlite_version()",
        "SELECT SQLITE_VERSION ()",
        "SELECT \"sqlite_version\"()",
        "SELECT load_extension('x')",
        "SELECT [load_extension] /* x */ ('x', 'y')",
        "SELECT fts3_tokenizer('simple', x'00')",
        "SELECT sqlite_source_id()",
        "CREATE VIEW v AS SELECT sqlite_version()",
      })
  void someFunctionsAreNotAuthorized(String query) {
    assertRefused(query, "not authorized to use function");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INSERT OR ROLLBACK INTO t VALUES (1, 2)",
        "UPDATE OR /**/ ROLLBACK t SET x = 1",
        "CREATE TABLE a(x UNIQUE ON CONFLICT ROLLBACK)",
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT RAISE(ROLLBACK, 'x'); END",
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT raise ( rollback , 'x'); END",
      })
  void conflictClausesCannotUndoTheTransaction(String query) {
    assertRefused(query, "ROLLBACK");
  }

  @Test
  void theDriversOwnCommandsAreNotThere() {
    assertRefused("backup to '/tmp/holdfast-stolen'", "syntax error");
    assertRefused("restore from '/tmp/holdfast-stolen'", "syntax error");
  }

  @Test
  void tablesOfSqliteCannotBeWritten() {
    assertRefused("DELETE FROM sqlite_master", "may not be modified");
    assertRefused(
        "UPDATE sqlite_schema SET name = 'kv' WHERE name LIKE '_cf_%'", "may not be modified");
    assertRefused("INSERT INTO ft_data VALUES (1, x'00')", "may not be modified");
    assertRefused("UPDATE 'FT_config' SET v = 1", "may not be modified");
  }

  @Test
  void textThatSqliteReadsOtherwiseIsRefused() {
    assertRefused("SELECT 1 \0 FROM t", "NUL");
    assertRefused("SELECT x\ud800_cf_KV", "surrogate");
    assertRefused("SELECT 'open", "not closed");
    assertRefused("SELECT \"open", "not closed");
    assertRefused("SELECT [open", "not closed");
  }

  @Test
  void deepNestingEndsInAnErrorAlsoOnTheSmallStackOfAVirtualThread() throws Exception {
    List<Throwable> found = new CopyOnWriteArrayList<>();
    Thread thread =
        Thread.ofVirtual()
            .uncaughtExceptionHandler((_, error) -> found.add(error))
            .start(() -> {
              assertRefused("SELECT " + "(".repeat(49_000) + "1" + ")".repeat(49_000), "limit");
              assertRefused(
                  "SELECT * FROM (".repeat(6_000) + "SELECT 1" + ")".repeat(6_000), "limit");
              assertRefused("SELECT 1" + " AND 1".repeat(16_000), "too large");
              assertRefused(
                  "SELECT json('" + "[".repeat(40_000) + "]".repeat(40_000) + "')",
                  "malformed JSON");
              assertRefused(
                  "SELECT * FROM ft WHERE ft MATCH '" + "(".repeat(90_000) + "'", "overflow");
            });
    assertThat(thread.join(Duration.ofSeconds(30))).isTrue();
    assertThat(found).isEmpty();
  }

  @Test
  void aQueryThatGrowsWhileItIsPreparedIsStopped() {
    StringBuilder query = new StringBuilder("WITH a0(x) AS (SELECT 1)");
    for (int i = 1; i < 30; i++) {
      query.append(", a%d(x) AS (SELECT a.x FROM a%d a, a%d b)".formatted(i, i - 1, i - 1));
    }
    assertThatThrownBy(() -> exec(query + " SELECT count(*) FROM a29"))
        .isInstanceOf(HoldfastException.class);
  }

  @Test
  void limitsAreThoseOfTheSpecification() {
    StringBuilder hundred = new StringBuilder("c0");
    for (int i = 1; i < 100; i++) {
      hundred.append(", c").append(i);
    }
    exec("CREATE TABLE wide(" + hundred + ")");
    assertRefused("CREATE TABLE wider(" + hundred + ", c100)", "too many columns");
    assertRefused("SELECT ?101", "variable number must be between ?1 and ?100");
    assertRefused("SELECT '" + "x".repeat(100_000) + "'", "SQLITE_TOOBIG");
    exec("SELECT '" + "x".repeat(99_000) + "'");
    exec("SELECT 'a' LIKE '" + "x".repeat(50) + "'");
    assertRefused("SELECT 'a' LIKE '" + "x".repeat(51) + "'", "LIKE or GLOB pattern too complex");
    exec("SELECT 1" + " + 1".repeat(98));
    assertRefused("SELECT 1" + " + 1".repeat(100), "Expression tree is too large");
    exec("SELECT max(1" + ", 1".repeat(31) + ")");
    assertRefused("SELECT max(1" + ", 1".repeat(32) + ")", "too many arguments");
    exec("SELECT zeroblob(2097152)");
    assertRefused("SELECT zeroblob(2200000)", "SQLITE_TOOBIG");
    assertRefused("SELECT " + " ".repeat(3_000_000), "statement too long");
  }
}
