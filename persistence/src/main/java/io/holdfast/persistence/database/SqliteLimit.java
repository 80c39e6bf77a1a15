package io.holdfast.persistence.database;

import java.util.List;
import org.sqlite.SQLiteLimits;

/// A limit of every connection; see <https://sqlite.org/limits.html>.
record SqliteLimit(SQLiteLimits which, int value) {
  static final List<SqliteLimit> ALL =
      List.of(
          // Slack of 1 KiB for the record header and the key, so that 2 MiB of key and value fit.
          new SqliteLimit(SQLiteLimits.SQLITE_LIMIT_LENGTH, DatabaseLimits.VALUE_BYTES_MAX + 1024),
          new SqliteLimit(SQLiteLimits.SQLITE_LIMIT_SQL_LENGTH, DatabaseLimits.STATEMENT_BYTES_MAX),
          new SqliteLimit(SQLiteLimits.SQLITE_LIMIT_COLUMN, 100),
          new SqliteLimit(SQLiteLimits.SQLITE_LIMIT_VARIABLE_NUMBER, 100),
          new SqliteLimit(SQLiteLimits.SQLITE_LIMIT_EXPR_DEPTH, 100),
          new SqliteLimit(SQLiteLimits.SQLITE_LIMIT_COMPOUND_SELECT, 100),
          new SqliteLimit(SQLiteLimits.SQLITE_LIMIT_FUNCTION_ARG, 32),
          new SqliteLimit(SQLiteLimits.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
          new SqliteLimit(SQLiteLimits.SQLITE_LIMIT_ATTACHED, 0),
          new SqliteLimit(SQLiteLimits.SQLITE_LIMIT_WORKER_THREADS, 0));

  int id() {
    return which.getId();
  }
}
