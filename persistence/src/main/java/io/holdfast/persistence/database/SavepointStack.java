package io.holdfast.persistence.database;

import io.holdfast.persistence.database.ObjectDatabase.Savepoint;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/// The savepoints that were asked for, innermost first. SQLite gets them with the next write: until
/// then there is nothing they could undo.
final class SavepointStack {
  private final Deque<Savepoint> asked = new ArrayDeque<>();
  private int inSqlite;

  Savepoint push() {
    Savepoint savepoint = new Savepoint();
    asked.push(savepoint);
    return savepoint;
  }

  boolean isEmpty() {
    return asked.isEmpty();
  }

  void clear() {
    asked.clear();
    inSqlite = 0;
  }

  /// Sets those in SQLite that it has not yet. All have one name there: SQLite takes the innermost.
  void open(SqliteHandle handle) {
    while (inSqlite < asked.size()) {
      handle.run("SAVEPOINT holdfast");
      inSqlite++;
    }
  }

  /// @param sqlite runs a statement
  void release(Savepoint savepoint, Consumer<String> sqlite) {
    if (asked.peek() != savepoint) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE,
          "expected the innermost savepoint, found one that is not: an inner transaction is open,"
              + " or all was rolled back");
    }
    if (isInnermostInSqlite()) {
      sqlite.accept("RELEASE holdfast");
      inSqlite--;
    }
    asked.pop();
  }

  /// Does nothing when the savepoint is not there any more.
  void rollbackTo(Savepoint savepoint, Consumer<String> sqlite) {
    if (!asked.contains(savepoint)) {
      return;
    }
    while (asked.element() != savepoint) {
      rollbackInnermost(sqlite);
      release(asked.element(), sqlite);
    }
    rollbackInnermost(sqlite);
  }

  private void rollbackInnermost(Consumer<String> sqlite) {
    if (isInnermostInSqlite()) {
      sqlite.accept("ROLLBACK TO holdfast");
    }
  }

  private boolean isInnermostInSqlite() {
    return asked.size() == inSqlite;
  }
}
