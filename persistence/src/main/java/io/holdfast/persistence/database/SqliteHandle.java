package io.holdfast.persistence.database;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Properties;
import java.util.function.Supplier;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteLimits;
import org.sqlite.jdbc4.JDBC4Connection;

/// One open in-memory SQLite connection over an image: settings, limits, transaction statements,
/// deadline.
///
/// The database is always one that was *deserialized*, also a new one: SQLite then keeps it as one
/// array and hands it out by a single copy, which is 2 to 3 times faster than the page by page way
/// of a plain `:memory:` database.
final class SqliteHandle implements AutoCloseable {
  /// Virtual machine steps between two looks at the clock, about 0.2 ms.
  private static final int STEPS_PER_LOOK = 20_000;

  private static final String URL = "jdbc:sqlite::memory:";

  private final JDBC4Connection connection;
  private final Deadline deadline = new Deadline();
  private final SqliteStatement begin;
  private final SqliteStatement commit;
  private boolean watched;

  final HiddenTable pairs = new HiddenTable(this, "_cf_KV");
  final HiddenTable metadata = new HiddenTable(this, "_cf_METADATA");
  private final Map<RuntimeTable, HiddenTable> tables = new EnumMap<>(RuntimeTable.class);

  private SqliteHandle(JDBC4Connection connection) {
    this.connection = connection;
    this.begin = statement("BEGIN");
    this.commit = statement("COMMIT");
  }

  /// Opens a connection over the image, or over a new database when it is empty.
  static SqliteHandle open(DatabaseImage image, DatabaseLimits limits) {
    byte[] bytes = image.isEmpty() ? Blank.BYTES : checked(image.bytes());
    JDBC4Connection connection = connect();
    try {
      connection.deserialize("main", bytes);
      configure(connection, image.pageSize(), limits);
      return new SqliteHandle(connection);
    } catch (SQLException e) {
      closeQuietly(connection);
      throw SqliteErrors.of(e);
    } catch (RuntimeException e) {
      closeQuietly(connection);
      throw e;
    }
  }

  private static byte[] checked(byte[] image) {
    boolean rollbackMode = image.length >= 512 && image[18] == 1 && image[19] == 1;
    if (!rollbackMode || image[0] != 'S' || image[15] != 0) {
      throw new HoldfastException(
          ErrorCode.STORAGE_CORRUPT, "expected the image of a SQLite database, found other bytes");
    }
    return image;
  }

  private static JDBC4Connection connect() {
    try {
      JDBC4Connection connection = new JDBC4Connection(URL, ":memory:", new Properties());
      // We begin and commit ourselves; with this the driver keeps out of it.
      connection.getConnectionConfig().setAutoCommit(false);
      return connection;
    } catch (SQLException e) {
      throw SqliteErrors.of(e);
    }
  }

  /// Settings belong to the pager, so they come after deserialize, which makes a new one.
  private static void configure(JDBC4Connection connection, int pageSize, DatabaseLimits limits)
      throws SQLException {
    connection
        .getDatabase()
        ._exec(
            """
            PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF;
            PRAGMA temp_store=MEMORY; PRAGMA cache_size=20; PRAGMA foreign_keys=ON;
            PRAGMA max_page_count=\
            """
                + limits.effectiveBytesMax() / pageSize);
    // Slack of 1 KiB for the record header and the key, so that 2 MiB of key and value fit.
    connection.setLimit(SQLiteLimits.SQLITE_LIMIT_LENGTH, DatabaseLimits.VALUE_BYTES_MAX + 1024);
    connection.setLimit(SQLiteLimits.SQLITE_LIMIT_SQL_LENGTH, DatabaseLimits.STATEMENT_BYTES_MAX);
    connection.setLimit(SQLiteLimits.SQLITE_LIMIT_COLUMN, 100);
    connection.setLimit(SQLiteLimits.SQLITE_LIMIT_VARIABLE_NUMBER, 100);
    connection.setLimit(SQLiteLimits.SQLITE_LIMIT_EXPR_DEPTH, 100);
    connection.setLimit(SQLiteLimits.SQLITE_LIMIT_COMPOUND_SELECT, 100);
    connection.setLimit(SQLiteLimits.SQLITE_LIMIT_FUNCTION_ARG, 32);
    connection.setLimit(SQLiteLimits.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50);
    connection.setLimit(SQLiteLimits.SQLITE_LIMIT_ATTACHED, 0);
    connection.setLimit(SQLiteLimits.SQLITE_LIMIT_WORKER_THREADS, 0);
  }

  HiddenTable table(RuntimeTable table) {
    return tables.computeIfAbsent(table, known -> new HiddenTable(this, known.tableName()));
  }

  void forgetTables() {
    tables.values().forEach(HiddenTable::forget);
  }

  SqliteStatement statement(String sql) {
    return new SqliteStatement(connection, sql);
  }

  /// Runs a statement once.
  void run(String sql) {
    try (SqliteStatement statement = statement(sql)) {
      statement.runOnce();
    }
  }

  /// The first column of the first row, as a number.
  long number(String sql) {
    try (SqliteStatement statement = statement(sql)) {
      return statement.start() ? statement.integer(0) : 0;
    }
  }

  /// Runs work that writes, all or nothing of it.
  <T> T atomically(Supplier<T> work) {
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

  void begin() {
    begin.run();
  }

  void commit() {
    commit.run();
  }

  /// Whether a transaction is open: SQLite undoes one by itself after some errors.
  boolean inTransaction() {
    try {
      run("BEGIN");
    } catch (HoldfastException _) {
      return true;
    }
    run("ROLLBACK");
    return false;
  }

  /// Whether nothing is stored: no table is left, but for the one that SQLite never drops.
  boolean isBlank() {
    return number("SELECT count(*) FROM sqlite_schema WHERE name <> 'sqlite_sequence'") == 0;
  }

  byte[] serialize() {
    try {
      return connection.getDatabase().serialize("main");
    } catch (SQLException e) {
      throw SqliteErrors.of(e);
    }
  }

  /// Stops what SQLite computes when the time has come, with `SQLITE_INTERRUPT`.
  void deadlineIn(long nanos) {
    if (!watched) {
      watched = true;
      watch();
    }
    deadline.endNanos = System.nanoTime() + nanos;
    deadline.armed = true;
  }

  void withoutDeadline() {
    deadline.armed = false;
  }

  private void watch() {
    try {
      ProgressHandler.setHandler(connection, STEPS_PER_LOOK, deadline);
    } catch (SQLException e) {
      throw SqliteErrors.of(e);
    }
  }

  @Override
  public void close() {
    closeQuietly(connection);
  }

  private static void closeQuietly(JDBC4Connection connection) {
    try {
      connection.close();
    } catch (SQLException ignored) {
      // Nothing is lost: the database lives in the image.
    }
  }

  private static final class Deadline extends ProgressHandler {
    private long endNanos;
    private boolean armed;

    @Override
    protected int progress() {
      return armed && System.nanoTime() - endNanos >= 0 ? 1 : 0;
    }
  }

  /// One page with nothing but a header.
  private static final class Blank {
    private static final byte[] BYTES = make();

    private static byte[] make() {
      try (JDBC4Connection connection = connect()) {
        connection
            .getDatabase()
            ._exec("PRAGMA page_size=4096; PRAGMA user_version=1; PRAGMA user_version=0");
        return connection.serialize("main");
      } catch (SQLException e) {
        throw SqliteErrors.of(e);
      }
    }
  }
}
