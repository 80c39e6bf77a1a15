package io.holdfast.node.object;

import io.holdfast.persistence.database.ObjectDatabase;
import io.holdfast.persistence.database.RowBytes;
import io.holdfast.persistence.database.RuntimeTable;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ContainerState;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/// How the container of an object ended last, in the object's own database: what the runtime knows
/// goes when the object leaves memory. Only an end that shows in the state is kept. Turn.
final class ObjectExit {
  private static final String LAST = "last-exit";

  private ObjectExit() {}

  static Optional<ContainerState> stored(ObjectDatabase database) {
    return database.row(RuntimeTable.CONTAINER, LAST).map(ObjectExit::decode);
  }

  /// Notes an end; durable with the writes of the turn.
  static void note(Incarnation incarnation, ContainerExit exit, Instant at) {
    if (exit.exitCode() != 0 && exit.reason() != ContainerExit.Reason.RUNTIME_SIGNAL) {
      incarnation.books().putRow(RuntimeTable.CONTAINER, LAST, encode(exit.exitCode(), at));
    } else if (stored(incarnation.database()).isPresent()) {
      incarnation.books().deleteRow(RuntimeTable.CONTAINER, LAST);
    }
  }

  static void forget(ObjectDatabase database) {
    database.deleteRow(RuntimeTable.CONTAINER, LAST);
  }

  private static byte[] encode(int exitCode, Instant at) {
    return RowBytes.written(out -> {
      out.writeInt(exitCode);
      out.writeLong(at.toEpochMilli());
    });
  }

  private static ContainerState decode(byte[] row) {
    return RowBytes.read(
        "the end of a container",
        row,
        in -> {
          OptionalInt exitCode = OptionalInt.of(in.readInt());
          return new ContainerState(
              ContainerState.Status.STOPPED_WITH_CODE,
              Instant.ofEpochMilli(in.readLong()),
              exitCode);
        });
  }
}
