package io.holdfast.node.object;

import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.RuntimeTable;
import io.holdfast.persistence.database.Wake;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;

/// What an object owes to others: answers under idempotency keys, messages to be delivered, the
/// knowledge of which messages it carried out, and of where clients are connected ([RuntimeTable]).
///
/// Others do not go back in time with the object. So these rows stay as they are now when it does,
/// and a copy of the object, to which nobody has spoken yet, has none.
final class OwedRows {
  private static final List<RuntimeTable> OWED =
      List.of(
          RuntimeTable.IDEMPOTENCY, RuntimeTable.OUTBOX, RuntimeTable.INBOX, RuntimeTable.SOCKETS);

  private OwedRows() {}

  /// Gives an earlier state the rows of now. Part of its open transaction.
  static void keep(ObjectDatabase now, ObjectDatabase earlier) {
    for (RuntimeTable table : OWED) {
      earlier.visitRows(
          table,
          "",
          (key, _) -> {
            if (now.row(table, key).isEmpty()) {
              earlier.deleteRow(table, key);
            }
          });
      now.visitRows(
          table,
          "",
          (key, row) -> {
            if (!earlier.row(table, key).filter(each -> Arrays.equals(each, row)).isPresent()) {
              earlier.putRow(table, key, row);
            }
          });
    }
  }

  /// Takes all of them away. Part of the open transaction.
  static void erase(ObjectDatabase database) {
    database.wake(Wake.MESSAGES, OptionalLong.empty());
    for (RuntimeTable table : OWED) {
      database.visitRows(table, "", (key, _) -> database.deleteRow(table, key));
    }
  }
}
