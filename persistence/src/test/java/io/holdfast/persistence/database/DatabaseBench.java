package io.holdfast.persistence.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;

/// Figures of the object database; no test. Run it from the module's folder after `test-compile`:
/// `java --enable-native-access=ALL-UNNAMED -cp … io.holdfast.persistence.database.DatabaseBench`,
/// with the engine (`JDBC` or `FFM`) as argument, and `memory` behind it for what 1,000 databases
/// hold.
final class DatabaseBench {
  private static EngineChoice engine = EngineChoice.FFM;

  private static final int ROUNDS = 5;

  private DatabaseBench() {}

  public static void main(String[] arguments) throws Exception {
    engine = EngineChoice.valueOf(arguments[0]);
    System.out.println(engine);
    if (arguments.length > 1 && arguments[1].equals("memory")) {
      memory(1_000);
      return;
    }
    System.out.println("best of " + ROUNDS + " rounds, microseconds per operation");
    for (int kilobytes : new int[] {0, 250, 8_000}) {
      counter(kilobytes);
    }
    reopen();
    emptyReads();
  }

  private static ObjectDatabase filled(int kilobytes) {
    ObjectDatabase database = Engines.open(engine, DatabaseImage.EMPTY, DatabaseLimits.DEFAULT);
    database.metadata("name", "counter".getBytes());
    database.put("n", new byte[] {0});
    for (int i = 0; i < kilobytes; i++) {
      database.put("pad" + i, new byte[970]);
    }
    database.commit();
    // As after recovery.
    database.hibernate();
    return database;
  }

  private static void counter(int kilobytes) {
    ObjectDatabase database = filled(kilobytes);
    String size = database.image().sizeBytes() / 1024 + " KB";
    int times = kilobytes > 1000 ? 300 : 20_000;
    best("get + put + commit, " + size, times, i -> increment(database, i));
    best("get, " + size, times, _ -> database.get("n"));
    FakeStorageHost host = new FakeStorageHost(engine, database.image(), DatabaseLimits.DEFAULT);
    DatabaseStorage storage = new DatabaseStorage(host);
    storage.put("c", 0L);
    best(
        "storage get + put + commit, " + size,
        times,
        _ -> {
          storage.put("c", storage.get("c", Long.class).orElseThrow() + 1);
          host.database.commit();
        });
    storage.sql().exec("CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER)");
    storage.sql().exec("INSERT INTO t VALUES (1, 0)");
    best(
        "sql update + select + commit, " + size,
        times,
        _ -> {
          storage.sql().exec("UPDATE t SET n = n + 1 WHERE id = ?", 1);
          storage.sql().exec("SELECT n FROM t WHERE id = ?", 1).one().integer("n");
          host.database.commit();
        });
    host.database.close();
    database.close();
  }

  private static void increment(ObjectDatabase database, int i) {
    database.get("n").orElseThrow();
    database.put("n", new byte[] {(byte) i, (byte) (i >> 8), (byte) (i >> 16)});
    database.commit().orElseThrow();
  }

  private static void reopen() {
    ObjectDatabase small = filled(0);
    best(
        "reopen a hibernated database of 12 KB and get",
        2_000,
        _ -> {
          small.get("n").orElseThrow();
          small.hibernate();
        });
    small.close();
  }

  private static void emptyReads() {
    best(
        "new database, get of an absent key, close",
        100_000,
        _ -> {
          try (var database = Engines.open(engine, DatabaseImage.EMPTY, DatabaseLimits.DEFAULT)) {
            Optional<byte[]> none = database.get("n");
            assert none.isEmpty();
          }
        });
  }

  private static void best(String name, int times, IntConsumer operation) {
    double best = Double.MAX_VALUE;
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      for (int i = 0; i < times; i++) {
        operation.accept(i);
      }
      best = Math.min(best, (System.nanoTime() - start) / 1e3 / times);
    }
    System.out.printf("%-50s %10.2f%n", name, best);
  }

  private static void memory(int count) throws IOException {
    filled(0).close();
    List<ObjectDatabase> databases = new ArrayList<>();
    long[] before = memory();
    for (int i = 0; i < count; i++) {
      ObjectDatabase database = filled(0);
      increment(database, i);
      database.hibernate();
      databases.add(database);
    }
    report("hibernated, 12 KB, per database", count, before, memory());
    for (ObjectDatabase database : databases) {
      increment(database, count + 7);
    }
    report("open, per database", count, before, memory());
    for (ObjectDatabase database : databases) {
      database.execute(SqlScript.parse("CREATE TABLE t(id INTEGER PRIMARY KEY, x)"));
      database.execute(SqlScript.parse("SELECT * FROM t WHERE id = ?"), 1);
      database.commit();
    }
    report("open, with a table and SQL used, per database", count, before, memory());
    databases.forEach(ObjectDatabase::hibernate);
    report("hibernated again, per database", count, before, memory());
    for (int i = 0; i < 20 * count; i++) {
      increment(databases.get(i % count), i + 30_000);
      databases.get(i % count).hibernate();
    }
    report("after 20 more rounds of open and hibernate", count, before, memory());
    databases.forEach(ObjectDatabase::close);
  }

  private static void report(String name, int count, long[] before, long[] after) {
    System.out.printf(
        "%-50s heap %.1f KB, resident outside the heap %.1f KB%n",
        name, (after[0] - before[0]) / 1024.0 / count, (after[1] - before[1]) / 1024.0 / count);
  }

  /// Bytes of live heap, and resident bytes that are not of the committed heap.
  private static long[] memory() throws IOException {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    Runtime runtime = Runtime.getRuntime();
    long heap = runtime.totalMemory() - runtime.freeMemory();
    String[] pages = Files.readString(Path.of("/proc/self/statm")).split(" ");
    return new long[] {heap, Long.parseLong(pages[1]) * 4096 - runtime.totalMemory()};
  }
}
