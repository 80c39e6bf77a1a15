package io.holdfast.persistence.history;

import io.holdfast.persistence.store.StoredRows;
import io.holdfast.persistence.store.StoredRows.Size;
import io.holdfast.persistence.writer.ObjectWriter;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Which objects have stored anything. Blocks on the disk; thread-safe.
public final class StoredObjects {
  private static final int ID_CHARS = 64;
  private static final String ANY_ID = "0".repeat(ID_CHARS);

  private final StoredRows rows;

  public StoredObjects(StoredRows rows) {
    this.rows = rows;
  }

  /// What is stored of one object.
  ///
  /// @param alarm when it is to be woken, in epoch milliseconds
  public record Facts(long databaseBytes, Size size, OptionalLong alarm) {}

  /// The objects of a namespace, in the order of their ids, after one of them.
  public List<ObjectAddress> page(NamespaceId namespace, Optional<String> afterId, int max) {
    String first = persistenceId(ObjectAddress.parse(namespace + "/" + ANY_ID));
    String prefix = first.substring(0, first.length() - ID_CHARS);
    int keyAt = prefix.length() - (namespace + "/").length();
    return rows.ids(prefix, ID_CHARS, afterId.map(prefix::concat), max).join().stream()
        .map(id -> ObjectAddress.parse(id.substring(keyAt)))
        .toList();
  }

  /// @param enough how far to count bytes
  public Facts facts(ObjectAddress object, long enough) {
    return rows.read(
            persistenceId(object),
            view ->
                new Facts(
                    new StoredHistory(object.key(), view).latest().databaseBytes(),
                    view.size(enough),
                    view.alarm(object.key())))
        .join();
  }

  private static String persistenceId(ObjectAddress object) {
    return ObjectWriter.persistenceId(object).id();
  }
}
