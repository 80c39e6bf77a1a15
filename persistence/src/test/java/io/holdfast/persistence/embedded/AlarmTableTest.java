package io.holdfast.persistence.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.protocol.event.AlarmChange;
import io.holdfast.protocol.event.AlarmIndex;
import io.holdfast.protocol.event.AlarmIndex.DueAlarm;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

@Timeout(60)
class AlarmTableTest {
  @TempDir Path directory;
  private final AtomicBoolean failAfterCommit = new AtomicBoolean();
  private EmbeddedStore store;
  private AlarmIndex alarms;
  private long number;

  @BeforeEach
  void open() {
    store = EmbeddedStore.open(directory, Stores.config("retry-interval = 1 ms"), hook());
    alarms = store.alarms();
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void isEmptyAtFirst() {
    assertThat(alarms.earliestAfter(-1)).isEmpty();
    assertThat(alarms.dueBy(Long.MAX_VALUE, 10)).isEmpty();
  }

  @Test
  void givesWhatIsDueInOrderOfTimeUpToTheStatedNumber() {
    set("b", 20);
    set("a", 30);
    set("c", 10);
    assertThat(alarms.earliestAfter(-1)).hasValue(10);
    assertThat(alarms.dueBy(9, 10)).isEmpty();
    assertThat(alarms.dueBy(20, 10)).containsExactly(new DueAlarm("c", 10), new DueAlarm("b", 20));
    assertThat(alarms.dueBy(Long.MAX_VALUE, 1)).containsExactly(new DueAlarm("c", 10));
  }

  @Test
  void aNewTimeReplacesTheOldWhateverItWas() {
    set("a", 50);
    set("a", 90);
    set("a", 70);
    set("a", 70);
    assertThat(alarms.dueBy(Long.MAX_VALUE, 10)).containsExactly(new DueAlarm("a", 70));
  }

  @Test
  void clearRemovesTheAlarmAndIsHarmlessWithoutOne() {
    set("a", 50);
    clear("a");
    clear("b");
    assertThat(alarms.earliestAfter(-1)).isEmpty();
  }

  @Test
  void changesOfOneObjectInOneGroupFollowOneAnother() {
    List<CompletableFuture<Void>> group =
        List.of(
            change(new AlarmChange.Set("a", 5)),
            change(new AlarmChange.Cleared("a")),
            change(new AlarmChange.Set("a", 8)),
            change(new AlarmChange.Set("a", 6)),
            change(new AlarmChange.Set("b", 7)),
            change(new AlarmChange.Cleared("b")));
    group.forEach(CompletableFuture::join);
    assertThat(alarms.dueBy(Long.MAX_VALUE, 10)).containsExactly(new DueAlarm("a", 6));
  }

  @Test
  void survivesReopening() {
    set("a", 50);
    set("b", 40);
    clear("b");
    store.close();
    open();
    assertThat(alarms.dueBy(Long.MAX_VALUE, 10)).containsExactly(new DueAlarm("a", 50));
  }

  @Test
  void anEarlierAlarmIsFoundAfterLaterOnesWereLookedAt() {
    set("a", 1000);
    assertThat(alarms.earliestAfter(-1)).hasValue(1000);
    set("b", 10);
    assertThat(alarms.earliestAfter(-1)).hasValue(10);
    clear("b");
    clear("a");
    assertThat(alarms.earliestAfter(-1)).isEmpty();
    set("c", 5);
    assertThat(alarms.earliestAfter(-1)).hasValue(5);
  }

  @Test
  void theListenerHearsOfAnAlarmWhenItCanBeFound() {
    ConcurrentLinkedQueue<OptionalLong> found = new ConcurrentLinkedQueue<>();
    AlarmIndex.Subscription subscription =
        alarms.onSet((objectKey, atMillis) -> found.add(alarms.earliestAfter(-1)));
    set("a", 50);
    clear("a");
    subscription.close();
    set("b", 60);
    assertThat(found).containsExactly(OptionalLong.of(50));
  }

  @Test
  void aListenerThatThrowsHarmsNobody() {
    alarms.onSet((objectKey, atMillis) -> {
      throw new IllegalStateException("a bug of the listener");
    });
    set("a", 50);
    set("a", 60);
    assertThat(store.fault()).isNull();
    assertThat(alarms.earliestAfter(-1)).hasValue(60);
  }

  @Test
  void anAlarmOfAFailedCommitThatIsInTheLogIsToldOfAfterReopening() throws Exception {
    set("later", 100);
    assertThat(alarms.earliestAfter(-1)).hasValue(100);
    CompletableFuture<Long> heard = new CompletableFuture<>();
    alarms.onSet((objectKey, atMillis) -> heard.complete(atMillis));
    failAfterCommit.set(true);
    assertThatThrownBy(() -> set("a", 7)).hasMessageContaining("injected");
    assertThat(heard.get()).isEqualTo(7);
    assertThat(alarms.earliestAfter(-1)).hasValue(7);
  }

  @Test
  void refusesATimeBeforeTheEpoch() {
    assertThatThrownBy(() -> new AlarmChange.Set("a", -1)).hasMessageContaining("found -1");
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void agreesWithAMapUnderRandomChanges(long seed) {
    Random random = new Random(seed);
    TreeMap<String, Long> model = new TreeMap<>();
    for (int step = 0; step < 400; step++) {
      String object = "object-" + random.nextInt(12);
      if (random.nextInt(3) == 0) {
        clear(object);
        model.remove(object);
      } else {
        long at = random.nextInt(1000);
        set(object, at);
        model.put(object, at);
      }
      assertThat(alarms.earliestAfter(-1))
          .as("seed %d step %d", seed, step)
          .isEqualTo(model.values().stream().mapToLong(Long::longValue).min());
      long from = random.nextInt(1000);
      long to = random.nextInt(1000);
      DueAlarm after = new DueAlarm("object-" + random.nextInt(12), from);
      assertThat(alarms.dueAfter(after, to, 5))
          .as("seed %d step %d after %s up to %d", seed, step, after, to)
          .isEqualTo(dueAfter(model, after, to, 5));
      assertThat(alarms.earliestAfter(from))
          .isEqualTo(
              model.values().stream().mapToLong(Long::longValue).filter(at -> at > from).min());
      assertThat(alarms.alarmOf(object))
          .isEqualTo(
              model.containsKey(object)
                  ? OptionalLong.of(model.get(object))
                  : OptionalLong.empty());
    }
    assertThat(alarms.dueBy(Long.MAX_VALUE, 100)).hasSameSizeAs(model.entrySet());
    assertThat(alarms.dueBy(Long.MAX_VALUE, 100))
        .allMatch(alarm -> model.get(alarm.objectKey()) == alarm.atMillis());
  }

  private void set(String objectKey, long atMillis) {
    change(new AlarmChange.Set(objectKey, atMillis)).join();
  }

  private void clear(String objectKey) {
    change(new AlarmChange.Cleared(objectKey)).join();
  }

  private CompletableFuture<Void> change(AlarmChange change) {
    number++;
    return Stores.append(store, "journal", number, 0, change);
  }

  private CommitHook hook() {
    return new CommitHook() {
      @Override
      public void afterCommit() throws RocksDBException {
        if (failAfterCommit.getAndSet(false)) {
          throw new RocksDBException(
              "injected", new Status(Status.Code.IOError, Status.SubCode.None, "injected"));
        }
      }
    };
  }

  private static List<DueAlarm> dueAfter(
      TreeMap<String, Long> model, DueAlarm after, long millis, int max) {
    Comparator<DueAlarm> order =
        Comparator.comparingLong(DueAlarm::atMillis).thenComparing(DueAlarm::objectKey);
    return model.entrySet().stream()
        .map(entry -> new DueAlarm(entry.getKey(), entry.getValue()))
        .filter(alarm -> alarm.atMillis() <= millis && order.compare(alarm, after) > 0)
        .sorted(order)
        .limit(max)
        .toList();
  }
}
