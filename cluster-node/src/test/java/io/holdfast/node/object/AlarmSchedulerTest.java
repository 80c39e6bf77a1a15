package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.protocol.event.AlarmIndex;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Which alarms are run when, on an index and with runs that the test decides about.
class AlarmSchedulerTest {
  private static final NamespaceId NAMESPACE = new NamespaceId("app", "things");
  private static final ObjectIds IDS = new ObjectIds(NAMESPACE);
  private static final int RUNS_MAX = 20;

  private volatile Duration clockIsOffBy = Duration.ZERO;
  private final Index index = new Index();
  private final List<Run> runs = new CopyOnWriteArrayList<>();
  private final AlarmScheduler scheduler =
      new AlarmScheduler(
          index,
          runner(),
          () -> Instant.now().plus(clockIsOffBy),
          new Random(41),
          new AlarmSettings(Duration.ofMillis(50), RUNS_MAX, 1));

  /** A run, or with a generation the end of an alarm without one. */
  private record Run(
      String key, int retryCount, OptionalLong generation, CompletableFuture<AlarmEnd> reply) {}

  private AlarmScheduler.Runner runner() {
    return new AlarmScheduler.Runner() {
      @Override
      public CompletableFuture<AlarmEnd> run(ObjectAddress target, int retryCount) {
        return begun(target, retryCount, OptionalLong.empty());
      }

      @Override
      public CompletableFuture<AlarmEnd> abandon(ObjectAddress target, long generation) {
        return begun(target, 0, OptionalLong.of(generation));
      }
    };
  }

  private CompletableFuture<AlarmEnd> begun(
      ObjectAddress target, int retryCount, OptionalLong generation) {
    Run run = new Run(target.key(), retryCount, generation, new CompletableFuture<>());
    runs.add(run);
    return run.reply;
  }

  /// An index in memory that counts its readers.
  private static final class Index implements AlarmIndex {
    private static final Comparator<DueAlarm> ORDER =
        Comparator.comparingLong(DueAlarm::atMillis).thenComparing(DueAlarm::objectKey);

    final AtomicInteger looks = new AtomicInteger();
    final AtomicInteger rowsRead = new AtomicInteger();
    private final AtomicInteger failures = new AtomicInteger();
    private final Map<String, Long> alarms = new HashMap<>();
    private @Nullable Listener listener;

    void failsNext(int times) {
      failures.set(times);
    }

    private void look() {
      looks.incrementAndGet();
      if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        throw new HoldfastException(ErrorCode.STORAGE_FAILED, "as it was told");
      }
    }

    void set(String key, long atMillis) {
      Listener told;
      synchronized (this) {
        alarms.put(key, atMillis);
        told = listener;
      }
      if (told != null) {
        told.alarmSet(key, atMillis);
      }
    }

    synchronized void setElsewhere(String key, long atMillis) {
      alarms.put(key, atMillis);
    }

    synchronized void clear(String key) {
      alarms.remove(key);
    }

    @Override
    public synchronized List<DueAlarm> dueAfter(DueAlarm after, long millis, int max) {
      look();
      List<DueAlarm> due =
          alarms.entrySet().stream()
              .map(entry -> new DueAlarm(entry.getKey(), entry.getValue()))
              .filter(alarm -> alarm.atMillis() <= millis && ORDER.compare(alarm, after) > 0)
              .sorted(ORDER)
              .limit(max)
              .toList();
      rowsRead.addAndGet(due.size());
      return due;
    }

    @Override
    public synchronized OptionalLong earliestAfter(long millis) {
      look();
      return alarms.values().stream().mapToLong(Long::longValue).filter(at -> at > millis).min();
    }

    @Override
    public synchronized OptionalLong alarmOf(String objectKey) {
      look();
      Long at = alarms.get(objectKey);
      return at == null ? OptionalLong.empty() : OptionalLong.of(at);
    }

    @Override
    public synchronized void forget(DueAlarm alarm) {
      alarms.remove(alarm.objectKey(), alarm.atMillis());
    }

    @Override
    public synchronized Subscription onSet(Listener told) {
      listener = told;
      return () -> listener = null;
    }
  }

  @AfterEach
  void close() {
    scheduler.close();
  }

  private static String key(String name) {
    return new ObjectAddress(NAMESPACE, IDS.named(name)).key();
  }

  private void due(String name) {
    index.set(key(name), System.currentTimeMillis() - 1);
  }

  private Run awaitRun(int number) {
    Awaitility.await()
        .alias("run " + number)
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> runs.size() >= number);
    return runs.get(number - 1);
  }

  private void succeed(Run run) {
    index.clear(run.key);
    run.reply.complete(new AlarmEnd.Done());
  }

  private void assertRests() {
    int before = index.looks.get();
    Awaitility.await()
        .pollDelay(Duration.ofMillis(300))
        .atMost(Duration.ofSeconds(5))
        .until(() -> true);
    assertThat(index.looks.get() - before).as("looks into the index within 300 ms").isLessThan(10);
  }

  @Test
  void runsWhatIsDueAtTheStartAndWhatIsSetLater() {
    due("a");
    scheduler.start();
    assertThat(awaitRun(1).key).isEqualTo(key("a"));
    succeed(runs.getFirst());
    due("b");
    assertThat(awaitRun(2).key).isEqualTo(key("b"));
    succeed(runs.get(1));
    assertRests();
    assertThat(runs).hasSize(2);
  }

  @Test
  void runsWhatIsDueOnceTheClockWasSetForward() {
    index.set(key("a"), Instant.now().plus(Duration.ofHours(1)).toEpochMilli());
    scheduler.start();
    assertRests();
    assertThat(runs).isEmpty();
    clockIsOffBy = Duration.ofHours(1);
    assertThat(awaitRun(1).key).isEqualTo(key("a"));
  }

  @Test
  void looksForWhatWasSetElsewhereOnceTheClockWasSetBack() {
    clockIsOffBy = Duration.ofHours(2);
    scheduler.start();
    assertRests();
    index.setElsewhere(key("a"), System.currentTimeMillis());
    clockIsOffBy = Duration.ZERO;
    assertThat(awaitRun(1).key).isEqualTo(key("a"));
    assertRests();
  }

  @Test
  void repeatsAFailedRunSoonAlthoughTheClockWasSetBack() {
    clockIsOffBy = Duration.ofHours(2);
    scheduler.start();
    due("a");
    awaitRun(1).reply.complete(new AlarmEnd.Failed());
    clockIsOffBy = Duration.ZERO;
    assertThat(awaitRun(2).retryCount).isEqualTo(1);
  }

  @Test
  void anAlarmThatIsNotDueByTheClockOfItsObjectIsRunAgainWhenItIs() {
    scheduler.start();
    due("a");
    OptionalLong at = index.alarmOf(key("a"));
    awaitRun(1).reply.complete(new AlarmEnd.NotDue(at, 30));
    Run again = awaitRun(2);
    assertThat(again.retryCount).isZero();
    assertThat(index.alarmOf(key("a"))).isEqualTo(at);
    succeed(again);
    assertRests();
  }

  @Test
  void oneThatWasSetForTheTimeOfTheOneThatRanIsRun() {
    scheduler.start();
    due("a");
    awaitRun(1).reply.complete(new AlarmEnd.Failed());
    awaitRun(2).reply.complete(new AlarmEnd.Again());
    Run again = awaitRun(3);
    assertThat(again.retryCount).isZero();
    succeed(again);
    assertRests();
    assertThat(runs).hasSize(3);
  }

  @Test
  void anAlarmOfWhichItsObjectDoesNotKnowIsForgotten() {
    index.setElsewhere(key("a"), 5);
    scheduler.start();
    awaitRun(1).reply.complete(new AlarmEnd.NotDue(OptionalLong.empty(), Long.MAX_VALUE));
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> index.alarmOf(key("a")).isEmpty());
    assertRests();
    assertThat(runs).hasSize(1);
  }

  @Test
  void runsAnAlarmOnceWhileItIsUnderWay() {
    scheduler.start();
    due("a");
    awaitRun(1);
    due("a");
    due("b");
    awaitRun(2);
    assertRests();
    assertThat(runs).extracting(Run::key).containsExactly(key("a"), key("b"));
  }

  @Test
  void repeatsAFailedRunWithAHigherCountAndAnUnreachableOneWithTheSame() {
    scheduler.start();
    due("a");
    awaitRun(1).reply.complete(new AlarmEnd.Failed());
    assertThat(awaitRun(2).retryCount).isEqualTo(1);
    runs.get(1)
        .reply
        .completeExceptionally(new HoldfastException(ErrorCode.OBJECT_UNAVAILABLE, "away"));
    assertThat(awaitRun(3).retryCount).isEqualTo(1);
    succeed(runs.get(2));
    due("a");
    assertThat(awaitRun(4).retryCount).isZero();
  }

  @Test
  void forgetsARetryWhoseAlarmWasDeletedAndRests() {
    scheduler.start();
    due("a");
    Run run = awaitRun(1);
    index.clear(run.key);
    run.reply.complete(new AlarmEnd.Failed());
    assertRestsLater();
    assertThat(runs).hasSize(1);
    due("a");
    assertThat(awaitRun(2).retryCount).isZero();
  }

  @Test
  void forgetsARetryWhoseAlarmWasMovedAwayAndRests() {
    scheduler.start();
    due("a");
    Run run = awaitRun(1);
    index.set(run.key, System.currentTimeMillis() + 600_000);
    run.reply.complete(new AlarmEnd.Failed());
    assertRestsLater();
    assertThat(runs).hasSize(1);
    due("a");
    assertThat(awaitRun(2).retryCount).isZero();
  }

  /// After the time of the retry has come.
  private void assertRestsLater() {
    Awaitility.await()
        .pollDelay(Duration.ofMillis(200))
        .atMost(Duration.ofSeconds(5))
        .until(() -> true);
    assertRests();
  }

  @Test
  void aFailedRunDoesNotDelayAnAlarmSetAnew() {
    scheduler.start();
    due("a");
    for (int i = 1; i <= 4; i++) {
      awaitRun(i).reply.complete(new AlarmEnd.Failed());
    }
    due("a");
    assertThat(awaitRun(5).retryCount).isZero();
  }

  @Test
  void runsNoMoreThanItMayAtOneTimeAndAllInTheEnd() {
    int all = 5 * RUNS_MAX;
    for (int i = 0; i < all; i++) {
      due("many-" + i);
    }
    scheduler.start();
    awaitRun(RUNS_MAX);
    assertRests();
    for (int i = 0; i < all; i++) {
      Run run = awaitRun(i + 1);
      assertThat(runs.stream().filter(each -> !each.reply.isDone()).count())
          .isLessThanOrEqualTo(RUNS_MAX);
      succeed(run);
    }
    assertThat(runs.stream().map(Run::key)).doesNotHaveDuplicates().hasSize(all);
    assertRests();
  }

  @Test
  void readsEachRowOfACrowdOnceHoweverManyRunsEnd() {
    int all = 50 * RUNS_MAX;
    for (int i = 0; i < all; i++) {
      due("many-" + i);
    }
    scheduler.start();
    for (int i = 0; i < all; i++) {
      succeed(awaitRun(i + 1));
    }
    assertRests();
    assertThat(index.rowsRead.get()).isEqualTo(all);
  }

  @Test
  void oneSetInThePastWhileItRunsIsRunAfterIt() {
    scheduler.start();
    due("a");
    Run first = awaitRun(1);
    index.set(first.key, 5);
    first.reply.complete(new AlarmEnd.Done());
    Run second = awaitRun(2);
    assertThat(second.retryCount).isZero();
    succeed(second);
    assertRests();
    assertThat(runs).hasSize(2);
  }

  @Test
  void removesAnAbandonedAlarmAndDoesNotRunItAgain() {
    scheduler.start();
    due("a");
    Run run = awaitRun(1);
    run.reply.complete(new AlarmEnd.Abandoned(17));
    Run removal = awaitRun(2);
    assertThat(removal.generation).hasValue(17);
    removal.reply.completeExceptionally(
        new HoldfastException(ErrorCode.OBJECT_UNAVAILABLE, "away"));
    Run again = awaitRun(3);
    assertThat(again.generation).hasValue(17);
    succeed(again);
    assertRests();
    assertThat(runs).hasSize(3);
  }

  @Test
  void aNewerAlarmThatWasQueuedOutlivesAnAbandonedOne() {
    scheduler.start();
    due("a");
    Run run = awaitRun(1);
    long later = System.currentTimeMillis() + 200;
    index.set(run.key, later);
    run.reply.complete(new AlarmEnd.Abandoned(1));
    Run newer = awaitRun(2);
    assertThat(System.currentTimeMillis()).isGreaterThanOrEqualTo(later);
    assertThat(newer.generation).isEmpty();
    assertThat(newer.retryCount).isZero();
  }

  @Test
  void anIndexThatFailsForAWhileLosesNoAlarm() {
    index.failsNext(3);
    due("a");
    scheduler.start();
    awaitRun(1).reply.complete(new AlarmEnd.Failed());
    index.failsNext(1);
    assertThat(awaitRun(2).retryCount).isEqualTo(1);
  }

  @Test
  void aHundredThousandPendingAlarmsAreNotEvenRead() {
    long later = System.currentTimeMillis() + 3_600_000;
    for (int i = 0; i < 100_000; i++) {
      index.set("pending-" + i, later + i);
    }
    scheduler.start();
    due("a");
    succeed(awaitRun(1));
    assertRests();
    assertThat(index.rowsRead.get()).isLessThanOrEqualTo(1);
    assertThat(runs).hasSize(1);
  }
}
