package io.holdfast.persistence.database;

import org.jspecify.annotations.Nullable;

/// A prepared statement.
///
/// Use: [#start], read columns and [#next] while they return true, then [#reset]. After an error it
/// is closed. Errors are those of [SqliteErrors].
abstract sealed class SqliteStatement implements AutoCloseable permits JdbcStatement, FfmStatement {
  abstract int parameterCount();

  /// Binds and makes the first step; true when there is a row.
  abstract boolean start(@Nullable Object... bindings);

  abstract boolean next();

  abstract void reset();

  abstract String[] columnNames();

  abstract int columnCount();

  /// A column of the current row as [Long], [Double], [String], `byte[]` or null.
  abstract @Nullable Object value(int column);

  abstract byte[] blob(int column);

  abstract String text(int column);

  abstract long integer(int column);

  /// How many rows SQLite stepped over in scans of whole tables since the last call; 0 when the
  /// engine cannot tell.
  abstract long scanned();

  abstract boolean isClosed();

  @Override
  public abstract void close();

  /// As [#start], for a statement without parameters and rows, at the least cost.
  final void run() {
    next();
    reset();
  }

  /// Binds, runs to the end and resets; true when there was a row.
  final boolean runOnce(@Nullable Object... bindings) {
    boolean row = start(bindings);
    if (row) {
      while (next()) {
        // The rows do not matter, the effect does.
      }
    }
    reset();
    return row;
  }
}
