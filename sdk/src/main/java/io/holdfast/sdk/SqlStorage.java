package io.holdfast.sdk;

import org.jspecify.annotations.Nullable;

/// The SQL side of an object's database (SQLite, in the process).
public interface SqlStorage {
  /// Runs one or several statements; the parameters and the result belong to the last. Parameters:
  /// `null`, strings, integers, floating-point numbers, booleans (as text `true`/`false`), byte
  /// arrays.
  ///
  /// @throws HoldfastException `sql_error` with SQLite's message; `storage_full` at the size limit
  ///   of the object
  SqlCursor exec(String query, @Nullable Object... bindings);

  /// The size of the database in bytes.
  long databaseSize();
}
