package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.node.Answer;
import io.holdfast.node.HeldJournal;
import io.holdfast.node.HeldJournal.Mode;
import io.holdfast.node.NodeFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Messages between objects have their effect once and in order, whatever is reset in between.
class MessageTest {
  private static final int TRIES = 6;
  private static NodeFixture node;

  @BeforeAll
  static void start() {
    node =
        NodeFixture.with(
            "holdfast.objects.idle-timeout=300 ms",
            "holdfast.alarms.retry-first=40 ms",
            "holdfast.messages.message-bytes-max=10000",
            "holdfast.messages.waiting-max=60",
            "holdfast.messages.retry-first=20 ms",
            "holdfast.messages.retry-max=200 ms",
            "holdfast.messages.tries-max=" + TRIES,
            "holdfast.messages.wake-after=300 ms",
            "holdfast.messages.dead-letters-max=3");
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @AfterEach
  void pass() {
    HeldJournal.mode(Mode.PASS);
  }

  private static Answer call(String name, String method, Object... arguments) {
    return node.call("post", name, method, arguments);
  }

  private static List<String> log(String name) {
    Answer answer = call(name, "log");
    return answer.ok() ? texts(answer.value()) : List.of();
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(one -> texts.add(one.asText()));
    return texts;
  }

  private static List<String> numbers(String sender, int count) {
    return IntStream.range(0, count).mapToObj(i -> sender + ":" + i).toList();
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(condition);
  }

  private static void awaitLog(String name, List<String> lines) {
    await(() -> log(name).size() >= lines.size());
    assertThat(log(name)).isEqualTo(lines);
  }

  // ---- delivery

  @Test
  void messagesArriveOnceAndInOrder() {
    call("a", "send", "a2", 3);
    call("a", "send", "a2", 50);
    awaitLog("a2", numbers("a", 53));
    assertThat(call("a2", "name").text()).as("learned from the message").isEqualTo("a2");
  }

  @Test
  void aSenderReachesManyReceivers() {
    call("b", "sendToAll", "b-", 50);
    for (int i = 0; i < 50; i++) {
      awaitLog("b-" + i, List.of("b:0"));
    }
  }

  @Test
  void anObjectMaySendToItselfAndOn() {
    call("c", "send", "c", 2);
    awaitLog("c", numbers("c", 2));
    call("c", "sendUntyped", "c2", "take", 7);
    awaitLog("c2", List.of("c:7"));
    call("c", "pass", "c3", 9);
    awaitLog("c3", List.of("c:9"));
  }

  @Test
  void aMessageLeavesOnlyOnceItIsDurable() {
    call("d", "name");
    call("d2", "name");
    HeldJournal.mode(Mode.HOLD);
    var sending = node.callAsync("post", "d", "send", "d2", 1);
    await(() -> HeldJournal.heldCount() > 0);
    Awaitility.await()
        .during(Duration.ofMillis(200))
        .atMost(Duration.ofSeconds(5))
        .until(() -> node.metric("holdfast_messages_carried_out_total") >= 0 && !sending.isDone());
    assertThat(log("d2")).isEmpty();
    HeldJournal.mode(Mode.PASS);
    assertThat(NodeFixture.await(sending).number()).isEqualTo(1);
    awaitLog("d2", List.of("d:0"));
  }

  @Test
  void sentFromAlarmAndBackgroundAlike() {
    call("e", "sendAtAlarm", "e2", 20);
    awaitLog("e2", List.of("e:0"));
    call("e", "sendInBackground", "e2");
    awaitLog("e2", numbers("e", 2));
  }

  @Test
  void anAlarmThatIsRetriedCountsAsEverWhileMessagesAreRetriedToo() {
    call("x", "failNext", "alarm of u", 3);
    call("x", "failNext", "u2", 4);
    call("u", "sendAtAlarm", "u2", 20);
    awaitLog("u2", numbers("u", 4));
    assertThat(call("u", "alarmRetries").value()).hasToString("[0,1,2,3]");
  }

  // ---- with the sender's commit

  @Test
  void aMessageIsGoneWithItsTransaction() {
    call("f", "sendInTransaction", "f2", true);
    call("f", "sendAndAbort", "f2");
    call("f", "sendInTransaction", "f2", false);
    awaitLog("f2", List.of("f:0"));
    call("f", "sendAndThrow", "f2");
    awaitLog("f2", numbers("f", 2));
  }

  @Test
  void aMessageSurvivesTheSendersDeleteAll() {
    call("g", "sendAndClear", "g2");
    awaitLog("g2", List.of("g:0"));
    await(() -> node.metric("holdfast_objects") == 0);
    assertThat(call("g", "name").text()).isEqualTo("g");
    // Numbers go on: the receiver takes the next one for a new message.
    call("g", "clear");
    call("g", "send", "g2", 1);
    awaitLog("g2", List.of("g:0", "g:0"));
  }

  @Test
  void whereMessagesCannotBeSent() {
    Answer outside = call("h", "sendOutsideOfATurn", "h2");
    assertThat(outside.code()).isEqualTo("wrong_state");
    Answer returning = call("h", "sendWhatReturns", "h2");
    assertThat(returning.code()).isEqualTo("invalid_argument");
    assertThat(returning.message()).contains("returns nothing");
    Answer large = call("h", "sendLarge", "h2", 10_001);
    assertThat(large.code()).isEqualTo("invalid_argument");
    assertThat(large.message()).contains("at most 10000 bytes");
    assertThat(call("h", "sendLarge", "h2", 9_000).ok()).isTrue();
  }

  @Test
  void aSenderHoldsNoMoreMessagesThanItsLimit() {
    Answer refused = call("i", "send", "i2", 61);
    assertThat(refused.code()).isEqualTo("object_overloaded");
    assertThat(refused.message()).contains("at most 60 messages");
    // What it sent before the refusal was committed like any other write of an event that threw.
    awaitLog("i2", numbers("i", 60));
    await(() -> call("i", "sendUntyped", "i3", "take", 1).ok());
  }

  // ---- failures of the receiver

  @Test
  void aFailedTryIsUndoneAndLaterOnesWait() {
    call("x", "failNext", "j2", 3);
    call("j", "send", "j2", 5);
    awaitLog("j2", numbers("j", 5));
    assertThat(call("j", "deadLetters").value()).isEmpty();
  }

  @Test
  void aReceiverThatIsResetGetsItAgain() {
    call("x", "abortNext", "k2", 3);
    call("k", "send", "k2", 5);
    awaitLog("k2", numbers("k", 5));
  }

  @Test
  void oneReceiverThatFailsHoldsUpNoOther() {
    call("x", "failNext", "l2", 4);
    call("l", "send", "l2", 1);
    call("l", "send", "l3", 1);
    awaitLog("l3", List.of("l:0"));
    awaitLog("l2", List.of("l:0"));
  }

  @Test
  void aMessageThatAlwaysFailsIsGivenUpAndTheNextOnesGoOn() {
    call("x", "failNext", "m2", TRIES);
    call("m", "send", "m2", 3);
    awaitLog("m2", List.of("m:1", "m:2"));
    JsonNode letters = call("m", "deadLetters").value();
    assertThat(letters).hasSize(1);
    assertThat(letters.get(0).get(1).asText()).isEqualTo("take");
    assertThat(letters.get(0).get(2).asText()).isEqualTo("object_failed");
    assertThat(letters.get(0).get(3).asInt()).isEqualTo(TRIES);
    assertThat(letters.get(0).get(4).asText()).isEqualTo("m2");
    assertThat(letters.get(0).get(5).asBoolean()).as("may have been delivered").isFalse();
    await(() -> texts(call("m", "toldOf").value()).equals(List.of("take: not now")));
    String number = letters.get(0).get(0).asText();
    assertThat(call("m", "retry", number).value().asBoolean()).isTrue();
    assertThat(call("m", "retry", number).value().asBoolean()).isFalse();
    awaitLog("m2", List.of("m:1", "m:2", "m:0"));
    assertThat(call("m", "deadLetters").value()).isEmpty();
  }

  @Test
  void aMessageToAMethodThatIsNotThereIsGivenUpAtOnce() {
    call("n", "sendUntyped", "n2", "noSuchMethod", 1);
    call("n", "sendUntyped", "n2", "take", 2);
    awaitLog("n2", List.of("n:2"));
    await(() -> call("n", "deadLetters").value().size() == 1);
    JsonNode letter = call("n", "deadLetters").value().get(0);
    assertThat(letter.get(2).asText()).isEqualTo("method_not_found");
    assertThat(letter.get(3).asInt()).isEqualTo(1);
    assertThat(call("n", "drop", letter.get(0).asText()).value().asBoolean()).isTrue();
    assertThat(call("n", "deadLetters").value()).isEmpty();
  }

  @Test
  void theOldestDeadLettersMakeRoom() {
    for (int i = 0; i < 5; i++) {
      call("o", "sendUntyped", "o2", "missing" + i, 1);
    }
    call("o", "sendUntyped", "o2", "take", 2);
    awaitLog("o2", List.of("o:2"));
    await(() -> call("o", "deadLetters").value().size() == 3);
    List<String> methods = new ArrayList<>();
    call("o", "deadLetters").value().forEach(letter -> methods.add(letter.get(1).asText()));
    assertThat(methods).containsExactly("missing2", "missing3", "missing4");
  }

  @Test
  void aReceiversDeleteAllDoesNotMakeItTakeAMessageTwice() {
    call("p", "send", "p2", 2);
    awaitLog("p2", numbers("p", 2));
    call("p", "sendUntyped", "p2", "takeAndClear", 7);
    await(() -> log("p2").equals(List.of("p:7")));
    // The next one is carried out and durable, but every answer is lost; then all is removed.
    long before = carriedOut();
    HeldJournal.mode(Mode.FAIL_AFTER);
    long sentBefore = sent();
    // A sender that loses an answer just now is reset, and refuses what it was asked for.
    await(() -> {
      node.callAsync("post", "p", "send", "p2", 1).join();
      return sent() > sentBefore;
    });
    // It may be reset, too, when it has said so: whoever asks it for something has it go on.
    await(() -> {
      node.callAsync("post", "p", "deadLetters").join();
      return carriedOut() > before;
    });
    HeldJournal.mode(Mode.PASS);
    call("p2", "clear");
    call("p", "sendUntyped", "p2", "take", 9);
    awaitLog("p2", List.of("p:9"));
  }

  private static long sent() {
    return node.metric("holdfast_messages_sent_total");
  }

  private static long carriedOut() {
    return node.metric("holdfast_messages_carried_out_total");
  }

  @Test
  void aHandlerThatWaitsAndIsResetRunsAgainAsAWhole() {
    call("q", "sendUntyped", "q2", "takeSlowly", 1);
    await(() -> call("x", "isOpen", "slow q2").value().asBoolean());
    assertThat(call("q2", "began").number()).isEqualTo(1);
    call("q2", "abort", "while it waits");
    await(() -> call("q2", "began").number() == 2);
    call("x", "open", "q2");
    awaitLog("q2", List.of("q:1"));
    assertThat(call("q2", "began").number()).isEqualTo(2);
  }

  @Test
  void aSlowHandlerIsNotRunTwiceAtOneTime() {
    try (NodeFixture impatient =
        NodeFixture.with(
            "holdfast.messages.delivery-timeout=50 ms",
            "holdfast.messages.retry-first=20 ms",
            "holdfast.messages.retry-max=100 ms")) {
      impatient.call("post", "v", "sendUntyped", "v2", "takeSlowly", 1);
      impatient.call("post", "v", "sendUntyped", "v2", "take", 2);
      await(() -> impatient.call("post", "x", "isOpen", "slow v2").value().asBoolean());
      Awaitility.await()
          .during(Duration.ofMillis(600))
          .atMost(Duration.ofSeconds(20))
          .until(() -> impatient.call("post", "v2", "began").number() == 1);
      impatient.call("post", "x", "open", "v2");
      await(() -> impatient.call("post", "v2", "taken").number() == 2);
      assertThat(texts(impatient.call("post", "v2", "log").value())).containsExactly("v:1", "v:2");
      assertThat(impatient.call("post", "v2", "began").number()).isEqualTo(1);
    }
  }

  // ---- restarts

  @Test
  void whatWaitsIsDeliveredAfterARestartByItself() {
    call("x", "failNext", "r2", 3);
    call("r", "send", "r2", 4);
    node.restart();
    await(() -> carriedOut() >= 4);
    awaitLog("r2", numbers("r", 4));
  }

  @Test
  void aSenderOutOfMemoryComesBackForARetry() {
    try (NodeFixture slow =
        NodeFixture.with(
            "holdfast.objects.idle-timeout=100 ms", "holdfast.messages.retry-first=2 s")) {
      slow.call("post", "x", "failNext", "s2", 1);
      slow.call("post", "s", "send", "s2", 1);
      await(() -> slow.metric("holdfast_object_event_failures_total") == 1);
      await(() -> slow.metric("holdfast_objects") == 0);
      assertThat(slow.metric("holdfast_messages_carried_out_total")).isZero();
      // Nobody asks the objects anything: the index wakes the sender.
      await(() -> slow.metric("holdfast_messages_carried_out_total") == 1);
      await(() -> slow.metric("holdfast_objects") == 0);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {51, 52, 53, 54})
  void everyMessageTakesEffectOnceUnderResetsOfBothAndABrokenDisk(long seed) {
    Random random = new Random(seed);
    List<String> names = List.of("t0-" + seed, "t1-" + seed, "t2-" + seed);
    for (int step = 0; step < 80; step++) {
      String name = names.get(random.nextInt(3));
      String other = names.get(random.nextInt(3));
      switch (random.nextInt(12)) {
        case 0 -> call(name, "abort", "at random");
        case 1 -> call("x", "abortNext", name, 1);
        case 2 -> call("x", "failNext", name, 1 + random.nextInt(2));
        case 3 -> call(name, "sendAndAbort", other);
        case 4 -> call(name, "sendInTransaction", other, true);
        case 5 -> {
          HeldJournal.mode(random.nextBoolean() ? Mode.FAIL : Mode.FAIL_AFTER);
          node.callAsync("post", name, "send", other, 1).join();
          HeldJournal.mode(Mode.PASS);
        }
        case 6 -> node.callAsync("post", name, "sleep", random.nextInt(30));
        default -> node.callAsync("post", name, "send", other, 1 + random.nextInt(4)).join();
      }
    }
    names.forEach(name -> call("x", "failNext", name, 0));
    names.forEach(name -> call("x", "abortNext", name, 0));
    int all = 0;
    for (String receiver : names) {
      for (String sender : names) {
        int sent = call(sender, "sent", receiver).number();
        Awaitility.await()
            .atMost(Duration.ofSeconds(40))
            .failFast(() ->
                assertThat(from(sender, receiver))
                    .as("seed %d", seed)
                    .isEqualTo(numbers(sender, from(sender, receiver).size())))
            .untilAsserted(() ->
                assertThat(from(sender, receiver))
                    .as("seed %d, from %s to %s", seed, sender, receiver)
                    .isEqualTo(numbers(sender, sent)));
        all += sent;
      }
    }
    assertThat(all).as("seed %d: messages", seed).isGreaterThan(50);
  }

  private static List<String> from(String sender, String receiver) {
    return log(receiver).stream().filter(line -> line.startsWith(sender + ":")).toList();
  }
}
