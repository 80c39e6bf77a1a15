package io.holdfast.node.object;

import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.pg1.PageDelta;
import io.holdfast.persistence.writer.Recovery;
import io.holdfast.persistence.writer.StoredObject;
import io.holdfast.protocol.event.AlarmChange;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// The stored events of one object, on a way that delays, loses and reorders: an append may be
/// refused, lost, stored without an answer, stored after its sender was told that it failed, or
/// after its sender is dead.
final class SimulatedJournal {
  /// Where the writers are.
  enum Reach {
    /// All in one process: a reader sees what its predecessors sent, as the embedded journal
    /// answers a replay only after the writes in its queue.
    ONE_PROCESS,

    /// On several machines: what a predecessor sent may be stored after the reader has read.
    SEVERAL_MACHINES
  }

  private static final String OBJECT = "app.simulated/0123";
  private static final int LATE_MICROS_MAX = 20_000;

  private enum Fate {
    STORED,
    STORED_THOUGH_FAILED,
    LOST
  }

  private final class Append {
    final SimulatedLife from;
    final PageDelta part;
    final IntConsumer stored;
    final Runnable failed;
    Fate fate = Fate.STORED;

    Append(SimulatedLife from, PageDelta part, IntConsumer stored, Runnable failed) {
      this.from = from;
      this.part = part;
      this.stored = stored;
      this.failed = failed;
    }

    void arrive() {
      if (!onTheirWay.remove(this)) {
        return;
      }
      if (fate == Fate.LOST) {
        time.within(2_000, failed);
        return;
      }
      log.add(part.bytes());
      epochs.add(part.header().epoch());
      change(part.alarmChange());
      int position = log.size();
      if (fate == Fate.STORED) {
        time.within(2_000, () -> stored.accept(position));
      }
    }
  }

  private final SimulatedTime time;
  private final Reach reach;
  private final List<byte[]> log = new ArrayList<>();
  private final Set<Append> onTheirWay = new LinkedHashSet<>();
  private final Set<Long> epochs = new LinkedHashSet<>();
  private final TreeMap<Integer, byte[]> snapshots = new TreeMap<>();
  private OptionalLong indexedAlarm = OptionalLong.empty();
  private boolean faulty = true;

  SimulatedJournal(SimulatedTime time, Reach reach) {
    this.time = time;
    this.reach = reach;
  }

  Reach reach() {
    return reach;
  }

  /// From now on everything arrives and is answered.
  void works() {
    faulty = false;
  }

  /// @param stored gets the number of events in the journal up to this one
  /// @param failed whether it is stored is unknown then
  void append(SimulatedLife from, PageDelta part, IntConsumer stored, Runnable failed) {
    Append append = new Append(from, part, stored, failed);
    onTheirWay.add(append);
    if (faulty && time.once(60)) {
      append.fate = Fate.LOST;
    } else if (faulty && time.once(60)) {
      append.fate = Fate.STORED_THOUGH_FAILED;
      time.within(LATE_MICROS_MAX, failed);
    }
    time.within(faulty && time.once(20) ? LATE_MICROS_MAX : 1_000, append::arrive);
  }

  /// Whether an event of this epoch is stored, so that every later reader takes a higher one.
  boolean knows(long epoch) {
    return epochs.contains(epoch);
  }

  /// A writer has died. What it sent is still on its way, but where nothing could tell it from what
  /// its successor sends: there the lease (DESIGN 7) and the order of the embedded journal see to
  /// it that it has arrived, or never does, before anybody reads.
  void died(SimulatedLife writer) {
    boolean settle = reach == Reach.ONE_PROCESS || !knows(writer.epoch());
    List.copyOf(onTheirWay).stream()
        .filter(append -> append.from == writer)
        .forEach(append -> {
          if (faulty && time.once(3)) {
            append.fate = Fate.LOST;
          }
          if (settle) {
            append.arrive();
          }
        });
  }

  void saveSnapshot(int position, ImageSnapshot snapshot) {
    if (time.once(5)) {
      return;
    }
    time.within(
        LATE_MICROS_MAX,
        () -> {
          snapshots.put(position, snapshot.bytes());
          if (snapshots.size() > 2) {
            snapshots.pollFirstEntry();
          }
        });
  }

  StoredObject recover() {
    return snapshots.isEmpty() ? recoverFromTheStart() : recoverFromSnapshot();
  }

  private StoredObject recoverFromSnapshot() {
    Recovery recovery = new Recovery(OBJECT);
    recovery.start(ImageSnapshot.parse(snapshots.lastEntry().getValue()));
    return replayed(recovery, snapshots.lastKey());
  }

  StoredObject recoverFromTheStart() {
    return replayed(new Recovery(OBJECT), 0);
  }

  private StoredObject replayed(Recovery recovery, int from) {
    log.subList(from, log.size()).forEach(bytes -> recovery.add(PageDelta.parse(bytes)));
    return recovery.finish();
  }

  int length() {
    return log.size();
  }

  /// What the alarm index says, which is written with the events.
  OptionalLong indexedAlarm() {
    return indexedAlarm;
  }

  private void change(@Nullable AlarmChange change) {
    switch (change) {
      case null -> {}
      case AlarmChange.Set set -> indexedAlarm = OptionalLong.of(set.atMillis());
      case AlarmChange.Cleared _ -> indexedAlarm = OptionalLong.empty();
    }
  }
}
