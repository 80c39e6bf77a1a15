package io.holdfast.persistence.database;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.SqlCursor;
import io.holdfast.sdk.SqlRow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Runs statements of the app on one connection and keeps the last of them prepared.
final class SqlQueries implements AutoCloseable {
  private static final int PREPARED_MAX = 32;

  /// Longer statements are prepared anew each time, so that the kept ones stay small.
  private static final int PREPARED_CHARS_MAX = 4096;

  private static final @Nullable Object[] NO_BINDINGS = {};

  private final SqliteHandle handle;
  private final long resultBytesMax;
  private final RowMeter meter;
  private final Map<String, SqliteStatement> prepared = new LinkedHashMap<>(16, 0.75f, true);

  SqlQueries(SqliteHandle handle, long resultBytesMax) {
    this.handle = handle;
    this.resultBytesMax = resultBytesMax;
    this.meter = new RowMeter(handle);
  }

  /// Tables or indexes may have changed.
  void forget() {
    meter.forget();
  }

  /// Runs a statement that takes no parameters and whose rows nobody reads.
  RowCounts runFirst(SqlStatement statement) {
    try (SqliteStatement sqlite = handle.statement(statement.text())) {
      if (sqlite.parameterCount() > 0) {
        throw new HoldfastException(
            ErrorCode.SQL_ERROR,
            "When executing multiple SQL statements in a single call, only the last statement can"
                + " have parameters.");
      }
      meter.begin(statement);
      sqlite.runOnce();
      return new RowCounts(sqlite.scanned(), meter.written(statement));
    }
  }

  /// Runs a statement and reads all of its rows.
  ///
  /// @param before what the statements before it cost
  SqlCursor run(SqlStatement statement, @Nullable Object[] bindings, RowCounts before) {
    if (statement.isReusable() && statement.text().length() <= PREPARED_CHARS_MAX) {
      return metered(statement, prepared(statement.text()), bindings, before);
    }
    try (SqliteStatement sqlite = handle.statement(statement.text())) {
      return metered(statement, sqlite, bindings, before);
    }
  }

  private SqlCursor metered(
      SqlStatement statement,
      SqliteStatement sqlite,
      @Nullable Object[] bindings,
      RowCounts before) {
    meter.begin(statement);
    Rows rows = rows(statement, sqlite, bindings);
    long read = Math.max(rows.rows.size(), sqlite.scanned());
    RowCounts counts = before.plus(new RowCounts(read, meter.written(statement)));
    return new SqlCursor(rows.names, rows.rows.iterator(), counts.read(), counts.written());
  }

  private record Rows(List<String> names, List<SqlRow> rows) {
    static final Rows NONE = new Rows(List.of(), List.of());
  }

  /// A statement with RETURNING has written all when its first row comes, so a result that is too
  /// large has to undo it.
  private Rows rows(SqlStatement statement, SqliteStatement sqlite, @Nullable Object[] bindings) {
    return statement.writes() && sqlite.columnCount() > 0
        ? handle.atomically(() -> rows(sqlite, bindings))
        : rows(sqlite, bindings);
  }

  private SqliteStatement prepared(String text) {
    SqliteStatement known = prepared.get(text);
    if (known != null && !known.isClosed()) {
      return known;
    }
    SqliteStatement statement = handle.statement(text);
    prepared.put(text, statement);
    if (prepared.size() > PREPARED_MAX) {
      var eldest = prepared.entrySet().iterator();
      eldest.next().getValue().close();
      eldest.remove();
    }
    return statement;
  }

  private Rows rows(SqliteStatement sqlite, @Nullable Object[] bindings) {
    if (sqlite.parameterCount() != bindings.length) {
      throw new HoldfastException(
          ErrorCode.SQL_ERROR, "Wrong number of parameter bindings for SQL query.");
    }
    try {
      boolean row = sqlite.start(bindings.length == 0 ? NO_BINDINGS : bindings);
      int columns = sqlite.columnCount();
      if (columns == 0) {
        return Rows.NONE;
      }
      // Only after the first step: SQLite may have prepared it anew for a changed table.
      List<String> names = List.of(sqlite.columnNames());
      return new Rows(names, read(sqlite, row, names));
    } finally {
      if (!sqlite.isClosed()) {
        sqlite.reset();
      }
    }
  }

  private List<SqlRow> read(SqliteStatement sqlite, boolean first, List<String> names) {
    ResultBudget budget = new ResultBudget(resultBytesMax);
    List<SqlRow> rows = new ArrayList<>();
    for (boolean row = first; row; row = sqlite.next()) {
      long bytes = ResultBudget.ROW_BYTES + 8L * names.size();
      @Nullable Object[] values = new Object[names.size()];
      for (int i = 0; i < values.length; i++) {
        Object value = sqlite.value(i);
        values[i] = value;
        bytes += value == null ? 0 : ResultBudget.sizeOf(value);
      }
      budget.use(bytes);
      rows.add(new SqlRow(names, values));
    }
    return rows;
  }

  @Override
  public void close() {
    prepared.values().forEach(SqliteStatement::close);
    prepared.clear();
  }
}
