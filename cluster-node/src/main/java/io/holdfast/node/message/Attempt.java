package io.holdfast.node.message;

import io.holdfast.persistence.database.ObjectDatabase;
import org.jspecify.annotations.Nullable;

/// What one message writes, as long as it can be undone: until it is kept, at the latest when its
/// event commits.
public final class Attempt {
  private final ObjectDatabase database;
  private ObjectDatabase.@Nullable Savepoint savepoint;

  Attempt(ObjectDatabase database) {
    this.database = database;
    this.savepoint = database.savepoint();
  }

  /// From now on what it has written stays. Safe to repeat.
  public void keep() {
    ObjectDatabase.Savepoint open = savepoint;
    savepoint = null;
    if (open != null) {
      database.release(open);
    }
  }

  /// Undoes what it has written, unless it was kept.
  void undo() {
    if (savepoint != null) {
      database.rollbackTo(savepoint);
      keep();
    }
  }
}
