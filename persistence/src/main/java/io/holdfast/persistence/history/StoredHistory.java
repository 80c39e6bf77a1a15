package io.holdfast.persistence.history;

import io.holdfast.persistence.pg1.DeltaHeader;
import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.pg1.PageDelta;
import io.holdfast.persistence.store.StoredRows.SnapshotMark;
import io.holdfast.persistence.store.StoredRows.View;
import io.holdfast.persistence.writer.Recovery;
import io.holdfast.persistence.writer.StoredObject;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The history of one object during one read. Everything starts at a snapshot and goes through the
/// events after it.
final class StoredHistory {
  private final String object;
  private final View view;

  StoredHistory(String object, View view) {
    this.object = object;
    this.view = view;
  }

  /// Where a walk begins: after a snapshot, or (null) at the very first event.
  record Base(@Nullable ImageSnapshot snapshot, long sequenceNr) {
    static final Base START = new Base(null, 0);

    long txSeq() {
      return snapshot == null ? 0 : snapshot.header().txSeq();
    }

    long epoch() {
      return snapshot == null ? 0 : snapshot.header().epoch();
    }
  }

  /// Asked for what is not kept any more, or was deleted while it was read.
  static final class NotKept extends RuntimeException {
    private static final long serialVersionUID = 1;

    NotKept() {
      super("not kept", null, false, false);
    }
  }

  /// The newest base whose state has no commit after this one.
  Base baseUpTo(long txSeq) {
    // A commit has one event or more: the snapshot at that number has no later commit.
    Base base = base(view.snapshotUpTo(Math.max(0, txSeq)));
    Optional<SnapshotMark> next = view.snapshotFrom(base.sequenceNr + 1);
    while (next.isPresent()) {
      Base later = base(next);
      if (later.txSeq() > txSeq) {
        return base;
      }
      base = later;
      next = view.snapshotFrom(base.sequenceNr + 1);
    }
    return base;
  }

  /// When the last commit in a snapshot was made, by its writer's clock. The snapshot's own time is
  /// that of its saving. Where the event is gone, the snapshot is the first that is kept: older
  /// than anything that is asked for.
  static long time(View view, SnapshotMark snapshot) {
    return view.event(snapshot.sequenceNr()).map(StoredHistory::time).orElse(Long.MIN_VALUE);
  }

  private static long time(Object event) {
    return ((PageDelta) event).header().wallMillis();
  }

  /// The newest base whose last commit was made by that time; clocks that were set back make it an
  /// older one.
  Base baseUpToTime(long millis) {
    long low = 0;
    long high = view.snapshotUpTo(Long.MAX_VALUE).map(SnapshotMark::sequenceNr).orElse(-1L);
    Optional<SnapshotMark> best = Optional.empty();
    while (low <= high) {
      long middle = (low + high) >>> 1;
      Optional<SnapshotMark> mark = view.snapshotUpTo(middle);
      if (mark.isEmpty() || mark.get().sequenceNr() < low) {
        low = middle + 1;
      } else if (time(view, mark.get()) <= millis) {
        best = mark;
        low = middle + 1;
      } else {
        high = mark.get().sequenceNr() - 1;
      }
    }
    return base(best);
  }

  /// The oldest state that is kept.
  Base oldest() {
    return base(view.snapshotFrom(0));
  }

  private Base base(Optional<SnapshotMark> mark) {
    if (mark.isEmpty()) {
      return Base.START;
    }
    long number = mark.get().sequenceNr();
    if (view.snapshot(number).orElseThrow(NotKept::new) instanceof ImageSnapshot snapshot) {
      return new Base(snapshot, number);
    }
    throw new HoldfastException(
        ErrorCode.STORAGE_CORRUPT,
        "object "
            + object
            + ": expected an image as snapshot "
            + number
            + ", found something else");
  }

  /// The commits after a base, in order, as long as they are wanted.
  ///
  /// @throws NotKept when the events do not go on from the base
  List<StoredCommit> commitsAfter(Base base, Predicate<StoredCommit> wanted) {
    List<StoredCommit> commits = new ArrayList<>();
    boolean[] more = {true};
    CommitFold fold =
        new CommitFold(
            base.epoch(),
            commit -> {
              more[0] = more[0] && wanted.test(commit);
              if (more[0]) {
                commits.add(commit);
              }
            });
    checkStart(base);
    long[] expected = {base.sequenceNr + 1};
    view.events(
        base.sequenceNr + 1,
        (number, payload, _) -> {
          checkNext(expected, number);
          fold.add((PageDelta) payload);
          return more[0];
        });
    fold.finish();
    return commits;
  }

  /// The very first event is needed where there is no snapshot to start from.
  private void checkStart(Base base) {
    if (base.snapshot == null && view.firstEvent().isEmpty() && view.snapshotFrom(0).isPresent()) {
      throw new NotKept();
    }
  }

  /**
   * A number can be there twice, by a writer and by the one that superseded it: their epochs tell
   * which counts.
   */
  private static void checkNext(long[] expected, long number) {
    if (number == expected[0] - 1) {
      return;
    }
    if (number != expected[0]++) {
      throw new NotKept();
    }
  }

  /// The newest commit.
  StoredCommit latest() {
    Base base = baseUpTo(Long.MAX_VALUE - 1);
    List<StoredCommit> commits = commitsAfter(base, _ -> true);
    return commits.isEmpty() ? commit(base.txSeq()) : commits.getLast();
  }

  /// A commit by its number.
  ///
  /// @throws NotKept when neither its event is kept nor a snapshot right after it
  StoredCommit commit(long txSeq) {
    try {
      List<StoredCommit> commits =
          commitsAfter(baseUpTo(txSeq - 1), commit -> commit.txSeq() <= txSeq);
      if (txSeq == 0) {
        return StoredCommit.NONE;
      }
      if (!commits.isEmpty() && commits.getLast().txSeq() == txSeq) {
        return commits.getLast();
      }
    } catch (NotKept _) {
      // Its event is gone; the snapshot right after it may be the first that is kept.
    }
    Base base = baseUpTo(txSeq);
    if (base.snapshot == null || base.txSeq() != txSeq) {
      throw new NotKept();
    }
    return of(base);
  }

  /// The last commit in a base, as far as the snapshot tells.
  StoredCommit of(Base base) {
    ImageSnapshot snapshot = base.snapshot;
    if (snapshot == null) {
      return StoredCommit.NONE;
    }
    long time = view.snapshotUpTo(base.sequenceNr).map(SnapshotMark::timestamp).orElse(0L);
    return new StoredCommit(base.txSeq(), base.epoch(), time, 0, 0, snapshot.rawLength(), false);
  }

  /// The state after a commit.
  ///
  /// @throws NotKept when it cannot be made of what is stored
  StoredState state(long txSeq) {
    Base base = baseUpTo(txSeq);
    checkStart(base);
    Recovery recovery = new Recovery(object);
    if (base.snapshot != null) {
      recovery.start(base.snapshot);
    }
    long[] expected = {base.sequenceNr + 1};
    long[] epoch = {base.epoch()};
    view.events(
        base.sequenceNr + 1,
        (number, payload, _) -> {
          checkNext(expected, number);
          PageDelta part = (PageDelta) payload;
          DeltaHeader header = part.header();
          if (header.txSeq() > txSeq && header.epoch() >= epoch[0]) {
            return false;
          }
          epoch[0] = Math.max(epoch[0], header.epoch());
          recovery.add(part);
          return true;
        });
    StoredObject stored = recovery.finish();
    if (stored.txSeq() != txSeq) {
      throw new NotKept();
    }
    return new StoredState(stored.image(), stored.alarm());
  }
}
