package io.holdfast.persistence.database;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One open connection over an image: settings, limits, transaction statements, deadline.
abstract sealed class SqliteHandle implements AutoCloseable permits JdbcHandle, FfmHandle {
  /// Virtual machine steps between two looks at the clock, about 0.2 ms.
  static final int STEPS_PER_LOOK = 20_000;

  final HiddenTable pairs = new HiddenTable(this, "_cf_KV");
  final HiddenTable metadata = new HiddenTable(this, "_cf_METADATA");
  private final Map<RuntimeTable, HiddenTable> tables = new EnumMap<>(RuntimeTable.class);
  private @Nullable SqliteStatement begin;
  private @Nullable SqliteStatement commit;

  /// What a commit made of the image.
  ///
  /// @param changed as in [Commit]
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Capture(DatabaseImage after, int[] changed) {}

  abstract SqliteStatement statement(String sql);

  /// Whether a transaction is open: SQLite undoes one by itself after some errors.
  abstract boolean inTransaction();

  /// The image after [#commit], which began over `before`. Asked once after each commit.
  abstract Capture capture(DatabaseImage before);

  /// Stops what SQLite computes when the time has come, with `SQLITE_INTERRUPT`.
  abstract void deadlineIn(long nanos);

  abstract void withoutDeadline();

  /// Rows changed since the handle was opened, with those of triggers and foreign keys.
  abstract long totalChanges();

  /// Rows changed by the last statement that wrote, without those of triggers and foreign keys.
  abstract long changes();

  @Override
  public abstract void close();

  /// The settings of every connection: they belong to the pager, and come before anything is read.
  ///
  /// The same on all engines, to the letter: what is in SQLite's cache decides which bytes are left
  /// in the unused parts of pages.
  ///
  /// SQLite reserves its whole cache, 88 KB, when it reads the first page of a connection, unless
  /// the cache is tiny then. So the last four give back what the settings made it reserve, read a
  /// page with a tiny cache, and only then set the size that counts. This saves half the memory of
  /// a small database.
  static String settings(int pageSize, DatabaseLimits limits) {
    return """
    PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF;
    PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON; PRAGMA max_page_count=\
    """
        + limits.databaseBytesMax() / pageSize
        + """
        ; PRAGMA cache_size=2; PRAGMA shrink_memory; PRAGMA user_version; PRAGMA cache_size=20\
        """;
  }

  static void check(DatabaseImage image) {
    if (image.isEmpty()) {
      return;
    }
    DatabaseImage.Page first = image.page(1);
    byte[] bytes = first.bytes();
    int at = first.at();
    boolean rollbackMode = bytes[at + 18] == 1 && bytes[at + 19] == 1;
    if (!rollbackMode || bytes[at] != 'S' || bytes[at + 15] != 0) {
      throw new HoldfastException(
          ErrorCode.STORAGE_CORRUPT, "expected the image of a SQLite database, found other bytes");
    }
  }

  HiddenTable table(RuntimeTable table) {
    return tables.computeIfAbsent(table, known -> new HiddenTable(this, known.tableName()));
  }

  void forgetTables() {
    tables.values().forEach(HiddenTable::forget);
  }

  final void begin() {
    begin = ready(begin, "BEGIN");
    begin.run();
  }

  final void commit() {
    commit = ready(commit, "COMMIT");
    commit.run();
  }

  /// The statement, prepared anew when there is none that can be used.
  final SqliteStatement ready(@Nullable SqliteStatement known, String sql) {
    return known == null || known.isClosed() ? statement(sql) : known;
  }

  /// Runs a statement once.
  final void run(String sql) {
    try (SqliteStatement statement = statement(sql)) {
      statement.runOnce();
    }
  }

  /// The first column of the first row, as a number.
  final long number(String sql) {
    try (SqliteStatement statement = statement(sql)) {
      return statement.start() ? statement.integer(0) : 0;
    }
  }

  /// Runs work that writes, all or nothing of it.
  final <T> T atomically(Supplier<T> work) {
    run("SAVEPOINT atomically");
    try {
      T result = work.get();
      run("RELEASE atomically");
      return result;
    } catch (Throwable e) {
      if (inTransaction()) {
        run("ROLLBACK TO atomically");
        run("RELEASE atomically");
      }
      throw e;
    }
  }

  /// Whether nothing is stored: no table is left, but for the one that SQLite never drops.
  final boolean isBlank() {
    return number("SELECT count(*) FROM sqlite_schema WHERE name <> 'sqlite_sequence'") == 0;
  }
}
