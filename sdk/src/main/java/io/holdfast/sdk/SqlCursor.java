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
  private final long rowsRead;
  private final long rowsWritten;

  /// A cursor over rows that cost nothing.
  public SqlCursor(List<String> columnNames, Iterator<SqlRow> rows) {
    this(columnNames, rows, 0, 0);
  }

  public SqlCursor(
      List<String> columnNames, Iterator<SqlRow> rows, long rowsRead, long rowsWritten) {
    this.columnNames = List.copyOf(columnNames);
    this.rows = rows;
    this.rowsRead = rowsRead;
    this.rowsWritten = rowsWritten;
  }

  /// How many rows the whole query read, at least: those it returned or, if that is more, those it
  /// stepped over in scans of whole tables. Rows found through an index that the query did not
  /// return are not counted; with the plain database engine (`jdbc`) those of scans are not either.
  public long rowsRead() {
    return rowsRead;
  }

  /// How many rows the whole query inserted, updated or deleted, and one more for each index entry
  /// that changed with them: an insert of one row into a table with one index is 2. Not counted are
  /// index entries that triggers and foreign keys write, and what `CREATE INDEX` writes; an index
  /// with a WHERE clause counts for each row.
  public long rowsWritten() {
    return rowsWritten;
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
