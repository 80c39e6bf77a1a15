package io.holdfast.sdk;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One row of a query. Values are `null`, [Long], [Double], [String] or `byte[]`, as SQLite stores
/// them.
public final class SqlRow {
  private final List<String> columnNames;
  private final @Nullable Object[] values;

  /// A row over these values, which are not copied.
  public SqlRow(List<String> columnNames, @Nullable Object[] values) {
    this.columnNames = columnNames;
    this.values = values;
  }

  /// A value as it is.
  ///
  /// @throws HoldfastException `sql_error` when there is no such column
  public @Nullable Object value(String column) {
    return values[index(column)];
  }

  /// A value by position, from 0.
  public @Nullable Object value(int column) {
    return values[column];
  }

  /// All values, in the order of the columns.
  public List<@Nullable Object> values() {
    return Collections.unmodifiableList(Arrays.asList(values));
  }

  public boolean isNull(String column) {
    return value(column) == null;
  }

  /// An integer; a floating-point number is cut.
  public long integer(String column) {
    return number(column).longValue();
  }

  public double real(String column) {
    return number(column).doubleValue();
  }

  /// A text; a number in its decimal form.
  public String string(String column) {
    Object value = value(column);
    if (value == null || value instanceof byte[]) {
      throw unexpected(column, "a text", value);
    }
    return value.toString();
  }

  public byte[] blob(String column) {
    if (value(column) instanceof byte[] bytes) {
      return bytes;
    }
    throw unexpected(column, "a blob", value(column));
  }

  /// The row as a map from column to value, in order.
  public Map<String, @Nullable Object> toMap() {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    for (int i = 0; i < values.length; i++) {
      map.put(columnNames.get(i), values[i]);
    }
    return Collections.unmodifiableMap(map);
  }

  private Number number(String column) {
    if (value(column) instanceof Number number) {
      return number;
    }
    throw unexpected(column, "a number", value(column));
  }

  private int index(String column) {
    int index = columnNames.indexOf(column);
    if (index < 0) {
      throw new HoldfastException(
          ErrorCode.SQL_ERROR, "no column '" + column + "' in the result, found " + columnNames);
    }
    return index;
  }

  private static HoldfastException unexpected(
      String column, String wanted, @Nullable Object found) {
    String kind = found == null ? "NULL" : found.getClass().getSimpleName();
    return new HoldfastException(
        ErrorCode.SQL_ERROR, "expected " + wanted + " in column '" + column + "', found " + kind);
  }

  @Override
  public String toString() {
    return toMap().toString();
  }
}
