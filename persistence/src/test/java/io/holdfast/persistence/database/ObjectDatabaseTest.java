package io.holdfast.persistence.database;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ListOptions;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@Engines.OnBoth
final class ObjectDatabaseTest {
  private final EngineChoice engine;
  private ObjectDatabase database;

  ObjectDatabaseTest(EngineChoice engine) {
    this.engine = engine;
    this.database = open(DatabaseImage.EMPTY);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private ObjectDatabase open(DatabaseImage image) {
    return Engines.open(engine, image, DatabaseLimits.DEFAULT);
  }

  private void reopen() {
    DatabaseImage image = database.image();
    database.close();
    database = open(image);
  }

  private void sql(String query, Object... bindings) {
    database.execute(SqlScript.parse(query), bindings);
  }

  private long number(String query) {
    return (Long) database.execute(SqlScript.parse(query)).one().value(0);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  @Test
  void readsOfAnEmptyDatabaseOpenNothing() {
    assertThat(database.get("a")).isEmpty();
    assertThat(database.list(KeyRange.of(ListOptions.ALL))).isEmpty();
    assertThat(database.delete("a")).isFalse();
    assertThat(database.alarm()).isEmpty();
    assertThat(database.metadata("name")).isEmpty();
    database.deleteAll();
    assertThat(database.sizeBytes()).isZero();
    assertThat(database.commit()).isEmpty();
    assertThat(database.isOpen()).isFalse();
  }

  @Test
  void aCommitHoldsTheImagesBeforeAndAfter() {
    database.put("a", bytes("1"));
    Commit first = database.commit().orElseThrow();
    assertThat(first.before()).isEqualTo(DatabaseImage.EMPTY);
    assertThat(first.after()).isEqualTo(database.image());
    assertThat(first.transactions()).isEqualTo(1);
    assertThat(first.alarm()).isEmpty();
    assertThat(first.after().pageCount()).isEqualTo(2);

    database.put("a", bytes("2"));
    Commit second = database.commit().orElseThrow();
    assertThat(second.before()).isSameAs(first.after());
    assertThat(database.commit()).as("nothing was written since").isEmpty();
  }

  @Test
  void theImageIsInRollbackModeSoThatItCanBeOpenedInMemory() {
    database.put("a", bytes("1"));
    byte[] image = database.commit().orElseThrow().after().bytes();
    assertThat(image[18]).isEqualTo((byte) 1);
    assertThat(image[19]).isEqualTo((byte) 1);
  }

  @Test
  void whatIsCommittedIsThereAfterReopening() {
    database.put("a", bytes("1"));
    sql("CREATE TABLE t(x); INSERT INTO t VALUES (7)");
    database.commit();
    reopen();
    assertThat(database.get("a")).hasValue(bytes("1"));
    assertThat(number("SELECT x FROM t")).isEqualTo(7);
  }

  @Test
  void whatIsNotCommittedIsGoneAfterARollback() {
    database.put("a", bytes("1"));
    database.commit();
    database.put("a", bytes("2"));
    database.put("b", bytes("2"));
    sql("CREATE TABLE t(x)");
    database.alarm(Optional.of(new StoredAlarm(5, 1)));
    database.rollback();
    assertThat(database.get("a")).hasValue(bytes("1"));
    assertThat(database.get("b")).isEmpty();
    assertThat(database.alarm()).isEmpty();
    assertThat(database.commit()).isEmpty();
    assertThatThrownBy(() -> sql("SELECT * FROM t")).hasMessage("no such table: t: SQLITE_ERROR");
  }

  @Test
  void aRollbackOfTheVeryFirstWriteLeavesAnEmptyDatabase() {
    database.put("a", bytes("1"));
    database.rollback();
    assertThat(database.get("a")).isEmpty();
    assertThat(database.commit()).isEmpty();
    database.put("b", bytes("1"));
    assertThat(database.commit()).isPresent();
    assertThat(database.get("b")).isPresent();
  }

  @Test
  void aTableMadeAndDroppedInOneTransactionStoresNothing() {
    sql("CREATE TABLE t(x); DROP TABLE t");
    assertThat(database.commit()).isEmpty();
    assertThat(database.image()).isEqualTo(DatabaseImage.EMPTY);
  }

  @Test
  void hibernatingKeepsEverythingAndGivesBackTheHandle() {
    database.put("a", bytes("1"));
    sql("PRAGMA recursive_triggers = ON");
    database.commit();
    database.hibernate();
    assertThat(database.isOpen()).isFalse();
    assertThat(database.get("a")).hasValue(bytes("1"));
    assertThat(database.isOpen()).isTrue();
    assertThatThrownBy(() -> sql("PRAGMA recursive_triggers = on nonsense"))
        .hasMessageContaining("syntax error");
    database.hibernate();
    assertThat(number("PRAGMA recursive_triggers")).as("settings are made again").isEqualTo(1);
    database.put("a", bytes("2"));
    assertThatThrownBy(database::hibernate)
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_STATE));
  }

  @Test
  void nestedSavepointsAreUndoneOneByOne() {
    database.put("a", bytes("0"));
    var outer = database.savepoint();
    database.put("a", bytes("1"));
    var inner = database.savepoint();
    database.put("a", bytes("2"));
    database.rollbackTo(inner);
    database.release(inner);
    assertThat(database.get("a")).hasValue(bytes("1"));
    database.rollbackTo(outer);
    database.release(outer);
    assertThat(database.get("a")).hasValue(bytes("0"));
  }

  @Test
  void undoingAnOuterSavepointDropsTheInnerOnes() {
    var outer = database.savepoint();
    database.put("a", bytes("1"));
    database.savepoint();
    database.put("a", bytes("2"));
    database.rollbackTo(outer);
    database.release(outer);
    assertThat(database.get("a")).isEmpty();
    assertThat(database.commit()).isEmpty();
  }

  @Test
  void aSavepointWithoutWritesCostsNothing() {
    var savepoint = database.savepoint();
    assertThat(database.get("a")).isEmpty();
    database.release(savepoint);
    assertThat(database.isOpen()).isFalse();
  }

  @Test
  void refusesToCommitInsideASavepoint() {
    database.savepoint();
    database.put("a", bytes("1"));
    assertThatThrownBy(database::commit).hasMessageContaining("transaction()");
  }

  @Test
  void aRollbackDropsSavepointsSoThatALateReleaseIsRefused() {
    var savepoint = database.savepoint();
    database.put("a", bytes("1"));
    database.rollback();
    database.rollbackTo(savepoint);
    assertThatThrownBy(() -> database.release(savepoint)).hasMessageContaining("innermost");
    database.put("b", bytes("1"));
    assertThat(database.commit()).isPresent();
  }

  @Test
  void savepointsUndoTheHiddenTablesTheStampsAndTheAlarm() {
    database.stamp("name", bytes("room"));
    var savepoint = database.savepoint();
    database.put("a", bytes("1"));
    database.alarm(Optional.of(new StoredAlarm(5, 1)));
    assertThat(database.metadata("name")).hasValue(bytes("room"));
    database.rollbackTo(savepoint);
    assertThat(database.alarm()).isEmpty();
    assertThat(database.metadata("name")).isEmpty();
    database.put("b", bytes("1"));
    database.release(savepoint);
    assertThat(database.metadata("name")).hasValue(bytes("room"));
    assertThat(database.get("a")).isEmpty();
  }

  @Test
  void aCommitTellsTheAlarm() {
    database.alarm(Optional.of(new StoredAlarm(5, 1)));
    assertThat(database.commit().orElseThrow().alarm()).isEqualTo(OptionalLong.of(5));
    reopen();
    database.put("a", bytes("1"));
    assertThat(database.commit().orElseThrow().alarm()).isEqualTo(OptionalLong.of(5));
    database.alarm(Optional.empty());
    assertThat(database.commit().orElseThrow().alarm()).isEmpty();
  }

  @Test
  void deleteAllLeavesAnEmptyImageWhateverWasInIt() {
    database.stamp("name", bytes("room"));
    database.put("a", bytes("1"));
    database.alarm(Optional.of(new StoredAlarm(5, 1)));
    sql(
        """
        CREATE TABLE parent(id INTEGER PRIMARY KEY AUTOINCREMENT);
        CREATE TABLE `child "x"`(a REFERENCES parent(id), b REFERENCES `child "x"`(a));
        CREATE UNIQUE INDEX i ON `child "x"`(a);
        CREATE VIEW v AS SELECT * FROM parent;
        CREATE TRIGGER r AFTER INSERT ON parent BEGIN SELECT 1; END;
        CREATE VIRTUAL TABLE words USING fts5(word);
        INSERT INTO parent DEFAULT VALUES;
        INSERT INTO `child "x"` VALUES (1, 1);
        INSERT INTO words VALUES ('hello');
        ANALYZE
        """);
    database.commit();
    database.deleteAll();
    assertThat(database.get("a")).isEmpty();
    assertThat(database.alarm()).isEmpty();
    Commit commit = database.commit().orElseThrow();
    assertThat(commit.after()).isEqualTo(DatabaseImage.EMPTY);
    assertThat(commit.alarm()).isEmpty();
    assertThat(database.isOpen()).isFalse();

    database.put("b", bytes("1"));
    assertThat(database.metadata("name")).as("stamped anew").hasValue(bytes("room"));
    assertThat(database.commit().orElseThrow().before()).isEqualTo(DatabaseImage.EMPTY);
  }

  @Test
  void deleteAllCanBeUndone() {
    database.put("a", bytes("1"));
    sql("CREATE TABLE t(x); INSERT INTO t VALUES (7)");
    database.commit();
    var savepoint = database.savepoint();
    database.deleteAll();
    database.put("b", bytes("2"));
    database.rollbackTo(savepoint);
    database.release(savepoint);
    assertThat(database.get("a")).isPresent();
    assertThat(database.get("b")).isEmpty();
    database.deleteAll();
    database.rollback();
    assertThat(number("SELECT x FROM t")).isEqualTo(7);
  }

  @Test
  void writesAfterDeleteAllAreKeptInTheSameTransaction() {
    database.put("a", bytes("1"));
    database.commit();
    database.deleteAll();
    database.put("b", bytes("2"));
    database.commit();
    reopen();
    assertThat(database.get("a")).isEmpty();
    assertThat(database.get("b")).isPresent();
  }

  @Test
  void aDeferredConstraintLeftBrokenUndoesTheTransaction() {
    sql("CREATE TABLE p(id INTEGER PRIMARY KEY)");
    sql("CREATE TABLE c(p REFERENCES p(id) DEFERRABLE INITIALLY DEFERRED)");
    database.commit();
    database.put("a", bytes("1"));
    sql("INSERT INTO c VALUES (99)");
    assertThatThrownBy(database::commit)
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OBJECT_FAILED))
        .hasMessageContaining(
            "reset and rolled back to its last known good state because the application left the"
                + " database in a state where constraints were violated");
    assertThat(database.get("a")).isEmpty();
    assertThat(number("SELECT count(*) FROM c")).isZero();
    database.put("a", bytes("2"));
    assertThat(database.commit()).isPresent();
  }

  @Test
  void deferredConstraintsCanBeAskedFor() {
    sql("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p(id))");
    assertThatThrownBy(() -> sql("INSERT INTO c VALUES (1)"))
        .hasMessage("FOREIGN KEY constraint failed: SQLITE_CONSTRAINT");
    sql("PRAGMA defer_foreign_keys = ON");
    sql("INSERT INTO c VALUES (1)");
    sql("INSERT INTO p VALUES (1)");
    assertThat(database.commit()).isPresent();
    assertThatThrownBy(() -> sql("INSERT INTO c VALUES (2)")).hasMessageContaining("FOREIGN KEY");
  }

  @Test
  void aFullDatabaseFailsAndNeverCommitsHalfAnEvent() {
    database.close();
    database =
        Engines.open(
            engine,
            DatabaseImage.EMPTY,
            new DatabaseLimits(1 << 20, Duration.ofSeconds(30), 1 << 20));
    database.put("kept", bytes("1"));
    database.commit();
    database.put("lost", bytes("1"));
    assertThatThrownBy(() -> database.put("big", new byte[1_500_000]))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_FULL))
        .hasMessageContaining("1048576");
    assertThatThrownBy(() -> database.get("kept")).hasMessageContaining("reset");
    assertThatThrownBy(() -> database.put("other", bytes("1"))).hasMessageContaining("reset");
    assertThatThrownBy(database::commit).hasMessageContaining("undone");
    assertThat(database.get("kept")).isPresent();
    assertThat(database.get("lost")).isEmpty();
    database.put("after", bytes("1"));
    assertThat(database.commit()).isPresent();
  }

  @Test
  void anEndlessQueryIsStoppedAndTheDatabaseStaysUsable() {
    database.close();
    database =
        Engines.open(
            engine,
            DatabaseImage.EMPTY,
            new DatabaseLimits(1 << 20, Duration.ofMillis(100), 1 << 20));
    database.put("a", bytes("1"));
    assertThatThrownBy(() ->
            sql(
                "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT"
                    + " count(*) FROM c"))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TIMEOUT))
        .hasMessageContaining("100 ms");
    assertThat(database.get("a")).as("a read undoes nothing").isPresent();
    assertThat(database.commit()).isPresent();
  }

  @Test
  void anEndlessWriteIsStoppedAndUndoesTheTransaction() {
    database.close();
    database =
        Engines.open(
            engine,
            DatabaseImage.EMPTY,
            new DatabaseLimits(1 << 30, Duration.ofMillis(100), 1 << 20));
    sql("CREATE TABLE t(x)");
    database.commit();
    database.put("a", bytes("1"));
    assertThatThrownBy(() ->
            sql(
                "INSERT INTO t WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
                    + " SELECT x FROM c WHERE x < 0"))
        .hasMessageContaining("100 ms");
    assertThatThrownBy(database::commit).hasMessageContaining("undone");
    assertThat(database.get("a")).isEmpty();
  }

  @Test
  void longChainsCascade() {
    sql("CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES c(id) ON DELETE CASCADE)");
    sql(
        "INSERT INTO c WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
            + " SELECT i, nullif(i - 1, 0) FROM n");
    sql("DELETE FROM c WHERE id = 1");
    assertThat(number("SELECT count(*) FROM c")).isZero();
  }

  @Test
  void refusesAnImageThatIsNoDatabase() {
    try (ObjectDatabase broken = open(new DatabaseImage(new byte[8192], 4096))) {
      assertThatThrownBy(() -> broken.get("a"))
          .isInstanceOfSatisfying(
              HoldfastException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_CORRUPT));
    }
  }

  @Test
  void refusesUseAfterClose() {
    database.close();
    assertThatThrownBy(() -> database.get("a")).hasMessageContaining("closed");
  }

  @Test
  void databasesOfAnotherPageSizeKeepIt() throws Exception {
    byte[] other;
    try (var connection = java.sql.DriverManager.getConnection("jdbc:sqlite::memory:");
        var statement = connection.createStatement()) {
      statement.executeUpdate("PRAGMA page_size = 1024");
      statement.executeUpdate("CREATE TABLE t(x)");
      other = connection.unwrap(org.sqlite.SQLiteConnection.class).serialize("main");
    }
    database = open(new DatabaseImage(other, 1024));
    sql("INSERT INTO t VALUES (randomblob(10000))");
    Commit commit = database.commit().orElseThrow();
    assertThat(commit.after().pageSize()).isEqualTo(1024);
    assertThat(commit.after().pageCount()).isGreaterThan(10);
    assertThat(database.sizeBytes()).isEqualTo(commit.after().bytes().length);
  }
}
