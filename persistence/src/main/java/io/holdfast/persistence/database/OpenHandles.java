package io.holdfast.persistence.database;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/// The databases with an open handle. When there are too many, some that were not used lately are
/// asked to hibernate. Thread-safe.
///
/// Whether one was used is a flag that its thread sets without any lock; the flag gives it a second
/// chance. One that is in use cannot be closed, so there may be more than the limit while that many
/// are in use at once.
final class OpenHandles {
  /// How many are asked when one is opened too many.
  private static final int ASKED_MAX = 4;

  private final int max;
  private final LinkedHashSet<SqliteObjectDatabase> open = new LinkedHashSet<>();

  OpenHandles(int max) {
    this.max = max;
  }

  void opened(SqliteObjectDatabase database) {
    for (SqliteObjectDatabase each : addedAnd(database)) {
      if (!isOverfull()) {
        return;
      }
      each.askToHibernate();
    }
  }

  private synchronized boolean isOverfull() {
    return open.size() > max;
  }

  private synchronized List<SqliteObjectDatabase> addedAnd(SqliteObjectDatabase database) {
    open.add(database);
    return open.size() > max ? unused(database) : List.of();
  }

  /// The longest open that were not used since they were looked at last; all that are looked at go
  /// to the end of the line.
  private List<SqliteObjectDatabase> unused(SqliteObjectDatabase except) {
    List<SqliteObjectDatabase> found = new ArrayList<>(ASKED_MAX);
    for (int looks = 2 * open.size(); looks > 0 && found.size() < ASKED_MAX; looks--) {
      SqliteObjectDatabase first = open.removeFirst();
      open.addLast(first);
      if (first != except && !first.takeUsed() && !found.contains(first)) {
        found.add(first);
      }
    }
    return found;
  }

  synchronized void closed(SqliteObjectDatabase database) {
    open.remove(database);
  }

  synchronized int count() {
    return open.size();
  }
}
