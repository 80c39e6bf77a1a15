package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.node.Answer;
import io.holdfast.node.HeldJournal;
import io.holdfast.node.NodeFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// An alarm fires at least once, never early, wherever its object is.
class AlarmTest {
  private static final int IDLE_MILLIS = 200;
  private static final int RETRY_MILLIS = 20;
  private static final int TIME_MAX_MILLIS = 2_000;

  /// What a machine with other work to do may take.
  private static final long LATE_MILLIS_MAX = 5_000;

  private static NodeFixture node;

  @BeforeAll
  static void start() {
    node =
        NodeFixture.with(
            "holdfast.objects.idle-timeout=" + IDLE_MILLIS + " ms",
            "holdfast.objects.alarm-time-max=" + TIME_MAX_MILLIS + " ms",
            "holdfast.alarms.retry-first=" + RETRY_MILLIS + " ms");
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @AfterEach
  void letAllWritesPass() {
    HeldJournal.mode(HeldJournal.Mode.PASS);
  }

  private static void ringIn(String name, long millis, String does) {
    assertThat(node.call("ringing", name, "ringIn", millis, does).ok()).isTrue();
  }

  private static List<JsonNode> rings(String name) {
    return rings(node.call("ringing", name, "rings"));
  }

  private static List<JsonNode> rings(Answer answer) {
    List<JsonNode> rings = new ArrayList<>();
    answer.value().forEach(rings::add);
    return rings;
  }

  /// Asks again also when a failing write of the object took the answer with it.
  private static List<JsonNode> awaitRings(String name, int count) {
    return rings(
        Awaitility.await()
            .alias(count + " rings of " + name)
            .atMost(Duration.ofSeconds(20))
            .pollInterval(Duration.ofMillis(25))
            .until(
                () -> node.call("ringing", name, "rings"),
                answer -> answer.ok() && rings(answer).size() >= count));
  }

  private static void awaitNoAlarm(String name) {
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> due(name) == 0);
  }

  private static long due(String name) {
    return node.call("ringing", name, "due").value().longValue();
  }

  private static void staysAt(String name, int rings) {
    Awaitility.await()
        .during(Duration.ofMillis(6 * RETRY_MILLIS))
        .atMost(Duration.ofSeconds(10))
        .until(() -> rings(name).size() == rings);
  }

  private static int retryCount(JsonNode ring) {
    return ring.path("retryCount").intValue();
  }

  private static void assertPunctual(JsonNode ring) {
    System.out.println("an alarm was " + ring.path("lateMillis") + " ms late");
    assertThat(ring.path("lateMillis").longValue()).isBetween(0L, LATE_MILLIS_MAX);
  }

  @Test
  void firesOnceAndNotEarlyWhenTheObjectIsInMemory() {
    ringIn("a", 150, "");
    JsonNode ring = awaitRings("a", 1).getFirst();
    assertPunctual(ring);
    assertThat(ring.path("name").asText()).isEqualTo("a");
    assertThat(ring.path("seen").longValue()).as("alarm() inside").isZero();
    awaitNoAlarm("a");
    staysAt("a", 1);
    assertThat(node.call("ringing", "a", "committed").number()).isEqualTo(1);
  }

  @Test
  void wakesAnObjectThatHasLeftMemoryWhichThenKnowsItsName() {
    ringIn("b", IDLE_MILLIS * 15, "");
    Awaitility.await()
        .atMost(Duration.ofMillis(IDLE_MILLIS * 14))
        .until(() -> node.metric("holdfast_objects") == 0);
    Awaitility.await()
        .pollDelay(Duration.ofMillis(IDLE_MILLIS * 2))
        .atMost(Duration.ofSeconds(20))
        .until(() -> node.call("ringing", "onlooker", "ringsOf", "b").number() == 1);
    JsonNode ring = awaitRings("b", 1).getFirst();
    assertPunctual(ring);
    assertThat(ring.path("name").asText()).as("in the constructor").isEqualTo("b");
  }

  @Test
  void firesAtOnceForATimeInThePast() {
    ringIn("c", -10_000, "");
    assertThat(awaitRings("c", 1).getFirst().path("lateMillis").longValue())
        .isBetween(10_000L, 10_000 + LATE_MILLIS_MAX);
    awaitNoAlarm("c");
  }

  @Test
  void canBeMovedAndTakenBack() {
    ringIn("d", 300, "");
    ringIn("d", 60_000, "");
    long due = due("d");
    assertThat(due).isGreaterThan(System.currentTimeMillis() + 50_000);
    ringIn("d2", 1_500, "");
    assertThat(node.call("ringing", "d2", "cancel").ok()).isTrue();
    assertThat(due("d2")).isZero();
    ringIn("d3", 60_000, "");
    ringIn("d3", 50, "");
    awaitRings("d3", 1);
    awaitNoAlarm("d3");
    Awaitility.await()
        .during(Duration.ofMillis(1_700))
        .atMost(Duration.ofSeconds(20))
        .until(() -> rings("d").isEmpty() && rings("d2").isEmpty());
    assertThat(due("d")).isEqualTo(due);
  }

  @Test
  void oneSetInsideTheHandlerStays() {
    ringIn("e", 10, "sets anew");
    List<JsonNode> rings = awaitRings("e", 2);
    rings.forEach(AlarmTest::assertPunctual);
    assertThat(rings).extracting(AlarmTest::retryCount).containsExactly(0, 0);
    awaitNoAlarm("e");
    staysAt("e", 2);
  }

  @Test
  void oneSetInsideTheHandlerForTheTimeThatRunsIsRun() {
    ringIn("e2", 10, "sets the same");
    awaitRings("e2", 2).forEach(AlarmTest::assertPunctual);
    awaitNoAlarm("e2");
    staysAt("e2", 2);
  }

  @Test
  void deletingInsideTheHandlerTakesBackOnlyWhatWasSetThere() {
    ringIn("f", 10, "deletes");
    awaitRings("f", 1);
    awaitNoAlarm("f");
    ringIn("f2", 10, "sets and deletes");
    awaitRings("f2", 1);
    awaitNoAlarm("f2");
    staysAt("f", 1);
    staysAt("f2", 1);
  }

  @Test
  void aRunThatFailedIsRepeatedAlsoWhenItDeletedTheAlarm() {
    ringIn("g", 10, "fails twice");
    List<JsonNode> rings = awaitRings("g", 3);
    assertThat(rings).extracting(AlarmTest::retryCount).containsExactly(0, 1, 2);
    assertThat(rings).extracting(ring -> ring.path("seen").longValue()).containsOnly(0L);
    awaitNoAlarm("g");
    ringIn("g2", 10, "deletes and fails once");
    assertThat(awaitRings("g2", 2)).extracting(AlarmTest::retryCount).containsExactly(0, 1);
    awaitNoAlarm("g2");
    assertThat(node.call("ringing", "g", "committed").number()).isEqualTo(3);
    staysAt("g", 3);
  }

  @Test
  void isDroppedAfterSixRetriesWithGrowingPauses() {
    long start = System.nanoTime();
    ringIn("h", 10, "fails");
    List<JsonNode> rings = awaitRings("h", 7);
    long tookMillis = Duration.ofNanos(System.nanoTime() - start).toMillis();
    assertThat(rings).extracting(AlarmTest::retryCount).containsExactly(0, 1, 2, 3, 4, 5, 6);
    assertThat(tookMillis).isGreaterThanOrEqualTo(RETRY_MILLIS * 63L);
    awaitNoAlarm("h");
    staysAt("h", 7);
  }

  @Test
  void betweenRetriesTheAlarmShowsItsTime() {
    long before = System.currentTimeMillis();
    ringIn("i", 10, "fails");
    awaitRings("i", 5);
    assertThat(due("i")).isBetween(before, System.currentTimeMillis());
    assertThat(node.call("ringing", "i", "cancel").ok()).isTrue();
    int rung = rings("i").size();
    Awaitility.await()
        .during(Duration.ofMillis(RETRY_MILLIS * 40))
        .atMost(Duration.ofSeconds(10))
        .until(() -> rings("i").size() <= rung && due("i") == 0);
  }

  @Test
  void oneSetAnewInPlaceOfARetryCountsFromZero() {
    ringIn("j", 10, "sets anew and fails once");
    List<JsonNode> rings = awaitRings("j", 2);
    assertThat(rings).extracting(AlarmTest::retryCount).containsExactly(0, 0);
    assertPunctual(rings.get(1));
    awaitNoAlarm("j");
    staysAt("j", 2);
    ringIn("j2", 10, "sets far and fails once");
    awaitRings("j2", 1);
    staysAt("j2", 1);
    assertThat(due("j2")).isGreaterThan(System.currentTimeMillis() + 3_000_000);
  }

  @Test
  void oneSetBetweenRetriesCountsFromZero() {
    ringIn("k", 10, "fails");
    awaitRings("k", 4);
    int before = rings("k").size();
    ringIn("k", 10, "");
    List<JsonNode> rings = awaitRings("k", before + 1);
    awaitNoAlarm("k");
    assertThat(retryCount(rings.getLast())).isZero();
  }

  @Test
  void neverRunsTwiceAtOneTime() {
    ringIn("l", 10, "sleeps");
    awaitRings("l", 1);
    for (int i = 0; i < 5; i++) {
      node.call("ringing", "l", "ringAt", System.currentTimeMillis() - 1_000 + i);
    }
    List<JsonNode> rings = awaitRings("l", 2);
    awaitNoAlarm("l");
    assertThat(rings).allSatisfy(ring -> assertThat(ring.path("alone").asBoolean()).isTrue());
  }

  @Test
  void runsAgainAfterAnAbortInTheHandler() {
    ringIn("m", 300, "aborts once");
    awaitRings("m", 2);
    awaitNoAlarm("m");
  }

  @Test
  void anAbortInTheHandlerCountsAsAFailureAndTheLastOneDropsTheAlarm() {
    ringIn("m2", 300, "aborts");
    List<JsonNode> rings = awaitRings("m2", 7);
    assertThat(rings).extracting(AlarmTest::retryCount).containsExactly(0, 1, 2, 3, 4, 5, 6);
    awaitNoAlarm("m2");
    staysAt("m2", 7);
  }

  @Test
  void anAbortWithoutRetryGivesTheAlarmUp() {
    ringIn("m3", 300, "aborts for good");
    awaitRings("m3", 1);
    awaitNoAlarm("m3");
    staysAt("m3", 1);
    ringIn("m3", 10, "");
    assertThat(awaitRings("m3", 2)).extracting(AlarmTest::retryCount).containsExactly(0, 0);
  }

  @Test
  void anAbortWithoutRetryKeepsANewerAlarm() {
    ringIn("m4", 10, "sets anew and aborts for good once");
    List<JsonNode> rings = awaitRings("m4", 2);
    rings.forEach(AlarmTest::assertPunctual);
    assertThat(rings).extracting(AlarmTest::retryCount).containsExactly(0, 0);
    awaitNoAlarm("m4");
    staysAt("m4", 2);
  }

  @Test
  void aRunThatTakesTooLongResetsTheObjectAndCountsAsFailed() {
    ringIn("m5", 10, "hangs once");
    List<JsonNode> rings = awaitRings("m5", 2);
    assertThat(rings).extracting(AlarmTest::retryCount).containsExactly(0, 1);
    awaitNoAlarm("m5");
    assertThat(node.call("ringing", "m5", "constructed").number()).isGreaterThan(1);
  }

  @Test
  void runsWhoseWritesFailAreRepeatedAndNotCounted() {
    ringIn("q", 300, "");
    HeldJournal.mode(HeldJournal.Mode.FAIL);
    List<JsonNode> rings = awaitRings("q", 3);
    assertThat(rings).extracting(AlarmTest::retryCount).containsOnly(0);
    HeldJournal.mode(HeldJournal.Mode.PASS);
    awaitNoAlarm("q");
    assertThat(node.call("ringing", "q", "committed").number()).isEqualTo(1);
  }

  @Test
  void movingItEarlierInACommitThatFailsLeavesItWhereItWas() {
    ringIn("r", 3_600_000, "");
    long due = due("r");
    HeldJournal.mode(HeldJournal.Mode.FAIL);
    assertThat(node.call("ringing", "r", "ringAt", System.currentTimeMillis() + 200).code())
        .isEqualTo("storage_failed");
    HeldJournal.mode(HeldJournal.Mode.PASS);
    assertThat(due("r")).isEqualTo(due);
    staysQuiet("r", 500);
    assertThat(due("r")).isEqualTo(due);
  }

  @Test
  void movingItLaterInACommitThatFailsLeavesItWhereItWas() {
    ringIn("r2", 1_500, "");
    long due = due("r2");
    HeldJournal.mode(HeldJournal.Mode.FAIL);
    assertThat(node.call("ringing", "r2", "ringAt", System.currentTimeMillis() + 3_600_000).code())
        .isEqualTo("storage_failed");
    HeldJournal.mode(HeldJournal.Mode.PASS);
    assertThat(due("r2")).isEqualTo(due);
    assertPunctual(awaitRings("r2", 1).getFirst());
    awaitNoAlarm("r2");
  }

  @Test
  void aMoveThatIsStoredAlthoughItsWriterHeardOfAFailureHolds() {
    ringIn("r3", 400, "");
    HeldJournal.mode(HeldJournal.Mode.FAIL_AFTER);
    long later = System.currentTimeMillis() + 3_600_000;
    assertThat(node.call("ringing", "r3", "ringAt", later).code()).isEqualTo("storage_failed");
    HeldJournal.mode(HeldJournal.Mode.PASS);
    assertThat(due("r3")).isEqualTo(later);
    staysQuiet("r3", 800);
  }

  private static void staysQuiet(String name, int millis) {
    Awaitility.await()
        .during(Duration.ofMillis(millis))
        .atMost(Duration.ofSeconds(10))
        .until(() -> rings(name).isEmpty());
  }

  @Test
  void survivesARestartOfTheNode() {
    ringIn("n", 700, "");
    ringIn("n2", 600_000, "");
    node.stop();
    Awaitility.await()
        .pollDelay(Duration.ofMillis(700))
        .atMost(Duration.ofSeconds(5))
        .until(() -> true);
    node.start();
    // The app was loaded anew: what it wrote down began anew, too.
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> node.call("ringing", "n", "committed").number() == 1);
    awaitNoAlarm("n");
    assertThat(due("n2")).isPositive();
  }

  @Test
  void aThousandAtOneTimeAllFire() {
    int objects = 1_000;
    long at = System.currentTimeMillis() + 2_000;
    List<CompletableFuture<Answer>> set = new ArrayList<>();
    for (int i = 0; i < objects; i++) {
      set.add(node.callAsync("ringing", "crowd-" + i, "ringAt", at));
      if (i % 100 == 99) {
        set.forEach(NodeFixture::await);
      }
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> node.call("ringing", "onlooker", "ringsOf", "crowd-").number() >= objects);
    Awaitility.await()
        .during(Duration.ofMillis(300))
        .atMost(Duration.ofSeconds(10))
        .until(() -> node.call("ringing", "onlooker", "ringsOf", "crowd-").number() == objects);
    int latest = node.call("ringing", "onlooker", "latest", "crowd-").number();
    System.out.println("1,000 alarms at one time: the last one was " + latest + " ms late");
  }

  @Test
  void refusesTimesThatAreNone() {
    Answer answer = node.call("ringing", "o", "ringAt", 0);
    assertThat(answer.code()).isEqualTo("invalid_argument");
    assertThat(answer.message()).isEqualTo("setAlarm() cannot be called with an alarm time <= 0");
    assertThat(node.call("counter", "o", "setAlarm").message())
        .isEqualTo(
            "Your Durable Object class must have an alarm() handler in order to call setAlarm()");
  }
}
