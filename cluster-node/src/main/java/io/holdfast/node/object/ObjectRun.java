package io.holdfast.node.object;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.RuntimeTable;
import io.holdfast.sdk.ContainerExit;
import java.util.Optional;

/// In the object's own database, while its container may run: the life of the node on which. Where
/// objects go from node to node, nobody else could tell the object of the end of a run that was
/// lost with its node. Turn.
final class ObjectRun {
  /// How a run ended that was lost with its node.
  static final ContainerExit LOST = new ContainerExit(137, ContainerExit.Reason.RUNTIME_SIGNAL);

  private static final String CURRENT = "run";

  private ObjectRun() {}

  /// A start is ordered; durable with the writes of the turn.
  static void begin(Incarnation incarnation) {
    if (incarnation.services().containers().mayLoseObjects()) {
      incarnation
          .books()
          .putRow(
              RuntimeTable.CONTAINER,
              CURRENT,
              incarnation.services().containers().life().getBytes(UTF_8));
    }
  }

  /// The object hears of the end of a run; there may be another one by now.
  static void ended(Incarnation incarnation) {
    boolean runs = incarnation.services().containers().isRunning(incarnation.address());
    if (!runs && stored(incarnation.database()).isPresent()) {
      incarnation.books().deleteRow(RuntimeTable.CONTAINER, CURRENT);
    }
  }

  /// Whether there was a run of which nobody can tell the end any more; or a start that failed.
  static boolean isLost(Incarnation incarnation) {
    String life = incarnation.services().containers().life();
    return stored(incarnation.database()).filter(stored -> !stored.equals(life)).isPresent();
  }

  static boolean isStored(ObjectDatabase database) {
    return stored(database).isPresent();
  }

  private static Optional<String> stored(ObjectDatabase database) {
    return database.row(RuntimeTable.CONTAINER, CURRENT).map(row -> new String(row, UTF_8));
  }

  /// A state of the object from elsewhere says nothing of containers here.
  static void forget(ObjectDatabase database) {
    database.deleteRow(RuntimeTable.CONTAINER, CURRENT);
  }
}
