package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.holdfast.node.Answer;
import io.holdfast.node.HeldJournal;
import io.holdfast.node.HeldJournal.Mode;
import io.holdfast.node.NodeFixture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Nothing leaves an object before the writes made before it are durable.
class DurabilityTest {
  private static NodeFixture node;

  @BeforeAll
  static void start() {
    node = NodeFixture.with();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @AfterEach
  void letAllPass() {
    HeldJournal.mode(Mode.PASS);
  }

  private static void awaitHeld() {
    until(() -> HeldJournal.heldCount() > 0);
  }

  private static void until(BooleanSupplier condition) {
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(condition::getAsBoolean);
  }

  private static void stays(BooleanSupplier condition) {
    Awaitility.await()
        .during(Duration.ofMillis(200))
        .atMost(Duration.ofSeconds(5))
        .pollInterval(Duration.ofMillis(50))
        .until(condition::getAsBoolean);
  }

  private static boolean isOpen(String latch) {
    return node.call("gate", "onlooker", "isOpen", latch).value().booleanValue();
  }

  @Test
  void anAnswerWaitsForItsWrite() {
    node.call("counter", "a", "increment");
    HeldJournal.mode(Mode.HOLD);
    var answer = node.callAsync("counter", "a", "increment");
    awaitHeld();
    stays(() -> !answer.isDone());
    HeldJournal.mode(Mode.PASS);
    assertThat(NodeFixture.await(answer).number()).isEqualTo(2);
  }

  @Test
  void anAnswerThatTellsOfSomeoneElsesWriteWaitsForIt() {
    HeldJournal.mode(Mode.HOLD);
    var writing = node.callAsync("counter", "b", "increment");
    awaitHeld();
    var reading = node.callAsync("counter", "b", "value");
    stays(() -> !reading.isDone() && !writing.isDone());
    HeldJournal.mode(Mode.PASS);
    assertThat(NodeFixture.await(reading).number()).isEqualTo(1);
    NodeFixture.await(writing).value();
  }

  @Test
  void anErrorAfterAWriteWaitsForItToo() {
    HeldJournal.mode(Mode.HOLD);
    var failing = node.callAsync("gate", "b2", "writeAndThrow");
    awaitHeld();
    stays(() -> !failing.isDone());
    HeldJournal.mode(Mode.PASS);
    assertThat(NodeFixture.await(failing).code()).isEqualTo("object_failed");
    assertThat(node.call("gate", "b2", "number").number()).isEqualTo(1);
  }

  @Test
  void anAnswerDoesNotWaitForWritesThatMayBeUnconfirmed() {
    HeldJournal.mode(Mode.HOLD);
    assertThat(node.call("gate", "u", "putUnconfirmed", 1).number()).isEqualTo(1);
    awaitHeld();
    assertThat(node.call("gate", "u", "number").number()).isEqualTo(1);
    HeldJournal.mode(Mode.PASS);
    node.restart();
    assertThat(node.call("gate", "u", "number").number()).isEqualTo(1);
  }

  @Test
  void aConfirmedWriteMakesAnswersWaitForTheUnconfirmedOnesBeforeIt() {
    HeldJournal.mode(Mode.HOLD);
    node.call("gate", "u2", "putUnconfirmed", 1);
    var both = node.callAsync("gate", "u2", "putBoth", 2);
    stays(() -> !both.isDone());
    var reading = node.callAsync("gate", "u2", "number");
    stays(() -> !both.isDone() && !reading.isDone());
    HeldJournal.mode(Mode.PASS);
    assertThat(NodeFixture.await(both).number()).isEqualTo(2);
    assertThat(NodeFixture.await(reading).number()).isEqualTo(2);
  }

  @Test
  void syncWaitsForUnconfirmedWritesToo() {
    HeldJournal.mode(Mode.HOLD);
    var syncing = node.callAsync("gate", "u3", "putUnconfirmedAndSync", 1);
    awaitHeld();
    stays(() -> !syncing.isDone());
    HeldJournal.mode(Mode.PASS);
    assertThat(NodeFixture.await(syncing).number()).isEqualTo(1);
  }

  @Test
  void anObjectTakesNoFurtherEventsWhileTooMuchWaitsForTheJournal() {
    HeldJournal.mode(Mode.HOLD);
    int mebibytes = 0;
    CompletableFuture<Answer> last;
    do {
      last = node.callAsync("gate", "u5", "putLargeUnconfirmed", mebibytes++, 1 << 20);
    } while (mebibytes < 14 && answersSoon(last));
    assertThat(mebibytes).as("MiB taken while the journal holds").isBetween(9, 12);
    HeldJournal.mode(Mode.PASS);
    assertThat(NodeFixture.await(last).ok()).isTrue();
    assertThat(node.call("gate", "u5", "number").ok()).isTrue();
  }

  private static boolean answersSoon(CompletableFuture<Answer> call) {
    try {
      Answer answer = call.get(2, TimeUnit.SECONDS);
      return answer.ok();
    } catch (TimeoutException e) {
      return false;
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void anUnconfirmedWriteThatFailsResetsTheObject() {
    node.call("gate", "u4", "enter", "before");
    long failures = node.metric("holdfast_persist_failures_total");
    HeldJournal.mode(Mode.FAIL);
    assertThat(node.call("gate", "u4", "putUnconfirmed", 1).ok()).isTrue();
    until(() -> node.call("gate", "u4", "log").value().isEmpty());
    assertThat(node.metric("holdfast_persist_failures_total")).isEqualTo(failures + 1);
    HeldJournal.mode(Mode.PASS);
    assertThat(node.call("gate", "u4", "number").number()).isZero();
  }

  @Test
  void otherObjectsDoNotWait() {
    HeldJournal.mode(Mode.HOLD);
    var writing = node.callAsync("counter", "c", "increment");
    awaitHeld();
    assertThat(node.call("counter", "bystander", "value").number()).isZero();
    HeldJournal.mode(Mode.PASS);
    NodeFixture.await(writing).value();
  }

  @ParameterizedTest
  @ValueSource(strings = {"writeAndCall", "writeAndCallSoon"})
  void aCallToAnotherObjectWaits(String how) {
    String target = "target-of-" + how;
    node.call("gate", target, "enter", "x");
    HeldJournal.mode(Mode.HOLD);
    var calling = node.callAsync("gate", how, how, target, 7);
    awaitHeld();
    stays(() -> node.call("gate", target, "numbers").value().isEmpty());
    HeldJournal.mode(Mode.PASS);
    assertThat(NodeFixture.await(calling).ok()).isTrue();
    assertThat(node.call("gate", target, "numbers").value().get(0).intValue()).isEqualTo(7);
  }

  @Test
  void aRequestToTheWorldWaits() throws IOException {
    AtomicInteger requests = new AtomicInteger();
    HttpServer world =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    world.createContext(
        "/",
        exchange -> {
          requests.incrementAndGet();
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    world.start();
    try {
      String url = "http://127.0.0.1:" + world.getAddress().getPort() + "/";
      HeldJournal.mode(Mode.HOLD);
      var fetching = node.callAsync("gate", "fetching", "writeAndFetch", url);
      awaitHeld();
      stays(() -> requests.get() == 0);
      HeldJournal.mode(Mode.PASS);
      assertThat(NodeFixture.await(fetching).number()).isEqualTo(204);
      HeldJournal.mode(Mode.FAIL);
      assertThat(node.call("gate", "fetching", "writeAndFetch", url).ok()).isTrue();
      assertThat(node.call("gate", "fetching-2", "writeAndFetch", url).ok()).isFalse();
      assertThat(requests.get()).isEqualTo(2);
    } finally {
      world.stop(0);
    }
  }

  @Test
  void codeThatBlocksWaits() {
    HeldJournal.mode(Mode.HOLD);
    var blocking = node.callAsync("gate", "blocking", "writeAndBlock", "blocked");
    awaitHeld();
    stays(() -> !isOpen("blocked"));
    HeldJournal.mode(Mode.PASS);
    assertThat(NodeFixture.await(blocking).ok()).isTrue();
    assertThat(isOpen("blocked")).isTrue();
  }

  @Test
  void syncReturnsWhenTheWriteIsDurable() {
    HeldJournal.mode(Mode.HOLD);
    var syncing = node.callAsync("gate", "syncing", "writeAndSync", "synced");
    awaitHeld();
    stays(() -> !isOpen("synced"));
    HeldJournal.mode(Mode.PASS);
    assertThat(NodeFixture.await(syncing).ok()).isTrue();
    assertThat(isOpen("synced")).isTrue();
  }

  @Test
  void aFailedWriteTurnsAllThatWasHeldIntoErrorsAndResetsTheObject() {
    node.call("counter", "d", "increment");
    node.call("counter", "d", "remember", 5);
    HeldJournal.mode(Mode.HOLD);
    List<CompletableFuture<Answer>> held = new ArrayList<>();
    held.add(node.callAsync("counter", "d", "incrementSleeping", 60_000));
    held.add(node.callAsync("counter", "d", "increment"));
    awaitHeld();
    for (int i = 0; i < 5; i++) {
      held.add(node.callAsync("counter", "d", "increment"));
      held.add(node.callAsync("counter", "d", "value"));
    }
    stays(() -> held.stream().noneMatch(CompletableFuture::isDone));
    HeldJournal.mode(Mode.FAIL);
    for (CompletableFuture<Answer> each : held) {
      Answer answer = NodeFixture.await(each);
      assertThat(answer.code()).isIn("storage_failed", "object_reset");
      assertThat(answer.message()).doesNotContain("\tat ");
    }
    HeldJournal.mode(Mode.PASS);
    assertThat(node.call("counter", "d", "value").number()).isEqualTo(1);
    assertThat(node.call("counter", "d", "remember", 0).number()).isZero();
    assertThat(node.call("counter", "d", "increment").number()).isEqualTo(2);
  }

  @Test
  void anObjectThatCannotBeReadSaysSoUntilItCan() {
    assertThat(node.call("counter", "unread", "increment").number()).isEqualTo(1);
    node.restart();
    HeldJournal.mode(Mode.FAIL_REPLAY);
    for (int i = 0; i < 3; i++) {
      assertThat(node.call("counter", "unread", "increment").code()).isEqualTo("storage_failed");
    }
    HeldJournal.mode(Mode.PASS);
    assertThat(node.call("counter", "unread", "increment").number()).isEqualTo(2);
  }

  @Test
  void aCallDoesNotLeaveWhenTheWriteBeforeItFails() {
    node.call("gate", "never-called", "enter", "x");
    HeldJournal.mode(Mode.FAIL);
    assertThat(node.call("gate", "e1", "writeAndCall", "never-called", 1).code())
        .isIn("storage_failed", "object_reset");
    assertThat(node.call("gate", "e2", "writeAndCallSoon", "never-called", 2).code())
        .isIn("storage_failed", "object_reset");
    assertThat(node.call("gate", "never-called", "numbers").value()).isEmpty();
  }

  @Test
  void aWriteOfUnknownOutcomeIsAnErrorAndCountsOnceIfItIsThere() {
    node.call("counter", "f", "increment");
    HeldJournal.mode(Mode.FAIL_AFTER);
    assertThat(node.call("counter", "f", "increment").ok()).isFalse();
    HeldJournal.mode(Mode.PASS);
    assertThat(node.call("counter", "f", "value").number()).isEqualTo(2);
    assertThat(node.call("counter", "f", "increment").number()).isEqualTo(3);
  }

  @Test
  void manyCommitsGoIntoFewPersists() {
    node.call("counter", "g", "value");
    long persists = node.metric("holdfast_persists_total");
    long commits = node.metric("holdfast_commits_total");
    HeldJournal.mode(Mode.HOLD);
    List<CompletableFuture<Answer>> calls = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      calls.add(node.callAsync("counter", "g", "increment"));
    }
    awaitHeld();
    long events = node.metric("holdfast_object_events_total");
    stays(() -> events > 0 && calls.stream().noneMatch(CompletableFuture::isDone));
    HeldJournal.mode(Mode.PASS);
    assertThat(calls.stream().map(NodeFixture::await).map(Answer::number))
        .doesNotHaveDuplicates()
        .contains(1, 200);
    assertThat(node.metric("holdfast_commits_total") - commits).isEqualTo(200);
    assertThat(node.metric("holdfast_persists_total") - persists).isLessThan(60);
    assertThat(node.metric("holdfast_persist_seconds_count")).isGreaterThan(persists);
  }

  @Test
  void noAcknowledgedNumberIsLostWhenTheNodeIsStoppedUnderLoad() {
    int objects = 10;
    List<List<CompletableFuture<Answer>>> calls = new ArrayList<>();
    for (int i = 0; i < objects; i++) {
      calls.add(new ArrayList<>());
      for (int n = 0; n < 60; n++) {
        calls.get(i).add(node.callAsync("counter", "stopped-" + i, "increment"));
      }
    }
    NodeFixture.await(calls.getFirst().getFirst());
    node.restart();
    for (int i = 0; i < objects; i++) {
      List<Integer> given = numbers(calls.get(i));
      int last = node.call("counter", "stopped-" + i, "value").number();
      assertThat(given).doesNotHaveDuplicates();
      assertThat(given).allSatisfy(each -> assertThat(each).isBetween(1, last));
    }
  }

  private static List<Integer> numbers(List<CompletableFuture<Answer>> calls) {
    return calls.stream()
        .map(call -> NodeFixture.await(call.exceptionally(_ -> new Answer(0, ""))))
        .filter(Answer::ok)
        .map(Answer::number)
        .toList();
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void noAcknowledgedNumberIsLostOrGivenTwiceWhateverTheJournalDoes(long seed) {
    Random random = new Random(seed);
    String name = "seeded-" + seed;
    List<CompletableFuture<Answer>> increments = new ArrayList<>();
    List<CompletableFuture<Answer>> reads = new ArrayList<>();
    Mode[] modes = {Mode.PASS, Mode.HOLD, Mode.FAIL, Mode.FAIL_AFTER, Mode.FAIL_REPLAY};
    for (int round = 0; round < 30; round++) {
      Mode mode = modes[random.nextInt(modes.length)];
      HeldJournal.mode(mode);
      int count = random.nextInt(1, 8);
      for (int i = 0; i < count; i++) {
        increments.add(node.callAsync("counter", name, "increment"));
        reads.add(node.callAsync("counter", name, "value"));
      }
      if (mode == Mode.HOLD) {
        HeldJournal.mode(modes[random.nextInt(modes.length)]);
      } else if (random.nextBoolean()) {
        NodeFixture.await(reads.getLast());
      }
    }
    HeldJournal.mode(Mode.PASS);
    List<Integer> given = numbers(increments);
    List<Integer> seen = numbers(reads);
    int last = node.call("counter", name, "value").number();
    assertThat(given).as("seed %d", seed).doesNotHaveDuplicates().isNotEmpty();
    assertThat(given).as("seed %d", seed).allSatisfy(each -> assertThat(each).isBetween(1, last));
    assertThat(seen).as("seed %d", seed).allSatisfy(each -> assertThat(each).isBetween(0, last));
    assertThat(node.call("counter", name, "increment").number()).isEqualTo(last + 1);
    node.restart();
    assertThat(node.call("counter", name, "value").number()).isEqualTo(last + 1);
  }
}
