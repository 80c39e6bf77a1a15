package io.holdfast.persistence.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sdk.SqlCursor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@Engines.OnBoth
final class RowCountsTest {
  private final EngineChoice engine;
  private final ObjectDatabase database;

  RowCountsTest(EngineChoice engine) {
    this.engine = engine;
    this.database = Engines.open(engine, DatabaseImage.EMPTY, DatabaseLimits.DEFAULT);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private SqlCursor exec(String query, Object... bindings) {
    return database.execute(SqlScript.parse(query), bindings);
  }

  private long written(String query, Object... bindings) {
    return exec(query, bindings).rowsWritten();
  }

  @Test
  void eachRowWrittenCountsOneAndOneMorePerIndex() {
    assertThat(written("CREATE TABLE t(id INTEGER PRIMARY KEY, a, b)")).isZero();
    assertThat(written("INSERT INTO t VALUES (1, 1, 1), (2, 2, 2)")).isEqualTo(2);
    exec("CREATE INDEX i ON t(a)");
    assertThat(written("INSERT INTO t VALUES (?, 3, 3)", 3)).isEqualTo(2);
    assertThat(written("INSERT INTO t VALUES (?, 3, 3)", 4)).isEqualTo(2);
    assertThat(written("UPDATE t SET a = a + 1 WHERE id <= 2")).isEqualTo(4);
    assertThat(written("UPDATE t SET b = 7")).as("no index has b").isEqualTo(4);
    exec("CREATE INDEX j ON t(b, a)");
    assertThat(written("INSERT INTO t VALUES (?, 3, 3)", 5)).isEqualTo(3);
    assertThat(written("DELETE FROM t WHERE id = 5")).isEqualTo(3);
    assertThat(written("DELETE FROM t WHERE id = 5")).isZero();
    assertThat(written("DELETE FROM t")).as("4 rows, 2 indexes").isEqualTo(12);
    assertThat(written("SELECT * FROM t")).isZero();
  }

  @Test
  void aUniqueColumnIsAnIndexAndAKeyWithoutRowidIsNot() {
    exec("CREATE TABLE u(id INTEGER PRIMARY KEY, name UNIQUE)");
    exec("CREATE TABLE w(id PRIMARY KEY, x) WITHOUT ROWID");
    assertThat(written("INSERT INTO u VALUES (1, 'a')")).isEqualTo(2);
    assertThat(written("INSERT INTO w VALUES ('a', 1), ('b', 2)")).isEqualTo(2);
    assertThat(written("DELETE FROM w WHERE id = 'a'")).isEqualTo(1);
    assertThat(written("INSERT INTO u VALUES (1, 'b') ON CONFLICT(id) DO UPDATE SET name = 'c'"))
        .isEqualTo(2);
  }

  @Test
  void rowsOfTriggersAndOfEarlierStatementsAreCountedToo() {
    exec("CREATE TABLE t(x); CREATE TABLE log(x)");
    exec("CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.x); END");
    assertThat(written("INSERT INTO t VALUES (1), (2)")).isEqualTo(4);
    assertThat(written("DELETE FROM t; DELETE FROM log; SELECT 1")).isEqualTo(4);
  }

  @Test
  void anIndexThatARollbackTookAwayIsNotCountedAnyMore() {
    exec("CREATE TABLE t(x)");
    database.commit();
    exec("CREATE INDEX i ON t(x)");
    assertThat(written("INSERT INTO t VALUES (1)")).isEqualTo(2);
    database.rollback();
    assertThat(written("INSERT INTO t VALUES (1)")).isEqualTo(1);
  }

  @Test
  void rowsReadAreAtLeastThoseReturnedAndWithTheFastEngineThoseScanned() {
    exec("CREATE TABLE t(id INTEGER PRIMARY KEY, x)");
    exec(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
            + " INSERT INTO t SELECT i, i FROM n");
    assertThat(exec("SELECT * FROM t").rowsRead()).isEqualTo(100);
    assertThat(exec("SELECT * FROM t WHERE id = 7").rowsRead()).isEqualTo(1);
    long scanned = exec("SELECT * FROM t WHERE x = 7").rowsRead();
    switch (engine) {
      case FFM -> assertThat(scanned).isBetween(99L, 100L);
      default -> assertThat(scanned).isEqualTo(1);
    }
  }
}
