package io.holdfast.cassandra.store;

import static io.holdfast.persistence.store.StoredFutures.joined;

import io.holdfast.persistence.pg1.PageDelta;
import io.holdfast.persistence.store.EventIndex;
import io.holdfast.protocol.ByJurisdiction;
import io.holdfast.protocol.event.AlarmChange;
import io.holdfast.protocol.event.AlarmIndex;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/// Which objects there are and which alarms are due, in tables beside the events. Thread-safe.
public final class CassandraIndex implements EventIndex, AlarmIndex {
  /// Alarms are spread over so many slots, which the nodes of a region share out.
  public static final int SLOTS = 16;

  private static final Comparator<DueAlarm> ORDER =
      Comparator.comparingLong(DueAlarm::atMillis).thenComparing(DueAlarm::objectKey);

  private final ByJurisdiction<IndexTable> tables;
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private volatile IntPredicate mine = _ -> true;
  private volatile Listener elsewhere = (_, _) -> {};

  CassandraIndex(ByJurisdiction<IndexTable> tables) {
    this.tables = tables;
  }

  /// The slot of an object's alarm, from 0.
  public static int slot(String objectKey) {
    return Math.floorMod(objectKey.hashCode(), SLOTS);
  }

  /// Looks only at the alarms of these slots from now on.
  ///
  /// @param other is told of alarms of other slots that were set here
  public void look(IntPredicate slots, Listener other) {
    mine = slots;
    elsewhere = other;
  }

  private IntStream mySlots() {
    return IntStream.range(0, SLOTS).filter(mine);
  }

  private Collection<IndexTable> all() {
    return tables.parts().values();
  }

  // ---- beside the events
  // --------------------------------------------------------------------------------------

  @Override
  public CompletionStage<Void> beforeEvent(String objectKey, long sequenceNr, PageDelta event) {
    return tables.of(objectKey).beforeEvent(objectKey, sequenceNr, event);
  }

  @Override
  public void afterEvent(String objectKey, OptionalLong previousAlarm, PageDelta event) {
    AlarmChange change = event.alarmChange();
    if (change != null) {
      tables.of(objectKey).afterEvent(objectKey, previousAlarm, event, change);
      if (change instanceof AlarmChange.Set set) {
        tell(objectKey, set.atMillis());
      }
    }
  }

  private void tell(String objectKey, long atMillis) {
    if (mine.test(slot(objectKey))) {
      listeners.forEach(listener -> listener.alarmSet(objectKey, atMillis));
    } else {
      elsewhere.alarmSet(objectKey, atMillis);
    }
  }

  @Override
  public void recovered(String objectKey, long epoch, OptionalLong alarm) {
    if (alarm.isPresent()) {
      IndexTable.inBackground(
          objectKey,
          tables
              .of(objectKey)
              .recovered(objectKey, epoch, alarm.getAsLong())
              .thenRun(() -> tell(objectKey, alarm.getAsLong())));
    }
  }

  // ---- which alarms are due
  // -----------------------------------------------------------------------------------

  @Override
  public List<DueAlarm> dueAfter(DueAlarm after, long millis, int max) {
    return ofMySlots((table, slot) -> table.dueAfter(slot, after, millis, max)).stream()
        .flatMap(List::stream)
        .sorted(ORDER)
        .limit(max)
        .toList();
  }

  @Override
  public OptionalLong earliestAfter(long millis) {
    return ofMySlots((table, slot) -> table.earliestAfter(slot, millis)).stream()
        .flatMapToLong(OptionalLong::stream)
        .min();
  }

  /** Asks for all slots of all tables at once. */
  private <T> List<T> ofMySlots(BiFunction<IndexTable, Integer, CompletableFuture<T>> question) {
    List<CompletableFuture<T>> answers =
        all().stream()
            .flatMap(table -> mySlots().mapToObj(slot -> question.apply(table, slot)))
            .toList();
    return answers.stream().map(answer -> joined(answer)).toList();
  }

  /// Tells of each alarm of another region, in the slots that are looked at here. Blocks.
  public void eachAlarm(String ofRegion, Consumer<DueAlarm> alarm) {
    for (IndexTable table : all()) {
      mySlots().forEach(slot -> table.eachAlarm(ofRegion, slot, alarm));
    }
  }

  @Override
  public OptionalLong alarmOf(String objectKey) {
    return tables.of(objectKey).alarmOf(objectKey);
  }

  @Override
  public void forget(DueAlarm alarm) {
    tables.of(alarm.objectKey()).forget(alarm);
  }

  @Override
  public Subscription onSet(Listener listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }
}
