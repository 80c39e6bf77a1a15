package io.holdfast.persistence.database;

import io.holdfast.sdk.SqlCursor;
import io.holdfast.sdk.SqlStorage;
import org.jspecify.annotations.Nullable;

/// The SQL side of [DatabaseStorage].
final class DatabaseSqlStorage implements SqlStorage {
  private final StorageHost host;
  private final Transactions transactions;

  DatabaseSqlStorage(StorageHost host, Transactions transactions) {
    this.host = host;
    this.transactions = transactions;
  }

  @Override
  public SqlCursor exec(String query, @Nullable Object... bindings) {
    SqlScript script = SqlScript.parse(query);
    SqlCursor result = run(script, bindings);
    host.rows(result.rowsRead(), result.rowsWritten());
    return result;
  }

  private SqlCursor run(SqlScript script, @Nullable Object... bindings) {
    if (!script.writes()) {
      return host.database().execute(script, bindings);
    }
    transactions.checkWritable();
    return StorageWrite.run(host, database -> database.execute(script, bindings));
  }

  @Override
  public long databaseSize() {
    return host.database().sizeBytes();
  }
}
