package io.holdfast.node.container;

import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ExitReason;
import io.holdfast.persistence.database.RowBytes;
import io.holdfast.sdk.ContainerExit;
import java.time.Duration;
import java.util.Optional;

/// What the next life of the node has to know of one run of a container, beyond what the engine
/// tells.
///
/// @param owner with the epoch of the run, which never repeats
/// @param image of the object's class when it started: a container may run another one
/// @param prepared whether its object has set it up, and that is durable
/// @param endWanted whether its end was ordered
/// @param inactivityTimeout how long it may idle, if that is limited
/// @param end how it ended, when it has and its object may not yet have heard of it
public record RunFact(
    ContainerOwner owner,
    String image,
    boolean prepared,
    boolean endWanted,
    Optional<Duration> inactivityTimeout,
    Optional<ContainerExit> end) {
  private static final int NONE = -1;

  /// Of a run of which nothing else is known.
  static RunFact of(ContainerOwner owner, String image) {
    return new RunFact(owner, image, false, false, Optional.empty(), Optional.empty());
  }

  RunFact asPrepared() {
    return new RunFact(owner, image, true, endWanted, inactivityTimeout, end);
  }

  RunFact toldToEnd() {
    return new RunFact(owner, image, prepared, true, inactivityTimeout, end);
  }

  RunFact idlingAtMost(Duration timeout) {
    return new RunFact(owner, image, prepared, endWanted, Optional.of(timeout), end);
  }

  RunFact ended(ContainerExit exit) {
    return new RunFact(owner, image, prepared, endWanted, inactivityTimeout, Optional.of(exit));
  }

  /// How it ended: as was noted, else as the engine tells.
  ContainerExit endOr(ExitReason reason) {
    return end.orElseGet(() -> ContainerRun.exit(reason, endWanted));
  }

  // ---- as a row
  // -----------------------------------------------------------------------------------------------

  /// The key of its row; rows of one object lie together, ordered by epoch.
  String key() {
    return "%s/%s/%s/%016x"
        .formatted(owner.app(), owner.namespace(), owner.objectId(), owner.epoch());
  }

  byte[] toRow() {
    return RowBytes.written(out -> {
      out.text(owner.app());
      out.text(owner.namespace());
      out.text(owner.objectId());
      out.text(owner.node());
      out.writeLong(owner.epoch());
      out.text(image);
      out.writeBoolean(prepared);
      out.writeBoolean(endWanted);
      out.writeLong(inactivityTimeout.map(Duration::toMillis).orElse((long) NONE));
      out.writeInt(end.map(ContainerExit::exitCode).orElse(NONE));
      out.text(end.map(exit -> exit.reason().name()).orElse(""));
    });
  }

  /// @throws io.holdfast.sdk.HoldfastException `storage_corrupt`
  static RunFact ofRow(byte[] row) {
    return RowBytes.read("a run of a container", row, RunFact::read);
  }

  private static RunFact read(RowBytes.In in) throws java.io.IOException {
    ContainerOwner owner =
        new ContainerOwner(in.text(), in.text(), in.text(), in.text(), in.readLong());
    String image = in.text();
    boolean prepared = in.readBoolean();
    boolean endWanted = in.readBoolean();
    long timeoutMillis = in.readLong();
    int exitCode = in.readInt();
    String reason = in.text();
    return new RunFact(
        owner,
        image,
        prepared,
        endWanted,
        timeoutMillis == NONE ? Optional.empty() : Optional.of(Duration.ofMillis(timeoutMillis)),
        exitCode == NONE
            ? Optional.empty()
            : Optional.of(new ContainerExit(exitCode, ContainerExit.Reason.valueOf(reason))));
  }
}
