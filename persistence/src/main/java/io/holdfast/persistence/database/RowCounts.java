package io.holdfast.persistence.database;

/// What a query cost in rows; see [io.holdfast.sdk.SqlCursor#rowsRead()].
record RowCounts(long read, long written) {
  static final RowCounts NONE = new RowCounts(0, 0);

  RowCounts plus(RowCounts more) {
    return new RowCounts(read + more.read, written + more.written);
  }
}
