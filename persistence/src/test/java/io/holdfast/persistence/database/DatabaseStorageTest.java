package io.holdfast.persistence.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ListOptions;
import io.holdfast.sdk.SqlCursor;
import io.holdfast.sdk.SqlRow;
import io.holdfast.sdk.Storage;
import io.holdfast.sdk.TypeRef;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@Engines.OnBoth
final class DatabaseStorageTest {
  private static final Instant NINE = Instant.parse("2026-11-23T09:00:00Z");
  private static final Instant TEN = Instant.parse("2026-11-23T10:00:00Z");

  private final EngineChoice engine;
  private final FakeStorageHost host;
  private DatabaseStorage storage;

  DatabaseStorageTest(EngineChoice engine) {
    this.engine = engine;
    this.host = new FakeStorageHost(engine);
    this.storage = new DatabaseStorage(host);
  }

  record Point(int x, String label) {}

  @AfterEach
  void close() {
    host.database.close();
  }

  private void crash() {
    host.crash();
    storage = new DatabaseStorage(host);
  }

  private static void assertRefused(ErrorCode code, String text, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(HoldfastException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(text);
  }

  private List<String> keys(ListOptions options) {
    return List.copyOf(storage.list(Object.class, options).keySet());
  }

  private List<SqlRow> query(String sql, Object... bindings) {
    return storage.sql().exec(sql, bindings).toList();
  }

  // Pairs.

  @Test
  void valuesComeBackAsTheTypeAskedFor() {
    storage.put("int", 5);
    storage.put("text", "zwölf 🎈");
    storage.put("bytes", new byte[] {1, 2});
    storage.put("point", new Point(1, "p"));
    storage.put("list", List.of(1, 2));
    storage.put("time", NINE);
    assertThat(storage.get("int", Long.class)).hasValue(5L);
    assertThat(storage.get("int", Integer.class)).hasValue(5);
    assertThat(storage.get("text", String.class)).hasValue("zwölf 🎈");
    assertThat(storage.get("bytes", byte[].class)).hasValue(new byte[] {1, 2});
    assertThat(storage.get("point", Point.class)).hasValue(new Point(1, "p"));
    assertThat(storage.get("list", new TypeRef<List<Integer>>() {})).hasValue(List.of(1, 2));
    assertThat(storage.get("time", Instant.class)).hasValue(NINE);
    assertThat(storage.get("absent", String.class)).isEmpty();
    assertRefused(ErrorCode.INVALID_ARGUMENT, "\"text\"", () -> storage.get("text", Point.class));
  }

  @Test
  void severalKeysComeInUtf8OrderWithoutTheMissing() {
    storage.put(Map.of("b", 1, "\uffee", 2, "🎈", 3, "a", 4));
    assertThat(storage.get(List.of("🎈", "b", "none", "\uffee", "a", "a"), Integer.class).keySet())
        .containsExactly("a", "b", "\uffee", "🎈");
  }

  @Test
  void refusesNullWherever() {
    assertRefused(
        ErrorCode.INVALID_ARGUMENT,
        "put() called with null value",
        () -> storage.put("a", (Object) null));
    Map<String, Object> entries = new java.util.TreeMap<>();
    entries.put("a", 1);
    entries.put("b", null);
    assertRefused(ErrorCode.INVALID_ARGUMENT, "\"b\"", () -> storage.put(entries));
    assertThat(storage.get("a", Integer.class)).as("all or none").isEmpty();
    assertThat(host.writes).isZero();
  }

  @Test
  void keyAndValueFitUpToTwoMebibytesTogether() {
    // CBOR puts 5 bytes before a byte array of this size.
    int fits = DatabaseLimits.VALUE_BYTES_MAX - 5 - "kéy".getBytes().length;
    storage.put("kéy", new byte[fits]);
    host.awaitDurable();
    assertThat(storage.get("kéy", byte[].class).orElseThrow()).hasSize(fits);
    assertRefused(
        ErrorCode.INVALID_ARGUMENT, "2097152", () -> storage.put("kéy", new byte[fits + 1]));
    String longKey = "k".repeat(DatabaseLimits.VALUE_BYTES_MAX - 1);
    storage.put(longKey, 1);
    assertThat(storage.get(longKey, Integer.class)).hasValue(1);
    assertThat(storage.delete(longKey)).isTrue();
  }

  @Test
  void anyWellFormedTextIsAKey() {
    List<String> keys = List.of("", "\0", "a\0", "a\0b", "a", "'\"", "_cf_KV", "\ufeff", "🎈");
    keys.forEach(key -> storage.put(key, key));
    host.awaitDurable();
    crash();
    keys.forEach(key -> assertThat(storage.get(key, String.class)).hasValue(key));
    assertThat(keys(ListOptions.ALL)).hasSize(keys.size()).isSortedAccordingTo(Keys.ORDER);
    assertRefused(ErrorCode.INVALID_ARGUMENT, "surrogate", () -> storage.put("\ud83c", 1));
    assertRefused(
        ErrorCode.INVALID_ARGUMENT, "surrogate", () -> storage.get("\udf88a", String.class));
  }

  @Test
  void deleteTellsWhatExisted() {
    storage.put(Map.of("a", 1, "b", 2));
    assertThat(storage.delete("a")).isTrue();
    assertThat(storage.delete("a")).isFalse();
    assertThat(storage.delete(List.of("a", "b", "c", "b"))).isEqualTo(1);
  }

  @Test
  void listsFromStartInclusiveToEndExclusive() {
    storage.put(Map.of("a", 1, "b", 1, "ba", 1, "c", 1, "d", 1));
    assertThat(keys(ListOptions.ALL)).containsExactly("a", "b", "ba", "c", "d");
    assertThat(keys(ListOptions.ALL.start("b").end("d"))).containsExactly("b", "ba", "c");
    assertThat(keys(ListOptions.ALL.startAfter("b"))).containsExactly("ba", "c", "d");
    assertThat(keys(ListOptions.ALL.start("d").end("b"))).isEmpty();
    assertThat(keys(ListOptions.ALL.end(""))).isEmpty();
    assertThat(keys(ListOptions.ALL.start("b").end("d").reversed()))
        .containsExactly("c", "ba", "b");
    assertThat(keys(ListOptions.ALL.reversed().limit(2))).containsExactly("d", "c");
    assertThat(keys(ListOptions.ALL.limit(2))).containsExactly("a", "b");
    assertThat(keys(ListOptions.ALL.prefix("b"))).containsExactly("b", "ba");
    assertThat(keys(ListOptions.ALL.prefix("b").startAfter("b"))).containsExactly("ba");
    assertThat(keys(ListOptions.ALL.prefix("b").start("a").end("ba"))).containsExactly("b");
    assertThat(keys(ListOptions.ALL.prefix("b").start("c"))).isEmpty();
    assertThat(keys(ListOptions.ALL.prefix("b").reversed().limit(1))).containsExactly("ba");
  }

  @Test
  void prefixesWorkAtTheEdgesOfUnicode() {
    String last = new String(Character.toChars(Character.MAX_CODE_POINT));
    List<String> keys = List.of("\ud7ff", "\ud7ffz", "\ue000", "x", "x" + last, last, last + last);
    keys.forEach(key -> storage.put(key, 1));
    assertThat(keys(ListOptions.ALL.prefix("\ud7ff"))).containsExactly("\ud7ff", "\ud7ffz");
    assertThat(keys(ListOptions.ALL.prefix("x" + last))).containsExactly("x" + last);
    assertThat(keys(ListOptions.ALL.prefix(last))).containsExactly(last, last + last);
    assertThat(keys(ListOptions.ALL.prefix("x"))).containsExactly("x", "x" + last);
  }

  @Test
  void refusesAListThatIsTooLarge() {
    host.database.close();
    host.database =
        Engines.open(
            engine,
            DatabaseImage.EMPTY,
            new DatabaseLimits(1 << 30, java.time.Duration.ofSeconds(30), 10_000));
    storage.put("a", new byte[6000]);
    storage.put("b", new byte[6000]);
    assertRefused(ErrorCode.SQL_ERROR, "10000 bytes", () -> keys(ListOptions.ALL));
    assertRefused(
        ErrorCode.SQL_ERROR, "10000 bytes", () -> query("SELECT zeroblob(6000), zeroblob(6000)"));
    assertThat(keys(ListOptions.ALL.limit(1))).containsExactly("a");
    query("CREATE TABLE t(x)");
    assertRefused(
        ErrorCode.SQL_ERROR,
        "10000 bytes",
        () -> query("INSERT INTO t VALUES (zeroblob(6000)), (zeroblob(6000)) RETURNING x"));
    assertThat(query("SELECT 1 FROM t")).as("it inserted nothing").isEmpty();
    query("INSERT INTO t VALUES (zeroblob(6000)), (zeroblob(6000)) RETURNING 1");
    assertThat(query("SELECT 1 FROM t")).hasSize(2);
  }

  @Test
  void theHostLearnsOfATransactionThatWasUndoneAlsoWhenTheAppCaughtTheError() {
    host.database.close();
    host.database =
        Engines.open(
            engine,
            DatabaseImage.EMPTY,
            new DatabaseLimits(1 << 20, java.time.Duration.ofSeconds(30), 1 << 20));
    assertRefused(ErrorCode.STORAGE_FULL, "full", () -> storage.put("a", new byte[1_500_000]));
    assertThat(host.writes).isEqualTo(1);
    assertRefused(ErrorCode.STORAGE_FAILED, "undone", host::awaitDurable);
  }

  // Transactions.

  @Test
  void aTransactionKeepsAllOrNothing() throws Exception {
    storage.sql().exec("CREATE TABLE t(x)");
    String result =
        storage.transaction(_ -> {
          assertThat(host.transactions).isEqualTo(1);
          storage.put("a", 1);
          return "done";
        });
    assertThat(result).isEqualTo("done");
    assertThatThrownBy(() ->
            storage.transaction(_ -> {
              storage.put("a", 2);
              storage.sql().exec("INSERT INTO t VALUES (1)");
              storage.setAlarm(TEN);
              throw new IllegalStateException("no");
            }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("no");
    assertThat(storage.get("a", Integer.class)).hasValue(1);
    assertThat(query("SELECT * FROM t")).isEmpty();
    assertThat(storage.alarm()).isEmpty();
    assertThat(host.transactions).isZero();
  }

  @Test
  void anInnerTransactionFailsAlone() throws Exception {
    storage.transaction(_ -> {
      storage.put("outer", 1);
      assertThatThrownBy(() ->
              storage.transaction(_ -> {
                storage.put("inner", 1);
                throw new Exception("inner");
              }))
          .hasMessage("inner");
      return storage.transaction(_ -> {
        storage.put("second", 1);
        return 0;
      });
    });
    assertThat(keys(ListOptions.ALL)).containsExactly("outer", "second");
  }

  @Test
  void afterARollbackTheBodyReadsButDoesNotWrite() throws Exception {
    storage.put("a", 1);
    AtomicReference<Storage.Transaction> escaped = new AtomicReference<>();
    storage.transaction(transaction -> {
      escaped.set(transaction);
      storage.put("a", 2);
      transaction.rollback();
      assertThat(storage.get("a", Integer.class)).hasValue(1);
      String text = "Cannot perform operation on a rolled back transaction.";
      assertRefused(ErrorCode.WRONG_STATE, text, () -> storage.put("a", 3));
      assertRefused(ErrorCode.WRONG_STATE, text, () -> storage.delete("a"));
      assertRefused(ErrorCode.WRONG_STATE, text, storage::deleteAll);
      assertRefused(ErrorCode.WRONG_STATE, text, () -> storage.setAlarm(TEN));
      assertRefused(ErrorCode.WRONG_STATE, text, () -> query("CREATE TABLE t(x)"));
      assertRefused(ErrorCode.WRONG_STATE, text, transaction::rollback);
      assertRefused(ErrorCode.WRONG_STATE, text, () -> storage.transaction(_ -> 1));
      return 0;
    });
    storage.put("a", 4);
    assertThat(storage.get("a", Integer.class)).hasValue(4);
    assertRefused(ErrorCode.WRONG_STATE, "ended", () -> escaped.get().rollback());
  }

  @Test
  void refusesToRollBackAroundAnInnerTransaction() throws Exception {
    storage.transaction(outer ->
        storage.transaction(_ -> {
          assertRefused(ErrorCode.WRONG_STATE, "inside it", outer::rollback);
          return 0;
        }));
  }

  @Test
  void aTransactionSurvivesItsObjectBeingReset() {
    assertThatThrownBy(() ->
            storage.transaction(_ -> {
              storage.put("a", 1);
              host.database.rollback();
              return 0;
            }))
        .hasMessageContaining("rolled back");
    assertThat(host.transactions).isZero();
    storage.put("b", 1);
    host.awaitDurable();
    assertThat(keys(ListOptions.ALL)).containsExactly("b");
  }

  // SQL.

  @Test
  void sqlValuesKeepTheirKind() {
    SqlRow row =
        storage
            .sql()
            .exec(
                "SELECT ? a, ? b, ? c, ? d, ? e, ? f, ? g, typeof(?7) h",
                9007199254740993L,
                2.5,
                "ö🎈\0z",
                null,
                new byte[] {0, -1},
                true,
                new byte[0])
            .one();
    assertThat(row.integer("a")).isEqualTo(9007199254740993L);
    assertThat(row.real("b")).isEqualTo(2.5);
    assertThat(row.string("c")).isEqualTo("ö🎈\0z");
    assertThat(row.isNull("d")).isTrue();
    assertThat(row.blob("e")).containsExactly(0, -1);
    assertThat(row.string("f")).isEqualTo("true");
    assertThat(row.blob("g")).isEmpty();
    assertThat(row.string("h")).isEqualTo("blob");
    assertThat(query("SELECT ? x", (Object[]) null).getFirst().isNull("x")).isTrue();
    assertThat(query("SELECT ? + ? x", (short) 1, 1.5f).getFirst().real("x")).isEqualTo(2.5);
    assertThat(query("SELECT '' x, 9e999 y").getFirst().string("x")).isEmpty();
  }

  @Test
  void refusesParametersWithoutAFormInSql() {
    for (Object value :
        Arrays.asList(Double.NaN, Float.NaN, BigInteger.ONE, NINE, 'c', List.of(), "\ud83c")) {
      assertRefused(ErrorCode.INVALID_ARGUMENT, "as parameter 1", () -> query("SELECT ?", value));
    }
  }

  @Test
  void parametersAndRowsBelongToTheLastStatement() {
    SqlCursor cursor =
        storage
            .sql()
            .exec(
                "CREATE TABLE t(x); INSERT INTO t VALUES (1); SELECT x AS y FROM t WHERE x = ?; --",
                1);
    assertThat(cursor.columnNames()).containsExactly("y");
    assertThat(cursor.one().integer("y")).isEqualTo(1);
    assertRefused(
        ErrorCode.SQL_ERROR,
        "only the last statement can have parameters",
        () -> query("SELECT ?; SELECT 1", 1));
  }

  @Test
  void refusesAWrongNumberOfParameters() {
    String text = "Wrong number of parameter bindings for SQL query.";
    assertRefused(ErrorCode.SQL_ERROR, text, () -> query("SELECT ?, ?", 1));
    assertRefused(ErrorCode.SQL_ERROR, text, () -> query("SELECT 1", 1));
    assertRefused(ErrorCode.SQL_ERROR, text, () -> query("SELECT ?"));
    assertRefused(ErrorCode.SQL_ERROR, "did not contain", () -> query(" ; /* x */ ;; -- y"));
  }

  @Test
  void errorsCarryTheMessageOfSqlite() {
    query("CREATE TABLE t(x UNIQUE, y NOT NULL)");
    query("INSERT INTO t VALUES (1, 1)");
    assertRefused(
        ErrorCode.SQL_ERROR,
        "UNIQUE constraint failed: t.x: SQLITE_CONSTRAINT",
        () -> query("INSERT INTO t VALUES (1, 1)"));
    assertRefused(
        ErrorCode.SQL_ERROR, "no such table: u: SQLITE_ERROR", () -> query("SELECT * FROM u"));
    assertRefused(ErrorCode.SQL_ERROR, "syntax error", () -> query("SELEC 1"));
    assertThat(query("SELECT * FROM t")).as("the failed ones changed nothing").hasSize(1);
  }

  @Test
  void aPreparedStatementFollowsTheTable() {
    query("CREATE TABLE t(x)");
    query("INSERT INTO t VALUES (1)");
    assertThat(query("SELECT * FROM t").getFirst().toMap()).containsOnlyKeys("x");
    query("ALTER TABLE t ADD COLUMN y DEFAULT 'z'");
    assertThat(query("SELECT * FROM t").getFirst().toMap()).containsOnlyKeys("x", "y");
    query("DROP TABLE t");
    assertRefused(ErrorCode.SQL_ERROR, "no such table", () -> query("SELECT * FROM t"));
    query("CREATE TABLE t(z)");
    assertThat(storage.sql().exec("SELECT * FROM t").columnNames()).containsExactly("z");
  }

  @Test
  void manyStatementsDoNotPileUp() {
    for (int i = 0; i < 200; i++) {
      assertThat(query("SELECT " + i + " AS n").getFirst().integer("n")).isEqualTo(i);
    }
  }

  @Test
  void returningTriggersViewsAndFullTextWork() {
    query(
        """
        CREATE TABLE t(id INTEGER PRIMARY KEY, x);
        CREATE TABLE log(x);
        CREATE TRIGGER r AFTER INSERT ON t BEGIN
          INSERT INTO log VALUES (new.x); INSERT INTO log SELECT CASE WHEN 1 THEN 2 END;
        END;
        CREATE VIEW v AS SELECT count(*) AS n FROM log;
        CREATE VIRTUAL TABLE words USING fts5(word);
        """);
    assertThat(query("INSERT INTO t(x) VALUES ('a'), ('b') RETURNING id")).hasSize(2);
    assertThat(query("SELECT n FROM v").getFirst().integer("n")).isEqualTo(4);
    query("INSERT INTO words VALUES ('hello world')");
    assertThat(query("SELECT * FROM words WHERE words MATCH 'hello'")).hasSize(1);
    assertThat(query("SELECT value FROM json_each('[1,2]')")).hasSize(2);
    assertThat(query("SELECT pow(2, 3) p").getFirst().real("p")).isEqualTo(8);
    assertRefused(
        ErrorCode.SQL_ERROR,
        "may not be modified",
        () -> query("DELETE FROM words_data WHERE id > 0"));
  }

  @Test
  void readsAreNoWrites() {
    query("SELECT 1");
    query("WITH a AS (SELECT 1 AS x) SELECT x FROM a");
    query("PRAGMA table_list");
    assertThat(host.writes).isZero();
    assertThat(host.database.commit()).isEmpty();
    query("CREATE TABLE t(x)");
    query("WITH a AS (SELECT 1 AS x) INSERT INTO t SELECT x FROM a");
    assertThat(host.writes).isEqualTo(2);
  }

  @Test
  void theSizeIsThatOfTheOpenTransaction() {
    assertThat(storage.sql().databaseSize()).isZero();
    query("CREATE TABLE t(x)");
    assertThat(storage.sql().databaseSize()).isEqualTo(8192);
    host.awaitDurable();
    assertThat(storage.sql().databaseSize()).isEqualTo(8192);
    query("INSERT INTO t VALUES (zeroblob(100000))");
    assertThat(storage.sql().databaseSize()).isGreaterThan(100_000).isLessThan(120_000);
    storage.deleteAll();
    host.awaitDurable();
    assertThat(storage.sql().databaseSize()).isZero();
  }

  // Alarms.

  @Test
  void anAlarmIsStoredWithTheOtherWrites() {
    storage.setAlarm(NINE);
    storage.setAlarm(TEN);
    host.awaitDurable();
    crash();
    assertThat(storage.alarm()).hasValue(TEN);
    assertThat(host.commits.getLast().alarm()).hasValue(TEN.toEpochMilli());
    storage.deleteAlarm();
    host.awaitDurable();
    assertThat(storage.alarm()).isEmpty();
    assertThat(host.commits.getLast().alarm()).isEmpty();
    int commits = host.commits.size();
    storage.deleteAlarm();
    host.awaitDurable();
    assertThat(host.commits).hasSize(commits);
  }

  @Test
  void anAlarmIsNeverEarly() {
    storage.setAlarm(NINE.plusNanos(1));
    assertThat(storage.alarm()).hasValue(NINE.plusMillis(1));
  }

  @Test
  void refusesAlarmsThatCannotRun() {
    String text = "setAlarm() cannot be called with an alarm time <= 0";
    assertRefused(ErrorCode.INVALID_ARGUMENT, text, () -> storage.setAlarm(Instant.EPOCH));
    assertRefused(ErrorCode.INVALID_ARGUMENT, text, () -> storage.setAlarm(Instant.MIN));
    assertRefused(ErrorCode.INVALID_ARGUMENT, "275760", () -> storage.setAlarm(Instant.MAX));
    host.hasAlarmHandler = false;
    assertRefused(
        ErrorCode.INVALID_ARGUMENT, "must have an alarm() handler", () -> storage.setAlarm(TEN));
  }

  @Test
  void inAlarmThereIsNoneUntilItIsSetAnew() {
    storage.setAlarm(NINE);
    storage.beginAlarmRun(NINE);
    assertThat(storage.alarm()).isEmpty();
    assertThat(storage.storedAlarm()).hasValue(NINE);
    storage.endAlarmRun(true);
    assertThat(storage.storedAlarm()).isEmpty();
    assertThat(storage.alarm()).isEmpty();
  }

  @Test
  void anAlarmSetAnewStaysAlsoAtTheSameTime() {
    for (Instant again : List.of(TEN, NINE)) {
      storage.setAlarm(NINE);
      storage.beginAlarmRun(NINE);
      storage.setAlarm(again);
      assertThat(storage.alarm()).hasValue(again);
      storage.endAlarmRun(true);
      assertThat(storage.alarm()).hasValue(again);
    }
  }

  @Test
  void aFailedRunLeavesTheAlarmUntilTheNext() {
    storage.setAlarm(NINE);
    storage.beginAlarmRun(NINE);
    storage.endAlarmRun(false);
    assertThat(storage.alarm()).as("between retries").hasValue(NINE);
    storage.beginAlarmRun(NINE);
    storage.setAlarm(TEN);
    storage.endAlarmRun(false);
    assertThat(storage.alarm()).as("a new one supersedes the retry").hasValue(TEN);
  }

  @Test
  void deleteAlarmInAlarmRemovesOnlyOneSetAnew() {
    storage.setAlarm(NINE);
    storage.beginAlarmRun(NINE);
    storage.deleteAlarm();
    assertThat(storage.storedAlarm()).hasValue(NINE);
    storage.setAlarm(TEN);
    storage.deleteAlarm();
    assertThat(storage.alarm()).isEmpty();
    assertThat(storage.storedAlarm()).hasValue(NINE);
    storage.endAlarmRun(true);
    assertThat(storage.storedAlarm()).isEmpty();
  }

  @Test
  void aCrashInAlarmLeavesTheAlarmInPlace() {
    storage.setAlarm(NINE);
    host.awaitDurable();
    storage.beginAlarmRun(NINE);
    storage.put("half", 1);
    host.awaitDurable();
    crash();
    assertThat(storage.alarm()).hasValue(NINE);
    assertThat(host.commits.getLast().alarm()).hasValue(NINE.toEpochMilli());
  }

  @Test
  void anAlarmSetAnewInATransactionThatFailsIsNotSet() {
    storage.setAlarm(NINE);
    storage.beginAlarmRun(NINE);
    assertThatThrownBy(() ->
        storage.transaction(_ -> {
          storage.setAlarm(NINE);
          throw new Exception("no");
        }));
    assertThat(storage.alarm()).isEmpty();
    storage.endAlarmRun(true);
    assertThat(storage.storedAlarm()).isEmpty();
  }

  @Test
  void refusesToRunAnAlarmThatIsNotStored() {
    assertRefused(ErrorCode.WRONG_STATE, "found none", () -> storage.beginAlarmRun(NINE));
    storage.setAlarm(TEN);
    assertRefused(ErrorCode.WRONG_STATE, "found " + TEN, () -> storage.beginAlarmRun(NINE));
  }

  @Test
  void deleteAllInAlarmRemovesTheAlarmForGood() {
    storage.setAlarm(NINE);
    storage.beginAlarmRun(NINE);
    storage.deleteAll();
    storage.deleteAlarm();
    storage.endAlarmRun(false);
    assertThat(storage.storedAlarm()).isEmpty();
  }

  @Test
  void anAlarmSetAfterDeleteAllInAlarmStays() {
    storage.setAlarm(NINE);
    storage.beginAlarmRun(NINE);
    storage.deleteAll();
    storage.setAlarm(NINE);
    assertThat(storage.alarm()).hasValue(NINE);
    storage.endAlarmRun(true);
    assertThat(storage.alarm()).hasValue(NINE);
  }

  @Test
  void metadataIsOutOfReachOfTheApp() {
    storage.metadata("name", new byte[] {1});
    assertThat(storage.metadata("name")).hasValue(new byte[] {1});
    assertThat(keys(ListOptions.ALL)).isEmpty();
    assertThat(storage.get("name", Object.class)).isEmpty();
  }
}
