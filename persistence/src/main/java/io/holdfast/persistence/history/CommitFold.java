package io.holdfast.persistence.history;

import io.holdfast.persistence.pg1.DeltaHeader;
import io.holdfast.persistence.pg1.PageDelta;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Finds the commits that count among stored events, by the rules of
/// [io.holdfast.persistence.writer.Recovery], from the headers alone. Not thread-safe.
final class CommitFold {
  private final Consumer<StoredCommit> found;
  private long epoch;
  private @Nullable StoredCommit open;
  private @Nullable StoredCommit held;

  /// @param epoch that of the snapshot before the events, 0 if there is none
  /// @param found hears of each commit, in order
  CommitFold(long epoch, Consumer<StoredCommit> found) {
    this.epoch = epoch;
    this.found = found;
  }

  void add(PageDelta part) {
    DeltaHeader header = part.header();
    if (header.epoch() < epoch) {
      return;
    }
    if (header.epoch() > epoch) {
      startEpoch(header);
    }
    int bytes = part.bytes().length;
    StoredCommit begun = open;
    StoredCommit group =
        begun == null || header.has(DeltaHeader.FIRST)
            ? StoredCommit.of(header, bytes)
            : begun.withMore(bytes);
    open = group;
    if (header.has(DeltaHeader.LAST)) {
      open = null;
      finish();
      held = group;
    }
  }

  /// A higher epoch drops what its predecessor left unfinished, and the last commit of a superseded
  /// writer that it never saw.
  private void startEpoch(DeltaHeader header) {
    epoch = header.epoch();
    open = null;
    if (held != null && held.txSeq() == header.txSeq()) {
      held = null;
    }
  }

  /// No more events: the last commit counts.
  void finish() {
    StoredCommit last = held;
    held = null;
    if (last != null) {
      found.accept(last);
    }
  }
}
