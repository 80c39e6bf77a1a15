package io.holdfast.persistence.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.persistence.database.ObjectDatabase.Savepoint;
import io.holdfast.persistence.pg1.DeltaEncoder;
import io.holdfast.persistence.pg1.PageDelta;
import io.holdfast.persistence.pg1.PageHashes;
import io.holdfast.persistence.pg1.PageImage;
import io.holdfast.sdk.HoldfastException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Random;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sqlite.jdbc4.JDBC4Connection;

/// The same random history on both engines: every answer and every error, and after each commit
/// image, changed pages and events must be the same, byte for byte; either goes on from the image
/// of the other.
///
/// Longer, with new seeds: `scripts/mvn -Dfast test -pl persistence -am
/// -Dtest=EngineDifferentialSimulation -Dsurefire.failIfNoSpecifiedTests=false
/// -Dtest.jvm.flags="--enable-native-access=ALL-UNNAMED -Xmx1g -Dholdfast.simulation.seconds=600"`
final class EngineDifferentialSimulation {
  private static final int STEPS = 600;
  private static final DatabaseLimits LIMITS =
      new DatabaseLimits(16 << 20, Duration.ofSeconds(30), 64 << 20);

  /// Both databases, the plain engine's first.
  private ObjectDatabase plain = Engines.jdbc(DatabaseImage.EMPTY);

  private ObjectDatabase fast = Engines.ffm(DatabaseImage.EMPTY);

  private record Points(Savepoint plain, Savepoint fast) {}

  private final Deque<Points> points = new ArrayDeque<>();
  private final DeltaEncoder encoder = new DeltaEncoder();
  private PageHashes plainHashes = PageHashes.of(DatabaseImage.EMPTY);
  private PageHashes fastHashes = PageHashes.of(DatabaseImage.EMPTY);
  private PageImage replayed = PageImage.empty();
  private Random random = new Random();
  private long txSeq;
  private int commits;
  private int failures;
  private int pagesMax;

  @ParameterizedTest
  @CsvSource({
    "1, 4096, 0",
    "2, 4096, 0",
    "3, 512, 0",
    "4, 512, 1",
    "5, 65536, 0",
    "6, 65536, 1",
    "7, 4096, 1",
    "8, 1024, 2"
  })
  void bothEnginesDoTheSame(long firstSeed, int pageSize, int autoVacuum) throws Exception {
    long seconds = Long.getLong("holdfast.simulation.seconds", 0);
    long end = System.nanoTime() + seconds * 1_000_000_000L / 8;
    long seed = seconds == 0 ? firstSeed : System.nanoTime() + firstSeed;
    do {
      System.out.printf(
          "EngineDifferentialSimulation seed %d, pages of %d, auto_vacuum %d%n",
          seed, pageSize, autoVacuum);
      run(seed++, pageSize, autoVacuum);
    } while (System.nanoTime() < end);
  }

  private void run(long seed, int pageSize, int autoVacuum) throws Exception {
    random = new Random(seed);
    start(firstImage(pageSize, autoVacuum));
    for (int step = 0; step < STEPS; step++) {
      String what = "?";
      try {
        what = step();
      } catch (Throwable e) {
        throw new AssertionError("seed " + seed + " step " + step + " " + what, e);
      }
    }
    both(db -> text(db, "PRAGMA integrity_check"));
    System.out.printf("%d commits, %d failures, %d pages at most%n", commits, failures, pagesMax);
    plain.close();
    fast.close();
    assertThat(commits).as("commits of seed %d", seed).isGreaterThan(STEPS / 20);
    assertThat(failures).as("half-failed statements of seed %d", seed).isPositive();
  }

  /// As a database of an earlier life: empty, or made with other settings than ours.
  private static DatabaseImage firstImage(int pageSize, int autoVacuum) throws Exception {
    if (pageSize == DatabaseImage.DEFAULT_PAGE_SIZE && autoVacuum == 0) {
      return DatabaseImage.EMPTY;
    }
    try (JDBC4Connection connection =
        new JDBC4Connection("jdbc:sqlite::memory:", ":memory:", new Properties())) {
      connection
          .getDatabase()
          ._exec(
              "PRAGMA page_size=%d; PRAGMA auto_vacuum=%d; CREATE TABLE first(x);"
                  .formatted(pageSize, autoVacuum));
      return new DatabaseImage(connection.serialize("main"), pageSize);
    }
  }

  private void start(DatabaseImage image) {
    plain.close();
    fast.close();
    // Arrays of their own: one must not see what the other writes.
    plain = Engines.open(EngineChoice.JDBC, copy(image), LIMITS);
    fast = Engines.open(EngineChoice.FFM, copy(image), LIMITS);
    plainHashes = PageHashes.of(image);
    fastHashes = PageHashes.of(image);
    replayed = replayed(image);
    points.clear();
    sql("CREATE TABLE t0(id INTEGER PRIMARY KEY, k UNIQUE, v BLOB)");
    sql("CREATE TABLE t1(id PRIMARY KEY, k, v) WITHOUT ROWID");
    commits = 0;
    failures = 0;
    pagesMax = 0;
  }

  private static DatabaseImage copy(DatabaseImage image) {
    return image.isEmpty()
        ? DatabaseImage.EMPTY
        : new DatabaseImage(image.bytes().clone(), image.pageSize());
  }

  private PageImage replayed(DatabaseImage image) {
    PageImage result = PageImage.empty();
    Commit first = new Commit(DatabaseImage.EMPTY, image, 1, OptionalLong.empty());
    encoder.encode(first, PageHashes.of(DatabaseImage.EMPTY), stamp(), null).forEach(result::apply);
    return result;
  }

  private DeltaEncoder.Stamp stamp() {
    return new DeltaEncoder.Stamp(++txSeq, 1, 0, 0);
  }

  // ---- steps
  // ----------------------------------------------------------------------------------------------------

  private String step() {
    int dice = random.nextInt(1000);
    if (dice < 150) {
      return pair();
    } else if (dice < 640) {
      return sql(statement());
    } else if (dice < 700) {
      return query();
    } else if (dice < 790) {
      return savepoint();
    } else if (dice < 930) {
      return commit();
    } else if (dice < 965) {
      points.clear();
      both(db -> {
        db.rollback();
        return "";
      });
      return "rollback";
    } else if (dice < 967) {
      both(db -> {
        db.deleteAll();
        return "";
      });
      return "deleteAll";
    } else {
      return restart();
    }
  }

  private String pair() {
    String key = "k" + random.nextInt(60);
    int size = random.nextInt(25) == 0 ? random.nextInt(200_000) : random.nextInt(300);
    byte[] value = new byte[size];
    random.nextBytes(value);
    if (random.nextInt(3) == 0) {
      both(db -> db.delete(key));
      return "delete";
    }
    both(db -> {
      db.put(key, value);
      return "";
    });
    return "put";
  }

  private String sql(String sql) {
    byte[] blob = new byte[random.nextInt(20) == 0 ? random.nextInt(100_000) : random.nextInt(500)];
    random.nextBytes(blob);
    if (both(db -> sql.contains("?") ? text(db, sql, blob) : text(db, sql)).startsWith("failed")) {
      failures++;
    }
    return sql;
  }

  private String statement() {
    String table = "t" + random.nextInt(4);
    int low = random.nextInt(3_000);
    int many = random.nextInt(12) == 0 ? 600 : 1 + random.nextInt(30);
    return switch (random.nextInt(20)) {
      case 0 ->
          "CREATE TABLE IF NOT EXISTS " + table + "(id INTEGER PRIMARY KEY, k UNIQUE, v BLOB)";
      case 1 -> "CREATE TABLE IF NOT EXISTS " + table + "(id PRIMARY KEY, k, v) WITHOUT ROWID";
      case 2 -> "CREATE INDEX IF NOT EXISTS i_" + table + " ON " + table + "(v, k)";
      case 3 ->
          random.nextInt(4) == 0
              ? "DROP TABLE IF EXISTS " + table
              : "DROP INDEX IF EXISTS i_" + table;
      case 4 -> random.nextInt(4) == 0 ? "ALTER TABLE " + table + " ADD COLUMN c" + low : "ANALYZE";
      case 5 -> "CREATE VIRTUAL TABLE IF NOT EXISTS f USING fts5(word)";
      case 6 -> "INSERT INTO f(word) VALUES ('w" + low % 50 + " w" + many + "')";
      // One of many rows breaks a constraint, after the others were written.
      case 7, 8 ->
          rows(
              "INSERT INTO " + table,
              low,
              many,
              "CASE WHEN i = " + (low + many - 1) + " THEN " + low + " ELSE i END");
      case 9 -> rows("INSERT OR REPLACE INTO " + table, low, many, "i % 70");
      case 10 -> rows("INSERT OR FAIL INTO " + table, low, many, "i");
      case 11, 12 -> rows("INSERT OR IGNORE INTO " + table, low, many, "i");
      case 13 -> "UPDATE " + table + " SET v = ? WHERE id BETWEEN " + low + " AND " + (low + many);
      case 14 -> "UPDATE " + table + " SET id = id + 1, k = k || 'x' WHERE id > " + low;
      case 15 -> "DELETE FROM " + table + " WHERE id BETWEEN " + low + " AND " + (low + 50 * many);
      case 16 ->
          random.nextInt(3) == 0 ? "DELETE FROM " + table : "DELETE FROM f WHERE rowid % 3 = 0";
      case 17 ->
          "INSERT INTO "
              + table
              + "(id, k, v) VALUES ("
              + low
              + ", 'k"
              + low
              + "', ?) RETURNING id, length(v)";
      case 18 -> "REINDEX";
      default -> "UPDATE " + table + " SET v = zeroblob(" + low + ") WHERE id % 7 = " + many % 7;
    };
  }

  private static String rows(String insert, int low, int many, String key) {
    return ("WITH RECURSIVE n(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
            + "%s(id, k, v) SELECT i, 'k' || (%s), zeroblob(i %% 400) || hex(i * 77) FROM n")
        .formatted(low, low + many - 1, insert, key);
  }

  private String query() {
    String table = "t" + random.nextInt(4);
    String sql =
        switch (random.nextInt(6)) {
          case 0 -> "SELECT * FROM " + table + " ORDER BY v DESC, k LIMIT 50";
          case 1 -> "SELECT count(*), sum(id), total(length(v)), avg(id) FROM " + table;
          case 2 -> "SELECT word FROM f WHERE f MATCH 'w7'";
          case 3 -> "PRAGMA integrity_check";
          case 4 -> "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'";
          default ->
              "SELECT typeof(x''), x'', '', 1.5e300, -0.0, 'é🎈', char(0) || 'z', NULL, 9e18";
        };
    both(db -> text(db, sql));
    return sql;
  }

  private String savepoint() {
    int dice = random.nextInt(4);
    if (dice < 2 && points.size() < 4) {
      points.push(new Points(plain.savepoint(), fast.savepoint()));
      return "savepoint";
    } else if (points.isEmpty()) {
      return "none";
    } else if (dice == 2) {
      Points point = points.pop();
      both(db -> {
        db.release(db == plain ? point.plain : point.fast);
        return "";
      });
      return "release";
    }
    Points point = points.peek();
    both(db -> {
      db.rollbackTo(db == plain ? point.plain : point.fast);
      return "";
    });
    return "rollbackTo";
  }

  private String commit() {
    while (!points.isEmpty()) {
      Points point = points.pop();
      both(db -> {
        db.release(db == plain ? point.plain : point.fast);
        return "";
      });
    }
    List<Optional<Commit>> made = new ArrayList<>();
    both(db -> {
      made.add(db.commit());
      return "";
    });
    if (made.size() == 2) {
      assertThat(made.get(0).isPresent()).isEqualTo(made.get(1).isPresent());
      made.get(0).ifPresent(commit -> assertSame(commit, made.get(1).orElseThrow()));
    }
    assertThat(Arrays.equals(plain.image().bytes(), fast.image().bytes())).isTrue();
    assertThat(plain.hasUncommitted()).isEqualTo(fast.hasUncommitted());
    return "commit";
  }

  private void assertSame(Commit plainCommit, Commit fastCommit) {
    commits++;
    pagesMax = Math.max(pagesMax, plainCommit.after().pageCount());
    assertThat(fastCommit.after().pageCount()).isEqualTo(plainCommit.after().pageCount());
    assertThat(Arrays.equals(fastCommit.after().bytes(), plainCommit.after().bytes())).isTrue();
    assertThat(fastCommit.changed()).isEqualTo(plainCommit.changed());
    DeltaEncoder.Stamp stamp = stamp();
    List<PageDelta> expected = encoder.encode(plainCommit, plainHashes, stamp, null);
    List<PageDelta> found = encoder.encode(fastCommit, fastHashes, stamp, null);
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(found.get(i).bytes()).isEqualTo(expected.get(i).bytes());
      replayed.apply(PageDelta.parse(found.get(i).bytes()));
    }
    assertThat(replayed.hashes().sum()).isEqualTo(fastHashes.sum());
    if (random.nextInt(10) == 0) {
      DatabaseImage image = replayed.toImage();
      assertThat(Arrays.equals(image.bytes(), fastCommit.after().bytes())).isTrue();
      replayed = replayed(fastCommit.after());
    }
  }

  /// Closed and opened again, or a crash, or each goes on from the image of the other.
  private String restart() {
    if (!points.isEmpty()) {
      return "none";
    }
    if (random.nextBoolean() && !plain.hasUncommitted() && !fast.hasUncommitted()) {
      both(db -> {
        db.hibernate();
        return "";
      });
      return "hibernate";
    }
    DatabaseImage ofPlain = copy(plain.image());
    DatabaseImage ofFast = copy(fast.image());
    plain.close();
    fast.close();
    plain = Engines.open(EngineChoice.JDBC, ofFast, LIMITS);
    fast = Engines.open(EngineChoice.FFM, ofPlain, LIMITS);
    return "swap";
  }

  // ---- answers
  // ----------------------------------------------------------------------------------------------------

  /// Asks both and compares what they say.
  private String both(Function<ObjectDatabase, Object> question) {
    String expected = answer(plain, question);
    String found = answer(fast, question);
    assertThat(found).isEqualTo(expected);
    return expected;
  }

  private static String answer(ObjectDatabase database, Function<ObjectDatabase, Object> question) {
    try {
      return String.valueOf(question.apply(database));
    } catch (HoldfastException e) {
      return "failed " + e.code() + ' ' + e.getMessage();
    }
  }

  private static String text(ObjectDatabase database, String sql, @Nullable Object... bindings) {
    List<String> values = new ArrayList<>();
    database
        .execute(SqlScript.parse(sql), bindings)
        .raw()
        .forEach(row -> row.forEach(value -> values.add(text(value))));
    return String.join(",", values);
  }

  private static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "null";
      case byte[] bytes -> "x" + HexFormat.of().formatHex(bytes);
      case String text -> '\'' + HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
      default -> value.getClass().getSimpleName() + value;
    };
  }
}
