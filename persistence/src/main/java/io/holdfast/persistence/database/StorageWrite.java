package io.holdfast.persistence.database;

import io.holdfast.persistence.database.StorageHost.Confirmation;
import java.util.function.Function;

/// One call of the app that may write.
final class StorageWrite {
  private StorageWrite() {}

  /// Runs the change and tells the host when there is something to commit. Also after an error: the
  /// change may have written before, or SQLite has undone the transaction, and then the host has to
  /// find out at its next commit, also when the app caught the error.
  static <T> T run(StorageHost host, Function<ObjectDatabase, T> change) {
    return run(host, Confirmation.AWAITED, change);
  }

  static <T> T run(
      StorageHost host, Confirmation confirmation, Function<ObjectDatabase, T> change) {
    ObjectDatabase database = host.database();
    try {
      return change.apply(database);
    } finally {
      if (database.hasUncommitted()) {
        host.afterWrite(confirmation);
      }
    }
  }
}
