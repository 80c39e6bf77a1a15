package io.holdfast.persistence.database;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// Counts the rows and index entries that statements of the app write, on one connection.
///
/// SQLite counts the rows. How many index entries go with each is read off the statement's program,
/// which EXPLAIN shows, once per statement and only while there is an index at all. What it misses:
/// index entries written by triggers and foreign keys; and it takes a partial index for a whole
/// one.
final class RowMeter {
  private static final int KNOWN_MAX = 64;

  /// Flag of an instruction that counts a row: then the "index" is a table WITHOUT ROWID.
  private static final long COUNTS_ROW = 1;

  private final SqliteHandle handle;
  private final Map<String, Integer> indexesByStatement = new HashMap<>();
  private boolean indexesKnown;
  private boolean hasIndexes;
  private long rowsBefore;

  RowMeter(SqliteHandle handle) {
    this.handle = handle;
  }

  /// To be called before the statement runs.
  void begin(SqlStatement statement) {
    rowsBefore = statement.writes() ? handle.totalChanges() : 0;
  }

  /// Rows and index entries written since [#begin].
  long written(SqlStatement statement) {
    if (!statement.writes()) {
      return 0;
    }
    long rows = handle.totalChanges() - rowsBefore;
    return rows == 0 ? 0 : rows + handle.changes() * indexes(statement);
  }

  /// Tables or indexes may have changed.
  void forget() {
    indexesByStatement.clear();
    indexesKnown = false;
  }

  private int indexes(SqlStatement statement) {
    if (!indexesKnown) {
      hasIndexes = handle.number("SELECT count(*) FROM sqlite_schema WHERE type = 'index'") > 0;
      indexesKnown = true;
    }
    if (!hasIndexes || statement.kind() != SqlStatement.Kind.WRITE || isTooLong(statement)) {
      return 0;
    }
    if (indexesByStatement.size() >= KNOWN_MAX) {
      indexesByStatement.clear();
    }
    return indexesByStatement.computeIfAbsent(statement.text(), this::explained);
  }

  /// Explaining makes a statement a little longer.
  private static boolean isTooLong(SqlStatement statement) {
    return statement.text().length() > DatabaseLimits.STATEMENT_BYTES_MAX / 4;
  }

  private int explained(String text) {
    Set<Long> tables = new HashSet<>();
    Set<Long> inserted = new HashSet<>();
    Set<Long> deleted = new HashSet<>();
    int cleared = 0;
    try (SqliteStatement program = handle.statement("EXPLAIN " + text)) {
      long last = -1;
      // A trigger's program begins at 0 again.
      for (boolean row = program.start(nulls(program));
          row && program.integer(0) > last;
          row = program.next()) {
        last = program.integer(0);
        long cursor = program.integer(2);
        switch (program.text(1)) {
          case "OpenWrite" -> tables.add(cursor);
          case "IdxInsert" -> {
            if ((program.integer(6) & COUNTS_ROW) == 0 && tables.contains(cursor)) {
              inserted.add(cursor);
            }
          }
          case "IdxDelete" -> deleted.add(cursor);
          case "Clear" -> cleared += program.integer(4) == 0 ? 1 : 0;
          default -> {
            // All other instructions write no index.
          }
        }
      }
    }
    return inserted.isEmpty() ? deleted.size() + cleared : inserted.size();
  }

  private static Object[] nulls(SqliteStatement program) {
    return new Object[program.parameterCount()];
  }
}
