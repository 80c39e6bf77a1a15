package io.holdfast.node.object;

import io.holdfast.node.files.KeptFiles;
import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.RuntimeTable;
import java.util.Optional;

/// The files of its container that an object names as its own, in its own database. Turn.
final class ObjectFiles {
  private static final String CURRENT = "current";

  private ObjectFiles() {}

  static Optional<KeptFiles> stored(ObjectDatabase database) {
    return database.row(RuntimeTable.FILES, CURRENT).map(KeptFiles::decode);
  }

  /// Names these files, unless newer ones are named; durable with the writes of the turn.
  static void store(Incarnation incarnation, KeptFiles files) {
    if (stored(incarnation.database()).filter(known -> known.pin() >= files.pin()).isEmpty()) {
      incarnation.books().putRow(RuntimeTable.FILES, CURRENT, files.encode());
    }
  }

  static void forget(ObjectDatabase database) {
    database.deleteRow(RuntimeTable.FILES, CURRENT);
  }
}
