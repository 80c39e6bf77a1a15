package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.node.Answer;
import io.holdfast.node.HeldJournal;
import io.holdfast.node.NodeFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// One event at a time; others enter only while it waits for something else than storage.
class InputGateTest {
  private static NodeFixture node;

  @BeforeAll
  static void start() {
    node = NodeFixture.with();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static List<Answer> parallel(int count, String name, String method, Object... arguments) {
    List<CompletableFuture<Answer>> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      calls.add(node.callAsync("counter", name, method, arguments));
    }
    return calls.stream().map(NodeFixture::await).toList();
  }

  private static List<String> log(String name) {
    List<String> log = new ArrayList<>();
    node.call("gate", name, "log").value().forEach(each -> log.add(each.asText()));
    return log;
  }

  private static void awaitLog(String name, String... expected) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(log(name)).containsExactly(expected));
  }

  private static void open(String latch) {
    node.call("gate", "opener", "open", latch);
  }

  @Test
  void parallelIncrementsThroughStorageGiveEachNumberOnce() {
    List<Answer> answers = parallel(20, "parallel", "increment");
    assertThat(answers.stream().map(Answer::number))
        .containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(1, 20).boxed().toList());
  }

  @Test
  void incrementsThatSleepBetweenReadAndWriteInterleaveAndLoseUpdates() {
    node.call("counter", "sleepy", "value");
    List<Answer> answers = parallel(20, "sleepy", "incrementSleeping", 400);
    assertThat(answers.stream().filter(answer -> answer.number() == 1).count()).isGreaterThan(1);
    assertThat(node.call("counter", "sleepy", "value").number()).isLessThan(20);
  }

  @Test
  void anotherEventEntersWhileOneSleeps() {
    var sleeping = node.callAsync("gate", "sleeping", "waitSleeping", 1_500);
    awaitLog("sleeping", "in");
    node.call("gate", "sleeping", "enter", "other");
    NodeFixture.await(sleeping).value();
    assertThat(log("sleeping")).containsExactly("in", "other", "out");
  }

  @Test
  void anotherEventEntersWhileOneBlocks() {
    var blocking = node.callAsync("gate", "blocking", "waitBlocking", "blocking");
    awaitLog("blocking", "in");
    node.call("gate", "blocking", "enter", "other");
    open("blocking");
    NodeFixture.await(blocking).value();
    assertThat(log("blocking")).containsExactly("in", "other", "out");
  }

  @Test
  void anotherEventEntersWhileOneWaitsForAnotherObject() {
    var calling = node.callAsync("gate", "calling", "waitForOther", "called", "called");
    awaitLog("calling", "in");
    node.call("gate", "calling", "enter", "other");
    open("called");
    NodeFixture.await(calling).value();
    assertThat(log("calling")).containsExactly("in", "other", "out");
  }

  @Test
  void noOtherEventEntersWhileOneHoldsTheTurn() {
    var holding = node.callAsync("gate", "holding", "hold", "holding");
    node.call("gate", "onlooker", "awaitLatch", "holding begun");
    var entering = node.callAsync("gate", "holding", "enter", "other");
    assertThat(entering).isNotDone();
    open("holding");
    NodeFixture.await(holding).value();
    NodeFixture.await(entering).value();
  }

  @Test
  void aFutureThatAMethodReturnsIsWaitedFor() {
    assertThat(node.call("gate", "future", "soon", 50).text()).isEqualTo("soon");
  }

  @Test
  void anInterruptedEventDoesNotDisturbTheNextOnTheSameThread() {
    var holding = node.callAsync("gate", "interrupting", "waitBlocking", "interrupting");
    awaitLog("interrupting", "in");
    List<CompletableFuture<Answer>> calls = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      calls.add(node.callAsync("gate", "interrupting", "interruptItself"));
      calls.add(node.callAsync("gate", "interrupting", "waitSleeping", 5));
    }
    open("interrupting");
    NodeFixture.await(holding).value();
    assertThat(calls).allSatisfy(call -> assertThat(NodeFixture.await(call).ok()).isTrue());
  }

  @Test
  void blockConcurrencyWhileKeepsOthersOutAlsoWhileItWaits() {
    node.call("gate", "closing", "enter", "first");
    var closing = node.callAsync("gate", "closing", "blockUntil", "closing");
    Awaitility.await()
        .during(Duration.ofMillis(300))
        .atMost(Duration.ofSeconds(5))
        .until(() -> !closing.isDone());
    var entering = node.callAsync("gate", "closing", "enter", "other");
    Awaitility.await()
        .during(Duration.ofMillis(300))
        .atMost(Duration.ofSeconds(5))
        .until(() -> !entering.isDone());
    open("closing");
    NodeFixture.await(closing).value();
    NodeFixture.await(entering).value();
    assertThat(log("closing")).containsExactly("first", "closed", "opened", "other");
  }

  @Test
  void blockConcurrencyWhileNestsUpTo64Deep() {
    assertThat(node.call("gate", "nesting", "blockNested", 64).number()).isEqualTo(64);
    Answer deeper = node.call("gate", "nesting", "blockNested", 65);
    assertThat(deeper.code()).isEqualTo("object_reset");
    assertThat(deeper.message()).contains("64");
  }

  @Test
  void whatBlockConcurrencyWhileThrowsResetsTheObjectAndReachesTheCaller() {
    node.call("gate", "throwing", "enter", "before");
    Answer answer = node.call("gate", "throwing", "blockThrowing", "it is no use");
    assertThat(answer.code()).isEqualTo("object_reset");
    assertThat(answer.message()).isEqualTo("it is no use");
    assertThat(answer.flag("objectReset")).isTrue();
    assertThat(log("throwing")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void waitingIsRefusedInsideATransactionThatGoesOn(boolean dirty) {
    for (String how :
        List.of(
            "sleepInTransaction",
            "callInTransaction",
            "callSoonInTransaction",
            "fetchInTransaction",
            "syncInTransaction")) {
      String name = how + dirty;
      node.call("gate", name, "enter", "before");
      assertThat(node.call("gate", name, how, dirty))
          .satisfies(answer -> {
            assertThat(answer.status()).as(how).isEqualTo(200);
            assertThat(answer.text()).as(how).isEqualTo("wrong_state");
          });
      assertThat(node.call("gate", name, "inside").number()).as(how).isEqualTo(dirty ? 1 : 0);
      assertThat(log(name)).as("not reset by " + how).containsExactly("before");
    }
  }

  @Test
  void aForeignThreadCannotUseTheContext() {
    assertThat(node.call("gate", "foreign", "storageFromAnotherThread").text())
        .isEqualTo("wrong_state");
    assertThat(node.call("gate", "foreign", "contextFromAnotherThread").text())
        .isEqualTo("wrong_state");
  }

  @Test
  void codeInsideBlockingCannotUseTheContext() {
    assertThat(node.call("gate", "inside", "storageInBlocking").text()).isEqualTo("wrong_state");
    assertThat(node.call("gate", "inside", "callInBlocking").text()).isEqualTo("wrong_state");
  }

  @Test
  void callsThroughOneStubArriveInTheirOrder() {
    List<Integer> expected = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      expected.add(i);
      if (i % 17 == 16) {
        expected.add(-i);
      }
    }
    for (int round = 0; round < 3; round++) {
      String target = "ordered-" + round;
      node.call("gate", "ordering", "sendInOrder", target, 300).value();
      List<Integer> arrived = new ArrayList<>();
      node.call("gate", target, "numbers").value().forEach(each -> arrived.add(each.intValue()));
      assertThat(arrived).isEqualTo(expected);
    }
  }

  @Test
  void othersEnterWhileStorageIsReadBackWhenThatIsAllowed() {
    HeldJournal.mode(HeldJournal.Mode.HOLD_REPLAY);
    try {
      CompletableFuture<Answer> reading =
          node.callAsync("gate", "concurrent", "numberConcurrently");
      awaitLog("concurrent", "in");
      CompletableFuture<Answer> another =
          node.callAsync("gate", "concurrent", "numberConcurrently");
      awaitLog("concurrent", "in", "in");
      HeldJournal.mode(HeldJournal.Mode.PASS);
      assertThat(NodeFixture.await(reading).number()).isZero();
      assertThat(NodeFixture.await(another).number()).isZero();
    } finally {
      HeldJournal.mode(HeldJournal.Mode.PASS);
    }
    awaitLog("concurrent", "in", "in", "out", "out");
  }

  @Test
  void nobodyEntersWhileStorageIsReadBackOtherwise() {
    HeldJournal.mode(HeldJournal.Mode.HOLD_REPLAY);
    try {
      CompletableFuture<Answer> reading = node.callAsync("gate", "closed", "number");
      Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> HeldJournal.heldCount() > 0);
      CompletableFuture<Answer> another = node.callAsync("gate", "closed", "add", 1);
      Awaitility.await()
          .during(Duration.ofMillis(200))
          .atMost(Duration.ofSeconds(5))
          .until(() -> !another.isDone() && !reading.isDone());
      HeldJournal.mode(HeldJournal.Mode.PASS);
      assertThat(NodeFixture.await(reading).number()).isZero();
      assertThat(NodeFixture.await(another).number()).isEqualTo(1);
    } finally {
      HeldJournal.mode(HeldJournal.Mode.PASS);
    }
  }
}
