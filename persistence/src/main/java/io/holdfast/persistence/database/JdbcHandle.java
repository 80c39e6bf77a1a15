package io.holdfast.persistence.database;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.sql.SQLException;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.sqlite.ProgressHandler;
import org.sqlite.jdbc4.JDBC4Connection;

/// A connection of the driver to a database in SQLite's memory.
///
/// The database is always one that was *deserialized*, also a new one: SQLite then keeps it as one
/// array and hands it out by a single copy, which is 2 to 3 times faster than the page by page way
/// of a plain `:memory:` database.
final class JdbcHandle extends SqliteHandle {
  private static final String URL = "jdbc:sqlite::memory:";

  private final JDBC4Connection connection;
  private final Deadline deadline = new Deadline();
  private boolean watched;

  private JdbcHandle(JDBC4Connection connection) {
    this.connection = connection;
  }

  /// Opens a connection over the image, or over a new database when it is empty.
  static JdbcHandle open(DatabaseImage image, DatabaseLimits limits) {
    check(image);
    byte[] bytes = image.isEmpty() ? Blank.BYTES : whole(image);
    JDBC4Connection connection = connect();
    try {
      connection.deserialize("main", bytes);
      configure(connection, image.pageSize(), limits);
      return new JdbcHandle(connection);
    } catch (SQLException e) {
      closeQuietly(connection);
      throw SqliteErrors.of(e);
    } catch (RuntimeException e) {
      closeQuietly(connection);
      throw e;
    }
  }

  private static byte[] whole(DatabaseImage image) {
    if (image.sizeBytes() > JdbcEngine.DATABASE_BYTES_MAX) {
      throw tooLarge(image.sizeBytes(), JdbcEngine.DATABASE_BYTES_MAX + " bytes", null);
    }
    try {
      return image.bytes();
    } catch (OutOfMemoryError e) {
      throw tooLarge(image.sizeBytes(), "what the heap of the JVM has room for", e);
    }
  }

  private static HoldfastException tooLarge(long bytes, String most, @Nullable Throwable cause) {
    return new HoldfastException(
        ErrorCode.STORAGE_FULL,
        "the database of the object is too large for holdfast.database.engine = jdbc, which holds it"
            + " as a whole: expected at most "
            + most
            + ", found "
            + bytes
            + " bytes; the engine ffm can open it",
        cause);
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
    connection.getDatabase()._exec(settings(pageSize, limits));
    for (SqliteLimit limit : SqliteLimit.ALL) {
      connection.setLimit(limit.which(), limit.value());
    }
  }

  @Override
  JdbcStatement statement(String sql) {
    return new JdbcStatement(connection, sql);
  }

  @Override
  boolean inTransaction() {
    try {
      run("BEGIN");
    } catch (HoldfastException _) {
      return true;
    }
    run("ROLLBACK");
    return false;
  }

  @Override
  Capture capture(DatabaseImage before) {
    DatabaseImage after = new DatabaseImage(serialize(), before.pageSize());
    return new Capture(after, before.differences(after));
  }

  @Override
  long totalChanges() {
    try {
      return connection.getDatabase().total_changes();
    } catch (SQLException e) {
      throw SqliteErrors.of(e);
    }
  }

  @Override
  long changes() {
    try {
      return connection.getDatabase().changes();
    } catch (SQLException e) {
      throw SqliteErrors.of(e);
    }
  }

  private byte[] serialize() {
    try {
      return connection.getDatabase().serialize("main");
    } catch (SQLException e) {
      throw SqliteErrors.of(e);
    } catch (OutOfMemoryError e) {
      long bytes = number("PRAGMA page_count") * number("PRAGMA page_size");
      throw tooLarge(bytes, "what the heap of the JVM has room for", e);
    }
  }

  @Override
  void deadlineIn(long nanos) {
    if (!watched) {
      watched = true;
      watch();
    }
    deadline.endNanos = System.nanoTime() + nanos;
    deadline.armed = true;
  }

  @Override
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

  /// The one page of a new database, with nothing but a header.
  static byte[] blankPage() {
    return Blank.BYTES;
  }

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
