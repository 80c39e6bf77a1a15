package io.holdfast.node.container;

import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ExitReason;
import io.holdfast.persistence.database.RowBytes;
import io.holdfast.sdk.ContainerExit;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// What the next life of the node has to know of one run of a container, beyond what the engine
/// tells.
///
/// @param owner with the epoch of the run, which never repeats
/// @param image of the object's class when it started: a container may run another one
/// @param prepared whether its object has set it up, and that is durable
/// @param endWanted whether its end was ordered
/// @param inactivityTimeout how long it may idle, if that is limited
/// @param labels those that were set after its start, if any were
/// @param end how it ended, when it has and its object may not yet have heard of it
public record RunFact(
    ContainerOwner owner,
    String image,
    boolean prepared,
    boolean endWanted,
    Optional<Duration> inactivityTimeout,
    Optional<Map<String, String>> labels,
    Optional<ContainerExit> end) {
  private static final int NONE = -1;

  /// Of a run of which nothing else is known.
  static RunFact of(ContainerOwner owner, String image) {
    return new RunFact(
        owner, image, false, false, Optional.empty(), Optional.empty(), Optional.empty());
  }

  RunFact asPrepared() {
    return new RunFact(owner, image, true, endWanted, inactivityTimeout, labels, end);
  }

  RunFact toldToEnd() {
    return new RunFact(owner, image, prepared, true, inactivityTimeout, labels, end);
  }

  RunFact idlingAtMost(Duration timeout) {
    return new RunFact(owner, image, prepared, endWanted, Optional.of(timeout), labels, end);
  }

  RunFact labelled(Map<String, String> newLabels) {
    return new RunFact(
        owner, image, prepared, endWanted, inactivityTimeout, Optional.of(newLabels), end);
  }

  RunFact ended(ContainerExit exit) {
    return new RunFact(
        owner, image, prepared, endWanted, inactivityTimeout, labels, Optional.of(exit));
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
      out.writeInt(labels.map(Map::size).orElse(NONE));
      for (Map.Entry<String, String> label : labels.orElse(Map.of()).entrySet()) {
        out.text(label.getKey());
        out.text(label.getValue());
      }
      out.writeInt(end.map(ContainerExit::exitCode).orElse(NONE));
      out.text(end.map(exit -> exit.reason().name()).orElse(""));
    });
  }

  /// @throws io.holdfast.sdk.HoldfastException `storage_corrupt`
  static RunFact ofRow(byte[] row) {
    return RowBytes.read("a run of a container", row, RunFact::read);
  }

  private static RunFact read(RowBytes.In in) throws IOException {
    ContainerOwner owner =
        new ContainerOwner(in.text(), in.text(), in.text(), in.text(), in.readLong());
    String image = in.text();
    boolean prepared = in.readBoolean();
    boolean endWanted = in.readBoolean();
    long timeoutMillis = in.readLong();
    Optional<Map<String, String>> labels = readLabels(in);
    int exitCode = in.readInt();
    String reason = in.text();
    return new RunFact(
        owner,
        image,
        prepared,
        endWanted,
        timeoutMillis == NONE ? Optional.empty() : Optional.of(Duration.ofMillis(timeoutMillis)),
        labels,
        exitCode == NONE
            ? Optional.empty()
            : Optional.of(new ContainerExit(exitCode, ContainerExit.Reason.valueOf(reason))));
  }

  private static Optional<Map<String, String>> readLabels(RowBytes.In in) throws IOException {
    int count = in.readInt();
    if (count == NONE) {
      return Optional.empty();
    }
    Map<String, String> labels = new HashMap<>();
    for (int left = count; left > 0; left--) {
      labels.put(in.text(), in.text());
    }
    return Optional.of(labels);
  }
}
