package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.protocol.event.AlarmIndex.DueAlarm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What is decided about alarms, with times that the test makes up.
class AlarmPlanTest {
  private static final long NOW = 1_000_000;
  private static final int RUNS_MAX = 8;

  private final AlarmPlan plan =
      new AlarmPlan(new AlarmSettings(Duration.ofSeconds(2), RUNS_MAX, 1), new Random(5));

  private AlarmPlan.Run met(String key) {
    AlarmPlan.Run run = plan.met(new DueAlarm(key, NOW));
    assertThat(run).as("run of %s", key).isNotNull();
    return run;
  }

  private AlarmPlan.Run begun(String key, long now) {
    AlarmPlan.Run run =
        plan.waitingUntil(now).stream()
            .filter(each -> each.key().equals(key))
            .findAny()
            .orElseThrow();
    assertThat(plan.begin(run)).isTrue();
    return run;
  }

  @Test
  void retriesAfterTwoSecondsUpToSixtyFourWithAQuarterOfJitterAtMost() {
    AlarmPlan.Run run = met("a");
    long now = NOW;
    List<Long> gaps = new ArrayList<>();
    for (int retry = 1; retry <= AlarmPlan.RETRIES_MAX; retry++) {
      assertThat(plan.ended(run, new AlarmEnd.Failed(), now)).isTrue();
      long next = plan.nextMillis();
      assertThat(plan.waitingUntil(next - 1)).isEmpty();
      gaps.add(next - now);
      now = next;
      run = begun("a", now);
      assertThat(run.retryCount()).isEqualTo(retry);
    }
    long doubled = 2_000;
    for (long gap : gaps) {
      assertThat(gap).isBetween(doubled, doubled + doubled / 4);
      doubled *= 2;
    }
    assertThat(gaps).hasSize(6);
  }

  @Test
  void failuresOfWhatItRunsOnDoNotCountAndAreRepeatedForeverWithABoundedPause() {
    AlarmPlan.Run run = met("a");
    long now = NOW;
    long gap = 0;
    for (int i = 0; i < 30; i++) {
      plan.unreachable(run, now);
      gap = plan.nextMillis() - now;
      now = plan.nextMillis();
      run = begun("a", now);
      assertThat(run.retryCount()).isZero();
    }
    assertThat(gap).isBetween(2_000L << 9, (2_000L << 9) * 5 / 4);
  }

  @Test
  void aClockThatIsSetBackLetsNothingWaitByTheClockBefore() {
    AlarmPlan.Run failed = met("a");
    AlarmPlan.Run moved = met("b");
    plan.set("b", NOW);
    plan.ended(failed, new AlarmEnd.Failed(), NOW);
    plan.ended(moved, new AlarmEnd.Done(), NOW);
    long before = NOW - 1_000_000;
    plan.clockWasSetBack(before);
    assertThat(plan.waitingUntil(before)).extracting(AlarmPlan.Run::key).containsExactly("a", "b");
    assertThat(begun("a", before).retryCount()).isEqualTo(1);
  }

  @Test
  void anAlarmSetAnewTakesThePlaceOfARetryAndCountsFromZero() {
    AlarmPlan.Run failed = met("a");
    plan.ended(failed, new AlarmEnd.Failed(), NOW);
    plan.set("a", NOW + 60_000);
    assertThat(plan.waitingUntil(NOW + 50_000)).isEmpty();
    assertThat(met("a").retryCount()).isZero();
  }

  @Test
  void anAlarmSetBehindWhatWasReadIsNotMissed() {
    met("a");
    plan.set("b", NOW - 5);
    assertThat(begun("b", NOW).retryCount()).isZero();
  }

  @Test
  void anAlarmSetWhileTheIndexIsReadIsNotMissed() {
    assertThat(plan.readOn(NOW)).isEqualTo(DueAlarm.NONE);
    plan.set("b", NOW - 5);
    AlarmPlan.Run first = plan.met(new DueAlarm("a", NOW));
    plan.read();
    assertThat(first).isNotNull();
    assertThat(begun("b", NOW)).isNotNull();
  }

  @Test
  void neverBeginsTheSameAlarmTwice() {
    AlarmPlan.Run run = met("a");
    assertThat(plan.met(new DueAlarm("a", NOW))).isNull();
    plan.set("a", NOW - 1);
    assertThat(plan.waitingUntil(NOW)).isEmpty();
    assertThat(plan.begin(run)).isFalse();
    plan.ended(run, new AlarmEnd.Done(), NOW);
    assertThat(plan.waitingUntil(NOW)).as("asked for once more").hasSize(1);
  }

  @Test
  void anAlarmThatWasSettledWhileTheIndexWasReadIsAskedForBeforeItRunsAgain() {
    AlarmPlan.Run run = met("a");
    plan.readAgain();
    plan.readOn(NOW);
    plan.ended(run, new AlarmEnd.Done(), NOW);
    assertThat(plan.met(new DueAlarm("a", NOW))).as("a row read before the end").isNull();
    plan.read();
    plan.forget(plan.waitingUntil(NOW).getFirst());
    assertThat(plan.nextMillis()).isEqualTo(Long.MAX_VALUE);
    assertThat(met("a")).as("set anew").isNotNull();
  }

  @Test
  void aRunThatWasReplacedWhileTheIndexWasAskedDoesNotBegin() {
    AlarmPlan.Run failed = met("a");
    plan.ended(failed, new AlarmEnd.Failed(), NOW);
    AlarmPlan.Run waiting = plan.waitingUntil(NOW + 5_000).getFirst();
    plan.set("a", NOW - 1);
    assertThat(plan.begin(waiting)).isFalse();
    assertThat(begun("a", NOW)).isNotSameAs(waiting);
  }

  @Test
  void theEndsOfACrowdAskForALookOnceAQuarterIsFree() {
    List<AlarmPlan.Run> runs = new ArrayList<>();
    for (int i = 0; i < RUNS_MAX; i++) {
      runs.add(met("a" + i));
    }
    assertThat(plan.room()).isZero();
    plan.set("behind", NOW - 1);
    assertThat(plan.nextMillis()).isEqualTo(Long.MAX_VALUE);
    assertThat(plan.ended(runs.get(0), new AlarmEnd.Done(), NOW)).isFalse();
    assertThat(plan.ended(runs.get(1), new AlarmEnd.Done(), NOW)).isTrue();
    assertThat(plan.room()).isEqualTo(2);
    assertThat(plan.ended(runs.get(2), new AlarmEnd.Done(), NOW))
        .as("nobody waits for room")
        .isFalse();
  }
}
