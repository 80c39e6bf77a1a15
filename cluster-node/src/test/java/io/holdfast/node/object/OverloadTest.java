package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.node.Answer;
import io.holdfast.node.NodeFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What an object refuses because it is too much, and what it stops because it takes too long.
class OverloadTest {
  private static final int QUEUE_MAX = 50;
  private static NodeFixture node;

  @BeforeAll
  static void start() {
    node =
        NodeFixture.with(
            "holdfast.objects.queued-events-max=" + QUEUE_MAX,
            "holdfast.objects.events-max=200",
            "holdfast.objects.queued-bytes-max=64 KiB",
            "holdfast.objects.queued-time-max=400 ms",
            "holdfast.objects.turn-time-max=2 s",
            "holdfast.objects.background-time-max=500 ms");
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static void open(String latch) {
    node.call("gate", "opener", "open", latch);
  }

  private static void awaitOpen(String latch) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          // Where everything is busy this one may be refused as well.
          Answer answer = node.call("gate", "onlooker", "isOpen", latch);
          return answer.ok() && answer.value().asBoolean();
        });
  }

  private static CompletableFuture<Answer> holding(String name) {
    CompletableFuture<Answer> holding = node.callAsync("gate", name, "hold", name);
    awaitOpen(name + " begun");
    return holding;
  }

  private static void assertOverloaded(Answer answer, String why) {
    assertThat(answer.code()).isEqualTo("object_overloaded");
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.message()).isEqualTo("Durable Object is overloaded. " + why);
    assertThat(answer.flag("overloaded")).isTrue();
    assertThat(answer.flag("retryable")).isFalse();
    assertThat(answer.flag("remote")).isFalse();
  }

  @Test
  void anObjectInAnEndlessLoopAnswersThatItIsOverloaded() {
    CompletableFuture<Answer> looping = node.callAsync("gate", "j", "spin", "j");
    awaitOpen("j begun");
    List<CompletableFuture<Answer>> queued = new ArrayList<>();
    for (int i = 0; i < QUEUE_MAX + 20; i++) {
      queued.add(node.callAsync("gate", "j", "add", i));
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> queued.stream().filter(CompletableFuture::isDone).count() >= 20);
    Answer refused =
        NodeFixture.await(
            queued.stream().filter(CompletableFuture::isDone).findFirst().orElseThrow());
    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.code()).isEqualTo("object_overloaded");
    assertThat(refused.message())
        .isEqualTo("Durable Object is overloaded. Too many requests queued.");
    assertThat(refused.flag("overloaded")).isTrue();
    assertThat(looping).isNotDone();
    assertThat(node.call("gate", "opener", "enter", "others go on").ok()).isTrue();
    node.call("gate", "opener", "open", "j");
    NodeFixture.await(looping).value();
    assertThat(queued.stream().map(NodeFixture::await).filter(Answer::ok).count())
        .isEqualTo(QUEUE_MAX);
  }

  @Test
  void callsWithoutEndIntoItselfEndAsAnErrorNotAsTheEndOfTheNode() {
    Answer answer = node.call("caller", "k", "forever");
    assertThat(answer.code()).isEqualTo("call_too_deep");
    assertThat(node.call("caller", "k", "depth", 3).number()).isEqualTo(3);
  }

  @Test
  void anObjectTakesNoMoreWaitingEventsThanItsLimit() {
    List<CompletableFuture<Answer>> waiting = new ArrayList<>();
    for (int i = 0; i < 240; i++) {
      waiting.add(node.callAsync("fragile", "l", "waitFor", "l"));
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> waiting.stream().filter(CompletableFuture::isDone).count() >= 40);
    open("l");
    List<Answer> answers = waiting.stream().map(NodeFixture::await).toList();
    assertThat(answers.stream().filter(answer -> !answer.ok()).map(Answer::code))
        .containsOnly("object_overloaded");
    assertThat(answers.stream().filter(Answer::ok).count()).isLessThanOrEqualTo(200);
  }

  @Test
  void argumentsThatWaitInMemoryAreBounded() {
    CompletableFuture<Answer> holding = holding("bytes");
    String large = "x".repeat(30_000);
    List<CompletableFuture<Answer>> queued = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      queued.add(node.callAsync("gate", "bytes", "enter", large));
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> queued.stream().filter(CompletableFuture::isDone).count() >= 2);
    queued.stream()
        .filter(CompletableFuture::isDone)
        .forEach(refused -> assertOverloaded(refused.join(), "Too much data queued."));
    open("bytes");
    assertThat(NodeFixture.await(holding).ok()).isTrue();
    assertThat(queued.stream().map(NodeFixture::await).filter(Answer::ok).count()).isEqualTo(2);
    assertThat(node.call("gate", "bytes", "enter", large).ok()).isTrue();
  }

  @Test
  void anEventLargerThanTheLimitIsTakenWhenNothingWaits() {
    assertThat(node.call("gate", "one large", "enter", "x".repeat(100_000)).ok()).isTrue();
  }

  @Test
  void aCallWhoseTurnComesTooLateIsNotRun() {
    CompletableFuture<Answer> holding = holding("late");
    CompletableFuture<Answer> late = node.callAsync("gate", "late", "enter", "too late");
    Awaitility.await().pollDelay(Duration.ofMillis(600)).until(() -> true);
    open("late");
    assertThat(NodeFixture.await(holding).ok()).isTrue();
    assertOverloaded(NodeFixture.await(late), "Requests queued for too long.");
    assertThat(node.call("gate", "late", "log").value()).isEmpty();
  }

  @Test
  void anEventThatNeverEndsItsTurnResetsTheObject() {
    node.call("gate", "endless", "enter", "before");
    Answer answer = node.call("gate", "endless", "spin", "endless");
    assertThat(answer.code()).isEqualTo("object_time_exceeded");
    assertThat(answer.flag("objectReset")).isTrue();
    assertThat(answer.flag("retryable")).isFalse();
    assertThat(node.call("gate", "endless", "log").value()).isEmpty();
    open("endless");
  }

  @Test
  void endlessLoopsOnEveryProcessorDoNotStopOtherObjects() {
    List<String> loops = new ArrayList<>();
    for (int i = 0; i < Runtime.getRuntime().availableProcessors() + 1; i++) {
      loops.add("loop-" + i);
    }
    List<CompletableFuture<Answer>> looping =
        loops.stream().map(name -> node.callAsync("gate", name, "spin", name)).toList();
    loops.forEach(name -> awaitOpen(name + " begun"));

    assertThat(node.call("gate", "beside", "add", 1).ok()).isTrue();
    assertThat(looping.stream().map(NodeFixture::await).map(Answer::code))
        .containsOnly("object_time_exceeded");
    loops.forEach(OverloadTest::open);
  }

  @Test
  void waitingIsNotRunning() {
    CompletableFuture<Answer> waiting = node.callAsync("gate", "waits", "waitSleeping", 4000);
    assertThat(NodeFixture.await(waiting).ok()).isTrue();
    assertThat(node.call("gate", "waits", "log").value()).hasSize(2);
  }

  @Test
  void aTaskOfWaitUntilThatTakesTooLongIsInterrupted() {
    node.call("gate", "background", "sleepInBackground", "interrupted");
    awaitOpen("interrupted");
  }

  @Test
  void callsAreCountedInAWindowWhenThatIsAsked() {
    try (NodeFixture limited = NodeFixture.with("holdfast.objects.calls-per-10s-max=5")) {
      List<Answer> answers = new ArrayList<>();
      for (int i = 0; i < 7; i++) {
        answers.add(limited.call("gate", "window", "add", i));
      }
      assertThat(answers.stream().filter(Answer::ok)).hasSize(5);
      assertOverloaded(
          answers.getLast(), "Too many requests for the same object within a 10 second window.");
      assertThat(limited.call("gate", "another", "add", 1).ok()).isTrue();
    }
  }
}
