package io.holdfast.persistence.history;

import io.holdfast.persistence.store.StoredRows;
import io.holdfast.persistence.store.StoredRows.SnapshotMark;
import io.holdfast.persistence.store.StoredRows.View;
import io.holdfast.persistence.writer.SnapshotTrim;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongFunction;

/*
 * What is kept
 * ------------
 * The base is the newest snapshot whose last commit is as old as the retention. Every state that was current within the retention is
 * the base with events after it, so what lies before the base goes: older snapshots, and the events that are in the
 * base. Without such a snapshot nothing goes; objects that write too little to have one get it by IdleBase. The base itself never goes before a younger snapshot is old enough to take
 * its place, so an object that sleeps for years keeps the one it starts from.
 *
 * Between the base and now a busy object saves far more snapshots than a restore needs. The newest two stay. The one that
 * falls out of these two goes too, unless the events between the snapshots before and after it are more than `spacing`:
 * replay-bytes-max, or twice a snapshot if that is more. So a restore replays about that much, and snapshots take at most
 * about as much room as the events that have to be kept anyway.
 *
 * With retention 0 the newest two snapshots stay, and the events after the older of them.
 */

/// Deletes the history of an object that is older than the retention, and snapshots in between that
/// are too close to one another. Thread-safe.
///
/// Each call does a bounded amount of work; what is left waits for the next. Safe to repeat and to
/// run beside the object's writer.
public final class HistoryTrim implements SnapshotTrim {
  private static final int SNAPSHOTS_MAX = 32;

  private final StoredRows rows;
  private final HistoryConfig config;
  private final InstantSource clock;
  private final IdleBase idleBase;

  public HistoryTrim(StoredRows rows, HistoryConfig config, InstantSource clock) {
    this.rows = rows;
    this.config = config;
    this.clock = clock;
    this.idleBase = new IdleBase(rows, config, clock);
  }

  /// What goes.
  ///
  /// @param eventsTo the number of the last event that goes, 0 if none does
  private record Plan(long eventsTo, List<Long> snapshots) {
    boolean isEmpty() {
      return eventsTo == 0 && snapshots.isEmpty();
    }
  }

  @Override
  public CompletionStage<?> afterSnapshot(
      String persistenceId, long previous, LongFunction<CompletionStage<?>> deleteBefore) {
    return trim(persistenceId, this::afterSnapshot);
  }

  /// Deletes what is older than the retention, after saving the snapshot that it takes; completes
  /// with whether there was anything.
  CompletableFuture<Boolean> old(String persistenceId) {
    return idleBase.save(persistenceId).thenCompose(_ -> trim(persistenceId, this::old));
  }

  private CompletableFuture<Boolean> trim(String persistenceId, StoredRows.Read<Plan> planner) {
    return rows.read(persistenceId, planner)
        .thenCompose(plan ->
            plan.isEmpty()
                ? CompletableFuture.completedFuture(false)
                : rows.delete(persistenceId, plan.eventsTo, plan.snapshots).thenApply(_ -> true));
  }

  private Plan afterSnapshot(View view) {
    Plan old = old(view);
    Optional<Long> close = tooClose(view);
    if (close.isPresent() && !old.snapshots.contains(close.get())) {
      old.snapshots.add(close.get());
    }
    return old;
  }

  private Plan old(View view) {
    List<Long> snapshots = new ArrayList<>();
    Optional<SnapshotMark> first = view.snapshotFrom(0);
    if (first.isEmpty()) {
      return new Plan(0, snapshots);
    }
    SnapshotMark base = first.get();
    Optional<SnapshotMark> next = view.snapshotFrom(base.sequenceNr() + 1);
    while (next.isPresent() && snapshots.size() < SNAPSHOTS_MAX && mayBeBase(view, next.get())) {
      snapshots.add(base.sequenceNr());
      base = next.get();
      next = view.snapshotFrom(base.sequenceNr() + 1);
    }
    return new Plan(mayBeBase(view, base) ? eventsTo(view, base) : 0, snapshots);
  }

  private static long eventsTo(View view, SnapshotMark base) {
    long first = view.firstEvent().orElse(Long.MAX_VALUE);
    return first <= base.sequenceNr() ? base.sequenceNr() : 0;
  }

  private boolean mayBeBase(View view, SnapshotMark snapshot) {
    return config.isOn()
        ? isOld(view, snapshot)
        : view.snapshotFrom(snapshot.sequenceNr() + 1).isPresent();
  }

  private boolean isOld(View view, SnapshotMark snapshot) {
    return StoredHistory.time(view, snapshot) <= clock.millis() - config.retention().toMillis();
  }

  /// The snapshot that has fallen out of the newest two, if history does without it.
  private Optional<Long> tooClose(View view) {
    Optional<SnapshotMark> newest = view.snapshotUpTo(Long.MAX_VALUE);
    Optional<SnapshotMark> second = before(view, newest);
    Optional<SnapshotMark> third = before(view, second);
    if (second.isEmpty() || third.isEmpty() || (config.isOn() && isOld(view, third.get()))) {
      return Optional.empty();
    }
    Optional<SnapshotMark> fourth = before(view, third);
    if (fourth.isEmpty() && view.firstEvent().orElse(Long.MAX_VALUE) > 1) {
      return Optional.empty();
    }
    long from = fourth.map(SnapshotMark::sequenceNr).orElse(0L) + 1;
    long spacing = Math.max(config.replayBytesMax(), 2L * second.get().bytes());
    return view.eventBytes(from, second.get().sequenceNr(), spacing) <= spacing
        ? Optional.of(third.get().sequenceNr())
        : Optional.empty();
  }

  private static Optional<SnapshotMark> before(View view, Optional<SnapshotMark> snapshot) {
    return snapshot.isPresent()
        ? view.snapshotUpTo(snapshot.get().sequenceNr() - 1)
        : Optional.empty();
  }
}
