package io.holdfast.persistence.history;

import io.holdfast.persistence.pg1.DeltaHeader;
import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.pg1.PageDelta;
import io.holdfast.persistence.store.StoredRows;
import io.holdfast.persistence.store.StoredRows.SnapshotMark;
import io.holdfast.persistence.store.StoredRows.View;
import io.holdfast.persistence.writer.Recovery;
import io.holdfast.persistence.writer.StoredObject;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/*
 * An object that writes little has no snapshot, or none for a long time, and its events would stay for ever: they are all
 * that it can start from. So one is made here, beside its writer, of events that do not change any more:
 *
 *  - without a snapshot: of its state at the end of the retention,
 *  - with one: of its last state, once all of it is older than the retention.
 *
 * An object that has a snapshot and goes on writing saves the next one by itself, after 50 events at the latest.
 *
 * The last event of a snapshot ends a commit that counts for good: one that the next commit continues, or that nothing
 * follows although it is so old that no writer can be left that has not read it.
 */

/// Saves the snapshot of an object that its own writer did not take, when the retention asks for
/// one. Wakes nobody. Thread-safe.
final class IdleBase {
  /// Younger events are left alone, however short the retention is.
  private static final Duration SETTLED = Duration.ofHours(1);

  private final StoredRows rows;
  private final HistoryConfig config;
  private final InstantSource clock;

  IdleBase(StoredRows rows, HistoryConfig config, InstantSource clock) {
    this.rows = rows;
    this.config = config;
    this.clock = clock;
  }

  private record Base(long sequenceNr, ImageSnapshot snapshot) {}

  /// Completes with whether one was saved.
  CompletableFuture<Boolean> save(String persistenceId) {
    if (!config.isOn()) {
      return CompletableFuture.completedFuture(false);
    }
    return rows.read(persistenceId, view -> base(persistenceId, view))
        .thenCompose(found ->
            found.isEmpty()
                ? CompletableFuture.completedFuture(false)
                : rows.saveSnapshot(
                        persistenceId, found.get().sequenceNr, clock.millis(), found.get().snapshot)
                    .thenApply(_ -> true));
  }

  private Optional<Base> base(String persistenceId, View view) {
    Optional<SnapshotMark> newest = view.snapshotUpTo(Long.MAX_VALUE);
    long start = newest.map(SnapshotMark::sequenceNr).orElse(0L);
    OldEvents old = new OldEvents(oldUntilMillis());
    view.events(start + 1, (number, event, _) -> old.add(number, event));
    long end = newest.isPresent() && old.younger ? 0 : old.end();
    return end == 0 ? Optional.empty() : folded(persistenceId, view, start, end);
  }

  private long oldUntilMillis() {
    Duration age = config.retention().compareTo(SETTLED) < 0 ? SETTLED : config.retention();
    return clock.millis() - age.toMillis();
  }

  private static Optional<Base> folded(String persistenceId, View view, long start, long end) {
    Recovery recovery = new Recovery(persistenceId);
    if (start > 0) {
      if (!(view.snapshot(start).orElse(null) instanceof ImageSnapshot snapshot)) {
        return Optional.empty();
      }
      recovery.start(snapshot);
    }
    long[] expected = {start};
    view.events(
        start + 1,
        (number, event, _) -> {
          if (number > end || number != ++expected[0]) {
            return false;
          }
          recovery.add((PageDelta) event);
          return true;
        });
    return expected[0] == end ? Optional.of(base(end, recovery.finish())) : Optional.empty();
  }

  private static Base base(long sequenceNr, StoredObject stored) {
    long alarmMillis = stored.alarm().orElse(DeltaHeader.NO_ALARM);
    ImageSnapshot.Header header =
        new ImageSnapshot.Header(
            stored.txSeq(), stored.epoch(), stored.hashes().sum(), alarmMillis);
    StoredObject.StoredChunks chunks = stored.log().chunks();
    return new Base(
        sequenceNr, ImageSnapshot.of(stored.image(), header, chunks.map(), chunks.dirty()));
  }

  /// Finds the last commit up to a time.
  private static final class OldEvents {
    private final long untilMillis;
    private @Nullable DeltaHeader last;
    private long lastNumber;
    private long continued;
    private long epoch;
    private boolean younger;

    OldEvents(long untilMillis) {
      this.untilMillis = untilMillis;
    }

    /// The number of the last event of that commit, 0 if there is none.
    long end() {
      return younger ? continued : lastNumber;
    }

    boolean add(long number, Object event) {
      if (!(event instanceof PageDelta part)) {
        // Not of an object.
        lastNumber = 0;
        return false;
      }
      DeltaHeader header = part.header();
      if (header.epoch() >= epoch) {
        epoch = header.epoch();
        follow(header);
        if (header.wallMillis() <= untilMillis && header.has(DeltaHeader.LAST)) {
          last = header;
          lastNumber = number;
        }
      }
      younger = header.wallMillis() > untilMillis;
      return !younger;
    }

    /// The event after the last commit: continues it, or takes its place.
    private void follow(DeltaHeader next) {
      if (last != null && next.txSeq() == last.txSeq() + 1) {
        continued = lastNumber;
      } else if (last != null && next.txSeq() == last.txSeq() && next.epoch() > last.epoch()) {
        last = null;
        lastNumber = 0;
      }
    }
  }
}
