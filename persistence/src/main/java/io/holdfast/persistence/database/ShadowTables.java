package io.holdfast.persistence.database;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;

/// The tables behind full-text indexes, which only SQLite may change: a wrong byte in them breaks
/// the index.
final class ShadowTables {
  private static final String IS_SHADOW =
      "SELECT count(*) FROM pragma_table_list WHERE type = 'shadow' AND lower(name) = ?";

  private ShadowTables() {}

  /// @throws HoldfastException `sql_error` when the statement names one
  static void check(SqliteHandle handle, SqlStatement statement) {
    if (statement.names().isEmpty()) {
      return;
    }
    try (SqliteStatement query = handle.statement(IS_SHADOW)) {
      for (String name : statement.names()) {
        query.start(name);
        boolean shadow = query.integer(0) > 0;
        query.reset();
        if (shadow) {
          throw new HoldfastException(
              ErrorCode.SQL_ERROR, "table " + name + " may not be modified: SQLITE_ERROR");
        }
      }
    }
  }
}
