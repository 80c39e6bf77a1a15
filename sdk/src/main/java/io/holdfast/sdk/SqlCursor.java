package io.holdfast.sdk;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/// The rows of a query, read once, first to last. A cursor keeps the rows it had when the query
/// ran.
public final class SqlCursor implements Iterator<SqlRow>, Iterable<SqlRow> {
  private final List<String> columnNames;
  private final Iterator<SqlRow> rows;

  public SqlCursor(List<String> columnNames, Iterator<SqlRow> rows) {
    this.columnNames = List.copyOf(columnNames);
    this.rows = rows;
  }

  /// The column names, in order; empty for a statement without a result.
  public List<String> columnNames() {
    return columnNames;
  }

  @Override
  public boolean hasNext() {
    return rows.hasNext();
  }

  @Override
  public SqlRow next() {
    if (!rows.hasNext()) {
      throw new NoSuchElementException("the query has no more rows");
    }
    return rows.next();
  }

  /// The rows that are left.
  public List<SqlRow> toList() {
    List<SqlRow> list = new ArrayList<>();
    rows.forEachRemaining(list::add);
    return list;
  }

  public Stream<SqlRow> stream() {
    return StreamSupport.stream(spliterator(), false);
  }

  /// The rows that are left, each as its values in the order of the columns.
  public Stream<List<@Nullable Object>> raw() {
    return stream().map(SqlRow::values);
  }

  /// The only row.
  ///
  /// @throws HoldfastException `sql_error` when there is none or more than one
  public SqlRow one() {
    if (!rows.hasNext()) {
      throw new HoldfastException(
          ErrorCode.SQL_ERROR, "Expected exactly one result from SQL query, but got no results.");
    }
    SqlRow row = rows.next();
    if (rows.hasNext()) {
      throw new HoldfastException(
          ErrorCode.SQL_ERROR,
          "Expected exactly one result from SQL query, but got multiple results.");
    }
    return row;
  }

  @Override
  public Iterator<SqlRow> iterator() {
    return this;
  }
}
