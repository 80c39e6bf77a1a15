package io.holdfast.persistence.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.persistence.database.KeyRange.Order;
import io.holdfast.persistence.database.ObjectDatabase.Savepoint;
import io.holdfast.sdk.SqlRow;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random operations on a database and on a plain model of it: pairs by UTF-8 bytes, rows of one
/// table, the alarm; with commits, rollbacks, savepoints, hibernation and crashes.
@Engines.OnBoth
final class ObjectDatabaseSimulation {
  private static final int STEPS = 6_000;
  private static final Comparator<String> BY_UTF8 =
      (a, b) ->
          Arrays.compareUnsigned(
              a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  private static final List<String> LETTERS =
      List.of("a", "b", "\0", "é", "\ud7ff", "\ue000", "\uffff", "🎈", "\udbff\udfff", "'", "%");

  /// What has to be in the database.
  private static final class Model {
    final TreeMap<String, byte[]> pairs = new TreeMap<>(BY_UTF8);
    final TreeMap<Long, Integer> rows = new TreeMap<>();
    boolean hasTable;
    Optional<StoredAlarm> alarm = Optional.empty();

    Model copy() {
      Model copy = new Model();
      copy.pairs.putAll(pairs);
      copy.rows.putAll(rows);
      copy.hasTable = hasTable;
      copy.alarm = alarm;
      return copy;
    }
  }

  private record Point(Savepoint savepoint, Model model) {}

  private final Deque<Point> points = new ArrayDeque<>();
  private final EngineChoice engine;
  private ObjectDatabase database;
  private Model committed = new Model();
  private Model now = new Model();
  private long generation;

  ObjectDatabaseSimulation(EngineChoice engine) {
    this.engine = engine;
    this.database = Engines.open(engine, DatabaseImage.EMPTY, DatabaseLimits.DEFAULT);
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void theDatabaseDoesWhatTheModelDoes(long seed) {
    System.out.println("ObjectDatabaseSimulation " + engine + " seed " + seed);
    Random random = new Random(seed);
    for (int step = 0; step < STEPS; step++) {
      String what = step(random);
      assertThat(database.alarm()).as("seed %d step %d %s", seed, step, what).isEqualTo(now.alarm);
      if (step % 50 == 0) {
        assertSame("seed " + seed + " step " + step + " " + what, database, now);
      }
    }
    database.close();
  }

  private String step(Random random) {
    int dice = random.nextInt(1000);
    if (dice < 300) {
      return put(random);
    } else if (dice < 400) {
      return delete(random);
    } else if (dice < 500) {
      return list(random);
    } else if (dice < 700) {
      return sql(random);
    } else if (dice < 740) {
      return alarm(random);
    } else if (dice < 850) {
      return savepoint(random);
    } else if (dice < 960) {
      return commit();
    } else if (dice < 980) {
      return rollback();
    } else if (dice < 984) {
      return deleteAll();
    } else {
      return restart(random);
    }
  }

  private String put(Random random) {
    String key = key(random);
    byte[] value = new byte[random.nextInt(40) == 0 ? random.nextInt(200_000) : random.nextInt(60)];
    random.nextBytes(value);
    database.put(key, value);
    now.pairs.put(key, value);
    return "put";
  }

  private String delete(Random random) {
    String key = key(random);
    assertThat(database.delete(key)).isEqualTo(now.pairs.remove(key) != null);
    assertThat(database.get(key)).isEmpty();
    return "delete";
  }

  private String list(Random random) {
    String start = random.nextBoolean() ? key(random) : "";
    Optional<String> end = random.nextBoolean() ? Optional.of(key(random)) : Optional.empty();
    Order order = random.nextBoolean() ? Order.ASCENDING : Order.DESCENDING;
    OptionalInt limit =
        random.nextBoolean() ? OptionalInt.of(1 + random.nextInt(5)) : OptionalInt.empty();
    Map<String, byte[]> found = database.list(new KeyRange(start, end, order, limit));
    List<String> expected = new ArrayList<>(now.pairs.keySet());
    expected.removeIf(key ->
        BY_UTF8.compare(key, start) < 0 || end.isPresent() && BY_UTF8.compare(key, end.get()) >= 0);
    if (order == Order.DESCENDING) {
      Collections.reverse(expected);
    }
    assertThat(found.keySet())
        .containsExactlyElementsOf(
            expected.subList(0, Math.min(expected.size(), limit.orElse(expected.size()))));
    return "list";
  }

  private String sql(Random random) {
    if (!now.hasTable) {
      execute("CREATE TABLE numbers(id INTEGER PRIMARY KEY, length INTEGER, blob BLOB)");
      execute("CREATE INDEX by_length ON numbers(length)");
      now.hasTable = true;
      return "create";
    }
    long id = random.nextInt(50);
    int length = random.nextInt(20) == 0 ? random.nextInt(30_000) : random.nextInt(100);
    if (random.nextInt(3) == 0) {
      execute("DELETE FROM numbers WHERE id >= ?", id);
      now.rows.tailMap(id, true).clear();
    } else {
      execute("INSERT OR REPLACE INTO numbers VALUES (?, ?, zeroblob(?))", id, length, length);
      now.rows.put(id, length);
    }
    return "sql";
  }

  private String alarm(Random random) {
    Optional<StoredAlarm> alarm =
        random.nextBoolean()
            ? Optional.empty()
            : Optional.of(new StoredAlarm(random.nextInt(1000), ++generation));
    database.alarm(alarm);
    now.alarm = alarm;
    return "alarm";
  }

  private String savepoint(Random random) {
    if (points.isEmpty() || points.size() < 4 && random.nextBoolean()) {
      points.push(new Point(database.savepoint(), now.copy()));
      return "savepoint";
    } else if (random.nextBoolean()) {
      database.release(points.pop().savepoint());
      return "release";
    }
    int levels = 1 + random.nextInt(points.size());
    Point point = points.peek();
    for (int i = 0; i < levels; i++) {
      point = points.pop();
    }
    database.rollbackTo(point.savepoint());
    database.release(point.savepoint());
    now = point.model();
    return "rollback to";
  }

  private String commit() {
    while (!points.isEmpty()) {
      database.release(points.pop().savepoint());
    }
    DatabaseImage before = database.image();
    database
        .commit()
        .ifPresent(commit -> {
          assertThat(commit.before()).isSameAs(before);
          assertThat(commit.after()).isSameAs(database.image());
          assertThat(commit.alarm().isPresent()).isEqualTo(now.alarm.isPresent());
          now.alarm.ifPresent(alarm -> assertThat(commit.alarm()).hasValue(alarm.timeMillis()));
        });
    committed = now.copy();
    return "commit";
  }

  private String rollback() {
    database.rollback();
    points.clear();
    now = committed.copy();
    return "rollback";
  }

  private String deleteAll() {
    database.deleteAll();
    now = new Model();
    return "delete all";
  }

  private String restart(Random random) {
    if (random.nextBoolean()) {
      commit();
      database.hibernate();
      return "hibernate";
    }
    DatabaseImage image = database.image();
    database.close();
    database = Engines.open(engine, image, DatabaseLimits.DEFAULT);
    points.clear();
    now = committed.copy();
    assertSame("after a crash", database, now);
    return "crash";
  }

  private static void assertSame(String what, ObjectDatabase database, Model model) {
    Map<String, byte[]> pairs =
        database.list(new KeyRange("", Optional.empty(), Order.ASCENDING, OptionalInt.empty()));
    assertThat(pairs.keySet()).as(what).containsExactlyElementsOf(model.pairs.keySet());
    model.pairs.forEach((key, value) -> assertThat(pairs.get(key)).as(what).isEqualTo(value));
    if (model.hasTable) {
      List<SqlRow> rows =
          database
              .execute(SqlScript.parse("SELECT id, length, length(blob) n FROM numbers"))
              .toList();
      assertThat(rows).as(what).hasSize(model.rows.size());
      rows.forEach(row -> {
        assertThat(model.rows)
            .as(what)
            .containsEntry(row.integer("id"), (int) row.integer("length"));
        assertThat(row.value(2)).as(what).isEqualTo(row.value(1));
      });
      assertThat(database.execute(SqlScript.parse("PRAGMA integrity_check")).one().value(0))
          .as(what)
          .isEqualTo("ok");
    }
  }

  private void execute(String sql, Object... bindings) {
    database.execute(SqlScript.parse(sql), bindings);
  }

  private static String key(Random random) {
    StringBuilder key = new StringBuilder();
    for (int i = random.nextInt(4); i >= 0; i--) {
      key.append(LETTERS.get(random.nextInt(LETTERS.size())));
    }
    return key.toString();
  }
}
