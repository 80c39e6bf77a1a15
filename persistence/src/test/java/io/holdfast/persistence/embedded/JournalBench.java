package io.holdfast.persistence.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/// Measures the candidates for the embedded journal, fsync on: `JournalBench DIRECTORY [SECONDS
/// [ROUNDS]]`.
///
/// Each candidate gets events of 300 bytes from 1, 100 and 1,000 concurrent writers, each of which
/// waits for its event to be durable before it sends the next. `rocksdb` is [EmbeddedStore] itself;
/// `sqlite` is the same queue and writer thread in front of one connection in WAL mode with
/// `synchronous=FULL`, one transaction per group; the others are plain RocksDB with one option
/// changed. Rounds are interleaved, the best of each is shown. Then opening is timed.
public final class JournalBench {
  private static final int[] WRITERS = {1, 100, 1000};
  private static final int EVENT_BYTES = 300;

  private JournalBench() {}

  /// Something that makes events durable.
  interface Candidate extends AutoCloseable {
    CompletableFuture<Void> append(byte[] key, byte[] value);

    @Override
    void close();
  }

  /// Opens a candidate on an empty directory.
  interface Opener {
    Candidate open(Path directory) throws Exception;
  }

  record Result(double perSecond, long p50Micros, long p99Micros) {}

  public static void main(String[] args) throws Exception {
    Path base = Files.createDirectories(Path.of(args[0]));
    int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 4;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 3;
    Map<String, Opener> candidates = candidates();
    if (args.length > 3) {
      candidates.keySet().retainAll(Arrays.asList(args[3].split(";")));
    }
    RocksDB.loadLibrary();
    Map<String, List<Result>> best = new LinkedHashMap<>();
    for (int round = 0; round < rounds; round++) {
      for (Map.Entry<String, Opener> candidate : candidates.entrySet()) {
        best.merge(
            candidate.getKey(), measure(base, candidate.getValue(), seconds), JournalBench::better);
      }
    }
    best.forEach(JournalBench::print);
    measureOpening(base);
  }

  private static Map<String, Opener> candidates() {
    Map<String, Opener> all = new LinkedHashMap<>();
    all.put("rocksdb", directory -> new Rocks(directory));
    all.put("sqlite", directory -> new Sqlite(directory));
    all.put("plain", directory -> new Plain(directory, _ -> {}, Flush.BY_WRITE));
    all.put(
        "plain, manual log flush",
        directory ->
            new Plain(directory, options -> options.setManualWalFlush(true), Flush.BY_HAND));
    all.put(
        "plain, pipelined",
        directory ->
            new Plain(directory, options -> options.setEnablePipelinedWrite(true), Flush.BY_WRITE));
    all.put(
        "plain, unordered",
        directory ->
            new Plain(directory, options -> options.setUnorderedWrite(true), Flush.BY_WRITE));
    all.put(
        "plain, wal_bytes_per_sync",
        directory ->
            new Plain(directory, options -> options.setWalBytesPerSync(512 << 10), Flush.BY_WRITE));
    all.put(
        "plain, recycled logs",
        directory ->
            new Plain(directory, options -> options.setRecycleLogFileNum(2), Flush.BY_WRITE));
    all.put(
        "plain, fallocate",
        directory ->
            new Plain(directory, options -> options.setAllowFAllocate(true), Flush.BY_WRITE));
    return all;
  }

  private static List<Result> measure(Path base, Opener opener, int seconds) throws Exception {
    List<Result> results = new ArrayList<>();
    for (int writers : WRITERS) {
      Path directory = Files.createTempDirectory(base, "bench");
      try (Candidate candidate = opener.open(directory)) {
        run(candidate, writers, 0.5);
        results.add(run(candidate, writers, seconds));
      }
      delete(directory);
    }
    return results;
  }

  private static Result run(Candidate candidate, int writers, double seconds)
      throws InterruptedException {
    long start = System.nanoTime();
    long end = start + (long) (seconds * 1e9);
    List<Writer> all = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < writers; i++) {
      Writer writer = new Writer(candidate, "objects|ROOMS|%064x".formatted(i + start), end);
      all.add(writer);
      threads.add(Thread.ofVirtual().start(writer));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    double elapsed = (System.nanoTime() - start) / 1e9;
    long count = all.stream().mapToLong(writer -> writer.number).sum();
    long[] micros =
        all.stream()
            .flatMapToLong(writer -> Arrays.stream(writer.micros, 0, writer.samples))
            .sorted()
            .toArray();
    return new Result(count / elapsed, micros[micros.length / 2], micros[micros.length * 99 / 100]);
  }

  /// One object: an event, its acknowledgement, the next event.
  private static final class Writer implements Runnable {
    private final Candidate candidate;
    private final String id;
    private final long end;
    private final byte[] value = new byte[EVENT_BYTES];
    private final long[] micros = new long[20_000];
    private int samples;
    private long number;

    Writer(Candidate candidate, String id, long end) {
      this.candidate = candidate;
      this.id = id;
      this.end = end;
      ThreadLocalRandom.current().nextBytes(value);
    }

    @Override
    public void run() {
      long now = System.nanoTime();
      while (now < end) {
        number++;
        candidate.append(RowKey.of(id, number), value).join();
        long after = System.nanoTime();
        if (samples < micros.length) {
          micros[samples++] = (after - now) / 1000;
        }
        now = after;
      }
    }
  }

  /// What we ship.
  private static final class Rocks implements Candidate {
    private final EmbeddedStore store;

    Rocks(Path directory) {
      store = Stores.open(directory.resolve("journal"));
    }

    @Override
    public CompletableFuture<Void> append(byte[] key, byte[] value) {
      return store.write("", key.length + value.length, group -> group.putEvent(key, value, null));
    }

    @Override
    public void close() {
      store.close();
    }
  }

  /// One queue and one writer thread, as in the store, before something else.
  private abstract static class Queued implements Candidate {
    private final WriteQueue queue = new WriteQueue(1_000_000, Long.MAX_VALUE);
    private final Thread writer = Thread.ofPlatform().unstarted(this::loop);

    /// A key and a value that wait.
    static final class Pair extends StoreWrite {
      final byte[] key;
      final byte[] value;
      final CompletableFuture<Void> result = new CompletableFuture<>();

      Pair(byte[] key, byte[] value) {
        super("", key.length + value.length);
        this.key = key;
        this.value = value;
      }

      @Override
      void addTo(Group group) {}

      @Override
      void done() {
        result.complete(null);
      }

      @Override
      void failed(io.holdfast.sdk.HoldfastException why) {
        result.completeExceptionally(why);
      }
    }

    abstract void put(Pair pair) throws Exception;

    abstract void commit() throws Exception;

    void start() {
      writer.start();
    }

    void stop() {
      queue.close();
      while (writer.isAlive()) {
        try {
          writer.join();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }

    @Override
    public CompletableFuture<Void> append(byte[] key, byte[] value) {
      Pair pair = new Pair(key, value);
      queue.offer(pair);
      return pair.result;
    }

    private void loop() {
      for (StoreWrite first = queue.take(); first != null; first = queue.take()) {
        try {
          for (StoreWrite write = first; write != null; write = write.next) {
            put((Pair) write);
          }
          commit();
        } catch (Exception e) {
          e.printStackTrace();
          System.exit(1);
        }
        for (StoreWrite write = first; write != null; write = write.next) {
          queue.finished(write);
          queue.release(1, write.bytes);
          write.done();
        }
      }
    }
  }

  /// SQLite with one connection.
  private static final class Sqlite extends Queued {
    private final Connection connection;
    private final PreparedStatement insert;

    Sqlite(Path directory) throws SQLException {
      connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("journal.db"));
      try (Statement statement = connection.createStatement()) {
        statement.execute("PRAGMA locking_mode=EXCLUSIVE");
        statement.execute("PRAGMA journal_mode=WAL");
        statement.execute("PRAGMA synchronous=FULL");
        statement.execute("PRAGMA wal_autocheckpoint=4000");
        statement.execute("PRAGMA cache_size=-16384");
        statement.execute("CREATE TABLE event (id BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID");
      }
      connection.setAutoCommit(false);
      insert = connection.prepareStatement("INSERT INTO event VALUES (?, ?)");
      start();
    }

    @Override
    void put(Pair pair) throws SQLException {
      insert.setBytes(1, pair.key);
      insert.setBytes(2, pair.value);
      insert.executeUpdate();
    }

    @Override
    void commit() throws SQLException {
      connection.commit();
    }

    @Override
    public void close() {
      stop();
      try {
        insert.close();
        connection.close();
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private enum Flush {
    BY_WRITE,
    BY_HAND
  }

  /// RocksDB with one option changed.
  private static final class Plain extends Queued {
    private final Options options =
        new Options(new DBOptions(), new org.rocksdb.ColumnFamilyOptions());
    private final WriteOptions durable = new WriteOptions();
    private final WriteBatch batch = new WriteBatch();
    private final RocksDB db;
    private final ColumnFamilyHandle table;
    private final Flush flush;

    Plain(Path directory, Consumer<Options> change, Flush flush) throws RocksDBException {
      options.setCreateIfMissing(true);
      options.setAllowFAllocate(false);
      options.setWriteBufferSize(8 << 20);
      options.setMaxTotalWalSize(16 << 20);
      options.setMaxBackgroundJobs(2);
      change.accept(options);
      durable.setSync(flush == Flush.BY_WRITE);
      this.flush = flush;
      db = RocksDB.open(options, directory.toString());
      table = db.getDefaultColumnFamily();
      start();
    }

    @Override
    void put(Pair pair) throws RocksDBException {
      batch.put(table, pair.key, pair.value);
    }

    @Override
    void commit() throws RocksDBException {
      db.write(durable, batch);
      batch.clear();
      if (flush == Flush.BY_HAND) {
        db.flushWal(true);
      }
    }

    @Override
    public void close() {
      stop();
      db.close();
      batch.close();
      durable.close();
      options.close();
    }
  }

  /* Opening after a crash: a copy of a store that is open, with its log as large as it gets. */
  private static void measureOpening(Path base) throws Exception {
    Path directory = Files.createTempDirectory(base, "open");
    Path crashed = Files.createTempDirectory(base, "crashed");
    Path closed = directory.resolve("journal");
    timeOpening("empty", closed);
    try (EmbeddedStore store = Stores.open(closed)) {
      fillLog(store, closed);
      copy(closed, crashed);
    }
    timeOpening("after a crash, log of " + logBytes(crashed) / 1024 + " KiB", crashed);
    timeOpening("after a clean close", closed);
    delete(directory);
    delete(crashed);
  }

  private static void fillLog(EmbeddedStore store, Path path) throws IOException {
    byte[] value = new byte[EVENT_BYTES];
    for (long number = 1; logBytes(path) < (15L << 20); ) {
      List<CompletableFuture<Void>> group = new ArrayList<>();
      for (int i = 0; i < 1000; i++, number++) {
        byte[] key = RowKey.of("objects|ROOMS|%064x".formatted(number % 997), number);
        group.add(store.write("", key.length, rows -> rows.putEvent(key, value, null)));
      }
      CompletableFuture.allOf(group.toArray(CompletableFuture[]::new)).join();
      if (number > 200_000) {
        return;
      }
    }
  }

  private static void timeOpening(String state, Path path) {
    long start = System.nanoTime();
    EmbeddedStore store = Stores.open(path);
    long opened = System.nanoTime();
    store.close();
    long done = System.nanoTime();
    System.out.printf(
        "open, %-40s %4d ms, close %3d ms%n",
        state, (opened - start) / 1_000_000, (done - opened) / 1_000_000);
  }

  private static long logBytes(Path path) throws IOException {
    try (var files = Files.list(path)) {
      return files
          .filter(file -> file.toString().endsWith(".log"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  private static List<Result> better(List<Result> a, List<Result> b) {
    List<Result> best = new ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      best.add(a.get(i).perSecond() >= b.get(i).perSecond() ? a.get(i) : b.get(i));
    }
    return best;
  }

  private static void print(String name, List<Result> results) {
    StringBuilder line = new StringBuilder("%-28s".formatted(name));
    for (int i = 0; i < results.size(); i++) {
      Result result = results.get(i);
      line.append(
          "| %4d: %7.0f/s p50 %5d us p99 %6d us "
              .formatted(WRITERS[i], result.perSecond(), result.p50Micros(), result.p99Micros()));
    }
    System.out.println(line);
  }

  private static void delete(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
    }
  }
}
