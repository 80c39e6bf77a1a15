package io.holdfast.persistence.writer;

import java.util.concurrent.CompletionStage;
import java.util.function.LongFunction;

/// Which snapshots, and events before them, go when a new snapshot was saved.
@FunctionalInterface
public interface SnapshotTrim {
  /// Keeps the newest two snapshots and all events.
  SnapshotTrim NEWEST_TWO = (_, previous, deleteBefore) -> deleteBefore.apply(previous);

  /// Deletes what nothing needs any more.
  ///
  /// @param previousSequenceNr that of the snapshot before the new one, 0 if there is none
  /// @param deleteBefore deletes the snapshots before a sequence number
  /// @return completes when it is done; a failure is logged, and the next snapshot tries again
  CompletionStage<?> afterSnapshot(
      String persistenceId, long previousSequenceNr, LongFunction<CompletionStage<?>> deleteBefore);
}
