package io.holdfast.persistence.database;

import io.holdfast.persistence.database.ObjectDatabase.Savepoint;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Storage.Transaction;
import io.holdfast.sdk.Storage.TransactionBody;
import java.util.ArrayDeque;
import java.util.Deque;

/// The transaction() calls of an object that are in progress, one inside the other.
final class Transactions {
  private final StorageHost host;
  private final Deque<Scope> open = new ArrayDeque<>();

  Transactions(StorageHost host) {
    this.host = host;
  }

  <T> T run(TransactionBody<T> body) throws Exception {
    checkWritable();
    ObjectDatabase database = host.database();
    host.enterTransaction();
    try {
      Scope scope = new Scope(database, database.savepoint());
      open.push(scope);
      try {
        T result = body.run(scope);
        database.release(scope.savepoint);
        return result;
      } catch (Throwable failure) {
        undo(scope, failure);
        throw failure;
      } finally {
        open.remove(scope);
        scope.state = State.ENDED;
      }
    } finally {
      host.leaveTransaction();
    }
  }

  private static void undo(Scope scope, Throwable failure) {
    try {
      scope.database.rollbackTo(scope.savepoint);
      scope.database.release(scope.savepoint);
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  /// @throws HoldfastException `wrong_state` inside a transaction that was rolled back
  void checkWritable() {
    for (Scope scope : open) {
      if (scope.state == State.ROLLED_BACK) {
        throw new HoldfastException(
            ErrorCode.WRONG_STATE, "Cannot perform operation on a rolled back transaction.");
      }
    }
  }

  private enum State {
    OPEN,
    ROLLED_BACK,
    ENDED
  }

  private final class Scope implements Transaction {
    private final ObjectDatabase database;
    private final Savepoint savepoint;
    private State state = State.OPEN;

    Scope(ObjectDatabase database, Savepoint savepoint) {
      this.database = database;
      this.savepoint = savepoint;
    }

    @Override
    public void rollback() {
      if (state != State.OPEN) {
        throw new HoldfastException(
            ErrorCode.WRONG_STATE,
            state == State.ENDED
                ? "Cannot roll back a transaction that has ended."
                : "Cannot perform operation on a rolled back transaction.");
      }
      if (open.peek() != this) {
        throw new HoldfastException(
            ErrorCode.WRONG_STATE,
            "Cannot roll back a transaction while a transaction inside it is in progress.");
      }
      host.database().rollbackTo(savepoint);
      state = State.ROLLED_BACK;
    }
  }
}
