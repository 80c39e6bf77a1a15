package io.holdfast.persistence.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// The traps of running SQLite over pages in Java.
final class FfmEngineTest {
  private static final String ROWS =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
          + " INSERT INTO t SELECT i, hex(i * 12345) || zeroblob(300) FROM n";

  private static void sql(ObjectDatabase database, String sql, Object... bindings) {
    database.execute(SqlScript.parse(sql), bindings);
  }

  private static void assertCode(HoldfastException error, ErrorCode code) {
    assertThat(error.code()).as(error.getMessage()).isEqualTo(code);
  }

  @Test
  void theFunctionTableIsWhatItShouldBe() {
    int version = SqliteApi.versionNumber();
    try (ObjectDatabase plain = Engines.jdbc(DatabaseImage.EMPTY)) {
      sql(plain, "CREATE TABLE t(x)");
      byte[] image = plain.commit().orElseThrow().after().bytes();
      // SQLite writes its version at the end of its header.
      assertThat(ByteBuffer.wrap(image).getInt(96)).isEqualTo(version);
    }
    assertThat(ObjectDatabases.engine(EngineChoice.AUTO, new FfmEngine()))
        .isInstanceOf(FfmEngine.class);
  }

  @Test
  void whatThrowsBelowSqliteIsAnErrorOfTheStatementAndNotTheEndOfTheProcess() {
    FfmHandle handle = FfmHandle.open(DatabaseImage.EMPTY, DatabaseLimits.DEFAULT);
    handle.run("CREATE TABLE t(x)");
    handle.withoutFile(() -> {
      // From here every read and write of a page throws inside the upcall.
      assertThatThrownBy(() -> handle.run("INSERT INTO t VALUES (1)"))
          .isInstanceOfSatisfying(
              HoldfastException.class, e -> assertCode(e, ErrorCode.STORAGE_FAILED))
          .hasMessageContaining("SQLITE_IOERR");
    });
    handle.close();
  }

  @Test
  void opensNoFileButTheDatabase() {
    try (FfmHandle handle = FfmHandle.open(DatabaseImage.EMPTY, DatabaseLimits.DEFAULT)) {
      handle.run("PRAGMA temp_store=FILE");
      handle.run("CREATE TEMP TABLE t(x)");
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 100; i++) {
                  handle.run("INSERT INTO t VALUES (zeroblob(100000))");
                }
              })
          .isInstanceOfSatisfying(
              HoldfastException.class, e -> assertCode(e, ErrorCode.STORAGE_FAILED))
          .hasMessageContaining("SQLITE_CANTOPEN");
    }
  }

  @Test
  void sortsAndTemporaryTablesLargerThanTheCacheStayInMemory() {
    try (ObjectDatabase fast = Engines.ffm(DatabaseImage.EMPTY)) {
      sql(fast, "CREATE TABLE t(id INTEGER PRIMARY KEY, x)");
      sql(fast, ROWS);
      sql(fast, "SELECT DISTINCT x || 'y' AS z FROM t UNION SELECT x FROM t ORDER BY z DESC");
      sql(fast, "CREATE INDEX i ON t(x)");
      assertThat(fast.commit()).isPresent();
    }
  }

  /// A free page that was spilled keeps what was written to it through a rollback, and is part of
  /// the next image: also of the plain engine's.
  @Test
  void freePagesThatWereSpilledBeforeARollbackAreInTheNextCommit() {
    try (ObjectDatabase fast = Engines.ffm(DatabaseImage.EMPTY);
        ObjectDatabase plain = Engines.jdbc(DatabaseImage.EMPTY)) {
      List<Commit> last = new ArrayList<>();
      for (ObjectDatabase database : List.of(fast, plain)) {
        sql(database, "CREATE TABLE t(id INTEGER PRIMARY KEY, x); CREATE TABLE u(x)");
        sql(database, ROWS);
        database.commit();
        sql(database, "DELETE FROM t");
        database.commit();
        sql(database, ROWS.replace("12345", "777"));
        database.rollback();
        sql(database, "INSERT INTO u VALUES (1)");
        last.add(database.commit().orElseThrow());
      }
      assertThat(last.get(0).after().bytes()).isEqualTo(last.get(1).after().bytes());
      assertThat(last.get(0).changed()).isEqualTo(last.get(1).changed());
      assertThat(last.get(0).changed().length).as("more than the inserted row").isGreaterThan(10);
    }
  }

  @Test
  void refusesAnImageThatIsNotInRollbackMode() {
    try (ObjectDatabase plain = Engines.jdbc(DatabaseImage.EMPTY)) {
      sql(plain, "CREATE TABLE t(x)");
      byte[] bytes = plain.commit().orElseThrow().after().bytes().clone();
      bytes[18] = 2;
      bytes[19] = 2;
      try (ObjectDatabase fast = Engines.ffm(new DatabaseImage(bytes, 4096))) {
        assertThatThrownBy(() -> sql(fast, "SELECT * FROM t"))
            .isInstanceOfSatisfying(
                HoldfastException.class, e -> assertCode(e, ErrorCode.STORAGE_CORRUPT));
      }
    }
  }

  @Test
  void givesBackEveryFileAndStatement() {
    int before = PageFiles.count();
    for (int i = 0; i < 50; i++) {
      ObjectDatabase fast = Engines.ffm(DatabaseImage.EMPTY);
      fast.put("k", new byte[5000]);
      sql(fast, "CREATE TABLE t(x)");
      sql(fast, "INSERT INTO t VALUES (?)", i);
      fast.commit();
      sql(fast, "SELECT * FROM t WHERE x = ?", i);
      if (i % 2 == 0) {
        fast.hibernate();
      }
      fast.close();
    }
    assertThat(PageFiles.count()).isEqualTo(before);
  }

  @Test
  void aCommitCostsItsPagesAndNotTheDatabase() {
    try (ObjectDatabase fast = Engines.ffm(DatabaseImage.EMPTY)) {
      sql(fast, "CREATE TABLE t(id INTEGER PRIMARY KEY, x)");
      sql(fast, ROWS);
      fast.commit();
      sql(fast, "UPDATE t SET x = 'y' WHERE id = 1000");
      Commit commit = fast.commit().orElseThrow();
      assertThat(commit.after().pageCount()).isGreaterThan(100);
      assertThat(commit.changed().length).isLessThan(5);
      int unchanged = commit.after().pageCount() - 1;
      assertThat(commit.after().page(unchanged).bytes())
          .isSameAs(commit.before().page(unchanged).bytes());
    }
  }

  @Test
  void manyThreadsUseDatabasesOfTheirOwnAtTheSameTime() throws Exception {
    int threads = 8;
    CountDownLatch done = new CountDownLatch(threads);
    List<Long> sums = Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < threads; i++) {
      Thread.ofVirtual()
          .start(() -> {
            try (ObjectDatabase fast = Engines.ffm(DatabaseImage.EMPTY)) {
              sql(fast, "CREATE TABLE t(id INTEGER PRIMARY KEY, x)");
              for (int n = 0; n < 300; n++) {
                sql(fast, "INSERT INTO t(x) VALUES (?)", n);
                fast.commit();
                if (n % 50 == 0) {
                  fast.hibernate();
                }
              }
              sums.add((Long) fast.execute(SqlScript.parse("SELECT sum(x) FROM t")).one().value(0));
            } finally {
              done.countDown();
            }
          });
    }
    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(sums).hasSize(threads).containsOnly(299L * 300 / 2);
  }

  @Test
  void aPageThatIsMissingIsZerosAlsoAfterTheFileWasCutShorter() {
    byte[] bytes = new byte[4 * 512];
    Arrays.fill(bytes, (byte) 7);
    PageFile file = new PageFile(new DatabaseImage(bytes, 512));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(4096);
      file.truncate(512);
      memory.fill((byte) 9);
      file.write(memory.address(), 512, 5 * 512);
      memory.fill((byte) 1);
      assertThat(file.read(memory.address(), 6 * 512, 0)).isEqualTo(6 * 512);
      byte[] read = memory.asSlice(0, 6 * 512).toArray(ValueLayout.JAVA_BYTE);
      assertThat(read[511]).isEqualTo((byte) 7);
      assertThat(Arrays.copyOfRange(read, 512, 5 * 512)).containsOnly(0);
      assertThat(read[5 * 512]).isEqualTo((byte) 9);
      assertThat(file.capture().after().bytes()).isEqualTo(read);
      assertThat(file.read(memory.address(), 100, 6 * 512 - 40)).isEqualTo(40);
    }
  }
}
