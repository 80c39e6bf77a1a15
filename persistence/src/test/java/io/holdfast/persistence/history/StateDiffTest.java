package io.holdfast.persistence.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.SqlScript;
import io.holdfast.protocol.ValueCodec;
import io.holdfast.protocol.admin.ObjectDiff.RowDiff;
import io.holdfast.protocol.admin.ObjectDiff.SchemaDiff;
import io.holdfast.protocol.admin.ObjectDiff.TableDiff;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateDiffTest {
  private final ValueCodec codec = new ValueCodec();
  private final ObjectDatabase before = open(DatabaseImage.EMPTY);
  private ObjectDatabase after = open(DatabaseImage.EMPTY);

  private static ObjectDatabase open(DatabaseImage image) {
    return HistoryFixture.DATABASES.open(image);
  }

  @AfterEach
  void close() {
    before.close();
    after.close();
  }

  private void branch() {
    before.commit();
    after.close();
    after = open(before.image());
  }

  private static void sql(ObjectDatabase database, String query, Object... bindings) {
    database.execute(SqlScript.parse(query), bindings);
  }

  private void put(ObjectDatabase database, String key, Object value) {
    database.put(key, codec.toCbor(value));
  }

  private List<TableDiff> diff() {
    return new StateDiff(before, after, codec, 100).tables();
  }

  private TableDiff only() {
    assertThat(diff()).hasSize(1);
    return diff().getFirst();
  }

  private static void counts(TableDiff table, long added, long removed, long changed) {
    assertThat(List.of(table.added(), table.removed(), table.changed()))
        .containsExactly(added, removed, changed);
    assertThat(table.problem()).isEmpty();
  }

  @Test
  void equalStatesHaveNoDifference() {
    put(before, "a", 1);
    sql(before, "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t (v) VALUES (1)");
    branch();
    assertThat(diff()).isEmpty();
    assertThat(new StateDiff(before, after, codec, 100).schema()).isEmpty();
  }

  @Test
  void pairsShowWhatTheAppStored() {
    put(before, "gone", "x");
    put(before, "same", "x");
    put(before, "changed", Map.of("n", 1));
    branch();
    after.delete("gone");
    put(after, "changed", Map.of("n", 2));
    put(after, "new", new byte[] {1, 2});
    TableDiff pairs = only();
    assertThat(pairs.pairs()).isTrue();
    counts(pairs, 1, 1, 1);
    assertThat(pairs.rows())
        .containsExactlyInAnyOrder(
            new RowDiff(Map.of("key", "new"), null, Map.of("value", "x'0102'")),
            new RowDiff(
                Map.of("key", "changed"),
                Map.of("value", "{\"n\":1}"),
                Map.of("value", "{\"n\":2}")),
            new RowDiff(Map.of("key", "gone"), Map.of("value", "x"), null));
  }

  @Test
  void rowsAreMatchedByPrimaryKeyAlsoWhenTheirRowidMoved() {
    sql(before, "CREATE TABLE t (name TEXT PRIMARY KEY, v)");
    sql(before, "INSERT INTO t VALUES ('a', 1), ('b', 2), ('c', 3)");
    branch();
    sql(after, "DELETE FROM t WHERE name = 'a'");
    sql(after, "INSERT INTO t VALUES ('a', 1), ('d', 4)");
    sql(after, "UPDATE t SET v = 9 WHERE name = 'b'");
    TableDiff table = only();
    counts(table, 1, 0, 1);
    assertThat(table.rows())
        .containsExactlyInAnyOrder(
            new RowDiff(Map.of("name", "d"), null, Map.of("name", "d", "v", 4L)),
            new RowDiff(
                Map.of("name", "b"), Map.of("name", "b", "v", 2L), Map.of("name", "b", "v", 9L)));
  }

  @Test
  void rowsWithoutAPrimaryKeyAreMatchedByRowid() {
    sql(before, "CREATE TABLE t (_rowid_, v)");
    sql(before, "INSERT INTO t VALUES (7, 'a'), (7, 'b')");
    branch();
    sql(after, "UPDATE t SET v = 'c' WHERE v = 'b'");
    TableDiff table = only();
    counts(table, 0, 0, 1);
    assertThat(table.rows().getFirst().key()).isEqualTo(Map.of("rowid", 2L));
  }

  @Test
  void tablesWithoutRowidAndWithKeysOfSeveralColumnsAreCompared() {
    sql(
        before,
        "CREATE TABLE t (a TEXT COLLATE NOCASE, b INT, v, PRIMARY KEY (b, a)) WITHOUT ROWID");
    for (int i = 0; i < 120; i++) {
      sql(before, "INSERT INTO t VALUES (?, ?, ?)", "k" + i % 40, i / 40, i);
    }
    branch();
    sql(after, "DELETE FROM t WHERE v < 3");
    sql(after, "UPDATE t SET v = -v WHERE v > 117");
    sql(after, "INSERT INTO t VALUES ('z', 5, 0)");
    counts(only(), 1, 3, 2);
  }

  @Test
  void keysThatAreNullOrOfAnyTypeDoNotCollide() {
    sql(before, "CREATE TABLE t (k PRIMARY KEY, v)");
    sql(
        before,
        "INSERT INTO t VALUES (NULL, 1), (NULL, 2), (1, 3), ('1', 4), (x'31', 5), (1.5, 6)");
    branch();
    assertThat(diff()).isEmpty();
    sql(after, "UPDATE t SET v = 0 WHERE k IS NULL AND v = 2 OR typeof(k) = 'blob'");
    counts(only(), 0, 0, 2);
  }

  @Test
  void namesThatNeedQuotesAreNoTrouble() {
    sql(before, "CREATE TABLE \"a \"\"b\"\"; --\" (\"select\" INTEGER PRIMARY KEY, \"x y\")");
    branch();
    sql(after, "INSERT INTO \"a \"\"b\"\"; --\" VALUES (1, 'v')");
    assertThat(only().name()).isEqualTo("a \"b\"; --");
  }

  @Test
  void aDroppedTableLosesItsRowsAndTheSchemaSaysSo() {
    sql(before, "CREATE TABLE t (v)");
    sql(before, "INSERT INTO t VALUES (1), (2)");
    sql(before, "CREATE INDEX i ON t (v)");
    branch();
    sql(after, "DROP TABLE t");
    sql(after, "CREATE VIEW w AS SELECT 1");
    counts(only(), 0, 2, 0);
    assertThat(new StateDiff(before, after, codec, 100).schema())
        .extracting(SchemaDiff::type, SchemaDiff::name, diff -> diff.after().isPresent())
        .containsExactlyInAnyOrder(
            tuple("table", "t", false), tuple("index", "i", false), tuple("view", "w", true));
  }

  @Test
  void aColumnThatWasAddedAndNeverSetChangesNoRow() {
    sql(before, "CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
    sql(before, "INSERT INTO t (v) VALUES (1), (2)");
    branch();
    sql(after, "ALTER TABLE t ADD COLUMN more TEXT");
    assertThat(diff()).isEmpty();
    sql(after, "UPDATE t SET more = 'x' WHERE id = 2");
    counts(only(), 0, 0, 1);
  }

  @Test
  void rowsBeyondTheLimitAreCountedAndNotShown() {
    sql(before, "CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
    branch();
    for (int i = 0; i < 60; i++) {
      sql(after, "INSERT INTO t (v) VALUES (?)", i);
    }
    StateDiff diff = new StateDiff(before, after, codec, 7);
    TableDiff table = diff.tables().getFirst();
    counts(table, 60, 0, 0);
    assertThat(table.rows()).hasSize(7);
    assertThat(diff.rowsOmitted()).isTrue();
  }

  @Test
  void longValuesAreCut() {
    branch();
    put(after, "k", "x".repeat(100_000));
    Map<String, Object> shown = only().rows().getFirst().after();
    assertThat((String) shown.get("value")).hasSizeLessThan(250).endsWith("(100000 characters)");
  }

  /// Against maps: random pairs and rows, random changes.
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void countsWhatChanged(long seed) {
    Random random = new Random(seed);
    sql(before, "CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
    Map<Integer, Integer> old = new HashMap<>();
    for (int i = 0; i < 300; i++) {
      old.put(random.nextInt(1000) - 500, random.nextInt(3));
    }
    old.forEach((id, v) -> {
      sql(before, "INSERT INTO t VALUES (?, ?)", id, v);
      put(before, "k" + id, v);
    });
    branch();
    Map<Integer, Integer> now = new TreeMap<>(old);
    for (int i = 0; i < 200; i++) {
      int id = random.nextInt(1000) - 500;
      if (random.nextInt(3) == 0) {
        now.remove(id);
        sql(after, "DELETE FROM t WHERE id = ?", id);
        after.delete("k" + id);
      } else {
        int v = random.nextInt(3);
        now.put(id, v);
        sql(after, "INSERT OR REPLACE INTO t VALUES (?, ?)", id, v);
        put(after, "k" + id, v);
      }
    }
    long added = now.keySet().stream().filter(id -> !old.containsKey(id)).count();
    long removed = old.keySet().stream().filter(id -> !now.containsKey(id)).count();
    long changed =
        now.entrySet().stream()
            .filter(e -> old.containsKey(e.getKey()) && !old.get(e.getKey()).equals(e.getValue()))
            .count();
    assertThat(diff()).as("seed %d", seed).hasSize(2);
    diff().forEach(table -> counts(table, added, removed, changed));
  }
}
