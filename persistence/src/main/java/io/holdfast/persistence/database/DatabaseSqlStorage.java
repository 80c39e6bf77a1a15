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
    ObjectDatabase database = host.database();
    SqlScript script = SqlScript.parse(query);
    if (script.writes()) {
      transactions.checkWritable();
    }
    try {
      return database.execute(script, bindings);
    } finally {
      // Also after an error: the statements before the one that failed have written.
      if (script.writes() && database.hasUncommitted()) {
        host.afterWrite();
      }
    }
  }

  @Override
  public long databaseSize() {
    return host.database().sizeBytes();
  }
}
