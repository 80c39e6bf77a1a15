package io.holdfast.node.object;

import io.holdfast.persistence.database.Commit;
import org.jspecify.annotations.Nullable;

/// The commits of one incarnation on their way to its writer: one merged commit is with the writer
/// at a time, what is committed meanwhile waits and is merged into the next.
///
/// Belongs to the actor. The same rule for the real journal and for a simulated one.
final class CommitPipeline {
  /// What goes to the writer as one.
  ///
  /// @param through the count of commits of the incarnation after it
  record Batch(Commit commit, long through) {}

  private @Nullable Batch waiting;
  private boolean underWay;

  /// Adds the next commit.
  void add(Commit commit, long through) {
    Commit merged = waiting == null ? commit : waiting.commit.mergedWith(commit);
    waiting = new Batch(merged, through);
  }

  /// Bytes of the pages that wait.
  long waitingBytes() {
    Batch batch = waiting;
    return batch == null
        ? 0
        : (long) batch.commit.changed().length * batch.commit.after().pageSize();
  }

  /// What is to be stored now, and is under way from here on; null when nothing waits or something
  /// is under way.
  @Nullable Batch begin() {
    if (underWay || waiting == null) {
      return null;
    }
    Batch begun = waiting;
    waiting = null;
    underWay = true;
    return begun;
  }

  /// Something is with the writer that takes the place of all that was stored before.
  void beginAlone() {
    underWay = true;
  }

  /// What was under way is durable.
  void stored() {
    underWay = false;
  }

  /// The incarnation is over: forgets what is not with the writer; what is will not be heard of.
  void end() {
    waiting = null;
    underWay = false;
  }

  boolean isEmpty() {
    return waiting == null && !underWay;
  }
}
