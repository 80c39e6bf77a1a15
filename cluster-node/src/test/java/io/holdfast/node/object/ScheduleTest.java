package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.node.Answer;
import io.holdfast.node.NodeFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// A call that was put off comes once, never early, wherever its object is.
class ScheduleTest {
  private static final String DESCRIPTOR =
      """
      {"name": "laters", "objects": [
        {"name": "later", "class": "io.holdfast.laterapp.Later"}]}
      """;
  private static final Duration LONG = Duration.ofHours(1);
  private static NodeFixture node;

  @BeforeAll
  static void start() {
    node =
        NodeFixture.ofApp(
            DESCRIPTOR,
            "io.holdfast.laterapp",
            "holdfast.objects.idle-timeout=200 ms",
            "holdfast.messages.wake-after=300 ms");
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static String putOff(String name, long millis, String method, String text) {
    Answer id = node.call("later", name, "putOff", millis, method, text, 7);
    assertThat(id.ok()).as(id.toString()).isTrue();
    return id.text();
  }

  private static List<String> notes(String name) {
    List<String> texts = new ArrayList<>();
    node.call("later", name, "notes")
        .value()
        .forEach(note -> texts.add(note.path("text").asText()));
    return texts;
  }

  private static void awaitNotes(String name, String... texts) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(notes(name)).containsExactly(texts));
  }

  private static void awaitOutOfMemory() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> node.metric("holdfast_objects") == 0);
  }

  private static int waiting(String name) {
    return node.call("later", name, "waiting").value().size();
  }

  @Test
  void comesOnceWithItsArgumentsInTheOrderOfTheTimes() {
    putOff("order", 600, "note", "second");
    putOff("order", 300, "note", "first");
    assertThat(waiting("order")).isEqualTo(2);
    awaitNotes("order", "first", "second");
    assertThat(node.call("later", "order", "notes").value().get(0).path("count").asInt())
        .isEqualTo(7);
    assertThat(waiting("order")).isZero();
  }

  @Test
  void doesNotComeEarly() {
    long begun = System.nanoTime();
    putOff("early", 700, "note", "x");
    awaitNotes("early", "x");
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(699));
  }

  @Test
  void wakesAnObjectThatIsOutOfMemory() {
    putOff("sleeper", 1_000, "note", "awake");
    awaitOutOfMemory();
    awaitNotes("sleeper", "awake");
  }

  @Test
  void comesAfterARestartOfTheNodeWhenItWasDueMeanwhile() {
    putOff("restarted", 300, "note", "due meanwhile");
    putOff("restarted", 1_500, "note", "due later");
    node.restart();
    awaitNotes("restarted", "due meanwhile", "due later");
  }

  @Test
  void leavesTheAlarmToTheApp() {
    putOff("both", 400, "note", "scheduled");
    node.call("later", "both", "alarmIn", 200);
    awaitNotes("both", "alarm", "scheduled");
    node.call("later", "both", "alarmIn", 400);
    putOff("both", 200, "note", "again");
    awaitNotes("both", "alarm", "scheduled", "again", "alarm");
  }

  @Test
  void anErrorIsDroppedWithTheCall() {
    putOff("failing", 100, "failing", "failed");
    putOff("failing", 300, "note", "next");
    awaitNotes("failing", "failed", "next");
    assertThat(waiting("failing")).isZero();
  }

  @Test
  void aCallThatResetsItsObjectEveryTimeIsGivenUp() {
    int before = node.call("later", "other", "resets").number();
    putOff("resetting", 50, "resetting", "x");
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> waiting("resetting") == 0);
    assertThat(node.call("later", "other", "resets").number() - before).isEqualTo(3);
  }

  @Test
  void canBeCalledOff() {
    String one = putOff("cancelled", LONG.toMillis(), "note", "one");
    putOff("cancelled", LONG.toMillis(), "failing", "two");
    putOff("cancelled", LONG.toMillis(), "failing", "three");
    assertThat(node.call("later", "cancelled", "waits", one).value().asBoolean()).isTrue();
    assertThat(node.call("later", "cancelled", "cancel", one).value().asBoolean()).isTrue();
    assertThat(node.call("later", "cancelled", "cancel", one).value().asBoolean()).isFalse();
    assertThat(node.call("later", "cancelled", "cancel", "nonsense").value().asBoolean()).isFalse();
    assertThat(node.call("later", "cancelled", "cancelAll", "failing").number()).isEqualTo(2);
    assertThat(waiting("cancelled")).isZero();
  }

  @Test
  void goesWithAllThatTheObjectDeletes() {
    putOff("wiped", 400, "note", "never");
    node.call("later", "wiped", "wipe");
    assertThat(waiting("wiped")).isZero();
    putOff("wiped", 600, "note", "after");
    awaitNotes("wiped", "after");
  }

  @Test
  void refusesWhatIsNoMethodAndWhatIsTooMuch() {
    Answer noMethod = node.call("later", "wrong", "putOff", 1, "nothing", "x", 1);
    assertThat(noMethod.code()).isEqualTo("invalid_argument");
    assertThat(noMethod.message()).contains("'nothing'");
    Answer tooMuch = node.call("later", "wrong", "putOff", 1, "note", "x".repeat(70_000), 1);
    assertThat(tooMuch.code()).isEqualTo("invalid_argument");
    assertThat(tooMuch.message()).contains("65536");
  }
}
