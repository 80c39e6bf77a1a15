package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.node.Answer;
import io.holdfast.node.HeldJournal;
import io.holdfast.node.HeldJournal.Mode;
import io.holdfast.node.NodeFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What ends an incarnation, what its callers hear, and what the next one finds.
class ResetTest {
  private static final int QUEUE_MAX = 50;
  private static NodeFixture node;

  @BeforeAll
  static void start() {
    node =
        NodeFixture.with(
            "holdfast.objects.queued-events-max=" + QUEUE_MAX,
            "holdfast.objects.events-max=200",
            "holdfast.objects.block-concurrency-timeout=700 ms",
            "holdfast.database.bytes-max=2 MiB");
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static void open(String latch) {
    node.call("fragile", "opener", "open", latch);
  }

  private static CompletableFuture<Answer> waiting(String name, String latch) {
    long events = node.metric("holdfast_object_events_total");
    CompletableFuture<Answer> waiting = node.callAsync("fragile", name, "waitFor", latch);
    // It waits when another event has passed it.
    assertThat(node.call("fragile", name, "remember", 0).ok()).isTrue();
    assertThat(node.metric("holdfast_object_events_total")).isGreaterThan(events);
    assertThat(waiting).isNotDone();
    return waiting;
  }

  private static void assertReset(Answer answer, String reason) {
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.code()).isEqualTo("object_reset");
    assertThat(answer.message()).isEqualTo(reason);
    assertThat(answer.flag("objectReset")).isTrue();
    assertThat(answer.flag("remote")).isFalse();
  }

  // ---- constructor

  @Test
  void everyCallFailsWithWhatTheConstructorThrewUntilItNoLongerDoes() {
    node.call("fragile", "doctor", "breakConstructor", "sick", "not today");
    for (int i = 1; i <= 3; i++) {
      assertReset(node.call("fragile", "sick", "read"), "not today");
    }
    node.call("fragile", "doctor", "repair", "sick");
    assertThat(node.call("fragile", "sick", "constructed").number()).isEqualTo(4);
    assertThat(node.call("fragile", "sick", "write", 3).number()).isEqualTo(3);
    assertThat(node.call("fragile", "sick", "read").number()).isEqualTo(3);
  }

  @Test
  void parallelCallsAllHearWhatTheConstructorThrew() {
    node.call("fragile", "doctor", "breakConstructor", "crowded", "too many");
    List<CompletableFuture<Answer>> calls = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      calls.add(node.callAsync("fragile", "crowded", "read"));
    }
    calls.forEach(call -> assertReset(NodeFixture.await(call), "too many"));
  }

  @Test
  void aConstructorThatWaitsForTooLongResetsTheObject() {
    node.call("fragile", "doctor", "makeCircular", "circular", "helper");
    Answer answer = node.call("fragile", "circular", "read");
    assertThat(answer.code()).isEqualTo("object_blocked");
    assertThat(answer.message())
        .isEqualTo(
            "The constructor of a Durable Object waited for too long. The call was canceled and the"
                + " Durable Object was reset.");
    node.call("fragile", "doctor", "straighten", "circular");
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> node.call("fragile", "circular", "read").ok());
  }

  // ---- abort

  @Test
  void anAbortTellsItsReasonDropsMemoryAndKeepsDurableState() {
    node.call("fragile", "a", "write", 7);
    node.call("fragile", "a", "remember", 5);
    int constructed = node.call("fragile", "a", "constructed").number();
    assertReset(node.call("fragile", "a", "abort", "enough of this"), "enough of this");
    assertThat(node.call("fragile", "a", "remember", 0).number()).isZero();
    assertThat(node.call("fragile", "a", "read").number()).isEqualTo(7);
    assertThat(node.call("fragile", "a", "constructed").number()).isEqualTo(constructed + 1);
  }

  @Test
  void codeThatCatchesItsAbortChangesNothingAnyMore() {
    node.call("fragile", "b", "write", 7);
    assertReset(node.call("fragile", "b", "abortAndGoOn", "caught"), "caught");
    assertThat(node.call("fragile", "b", "read").number()).isEqualTo(7);
    assertThat(node.call("fragile", "b", "remember", 0).number()).isZero();
  }

  @Test
  void writesOfTheAbortedEventAreNotKept() {
    node.call("fragile", "c", "write", 7);
    assertReset(node.call("fragile", "c", "writeAndAbort", 8, "halfway"), "halfway");
    assertThat(node.call("fragile", "c", "read").number()).isEqualTo(7);
  }

  @Test
  void anEventThatWaitsMeanwhileEndsWithTheReason() {
    node.call("fragile", "d", "write", 7);
    CompletableFuture<Answer> waiting = waiting("d", "d");
    assertReset(node.call("fragile", "d", "abort", "the other one"), "the other one");
    assertReset(NodeFixture.await(waiting), "the other one");
    open("d");
    assertThat(node.call("fragile", "d", "read").number()).isEqualTo(7);
  }

  @Test
  void heldAnswersBecomeErrorsWithTheReason() {
    node.call("fragile", "e", "write", 7);
    HeldJournal.mode(Mode.HOLD);
    try {
      CompletableFuture<Answer> first = node.callAsync("fragile", "e", "write", 8);
      Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> HeldJournal.heldCount() > 0);
      CompletableFuture<Answer> second = node.callAsync("fragile", "e", "write", 9);
      CompletableFuture<Answer> read = node.callAsync("fragile", "e", "read");
      awaitQueued();
      assertReset(node.call("fragile", "e", "abort", "before the disk"), "before the disk");
      assertReset(NodeFixture.await(first), "before the disk");
      assertReset(NodeFixture.await(second), "before the disk");
      assertReset(NodeFixture.await(read), "before the disk");
    } finally {
      HeldJournal.mode(Mode.PASS);
    }
    assertThat(node.call("fragile", "e", "read").number()).isIn(7, 8);
    assertThat(node.call("fragile", "e", "write", 10).number()).isEqualTo(10);
    assertThat(node.call("fragile", "e", "read").number()).isEqualTo(10);
  }

  @Test
  void queuedEventsRunInTheNextIncarnation() {
    node.call("gate", "f", "enter", "before");
    CompletableFuture<Answer> closing = node.callAsync("gate", "f", "hold", "f");
    List<CompletableFuture<Answer>> queued = new ArrayList<>();
    awaitBegun("f");
    queued.add(node.callAsync("gate", "f", "blockThrowing", "bad luck"));
    awaitQueued();
    for (int i = 0; i < 10; i++) {
      queued.add(node.callAsync("gate", "f", "add", i));
    }
    awaitQueued();
    open("f");
    assertThat(NodeFixture.await(closing).ok()).isTrue();
    assertReset(NodeFixture.await(queued.getFirst()), "bad luck");
    for (int i = 1; i <= 10; i++) {
      assertThat(NodeFixture.await(queued.get(i)).number()).isEqualTo(i - 1);
    }
    assertThat(node.call("gate", "f", "log").value()).isEmpty();
    assertThat(node.call("gate", "f", "numbers").value()).hasSize(10);
  }

  private static void awaitBegun(String latch) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> node.call("gate", "onlooker", "isOpen", latch + " begun").value().asBoolean());
  }

  /// What was sent over HTTP has had the time to arrive.
  private static void awaitQueued() {
    Awaitility.await()
        .during(Duration.ofMillis(150))
        .atMost(Duration.ofSeconds(5))
        .until(() -> node.call("gate", "onlooker", "log").ok());
  }

  @ParameterizedTest
  @ValueSource(longs = {21, 22, 23})
  void noCallIsLostWhenAbortsCrossOtherCalls(long seed) {
    Random random = new Random(seed);
    String name = "crossed-" + seed;
    open("always-open");
    List<CompletableFuture<Answer>> calls = new ArrayList<>();
    int acknowledged = 0;
    for (int i = 0; i < 150; i++) {
      calls.add(
          switch (random.nextInt(6)) {
            case 0 -> node.callAsync("fragile", name, "abort", "crossing");
            case 1 -> node.callAsync("fragile", name, "writeAndAbort", -1, "crossing");
            case 2 -> node.callAsync("fragile", name, "writeAndWait", i + 1, "always-open");
            default -> node.callAsync("fragile", name, "write", i + 1);
          });
      if (i % (QUEUE_MAX / 2) == 0 || random.nextInt(10) == 0) {
        calls.forEach(NodeFixture::await);
      }
    }
    for (CompletableFuture<Answer> call : calls) {
      Answer answer = NodeFixture.await(call);
      if (!answer.ok()) {
        assertReset(answer, "crossing");
      } else {
        acknowledged++;
      }
    }
    assertThat(acknowledged).as("seed %d", seed).isPositive();
    assertThat(node.call("fragile", name, "read").number()).as("seed %d", seed).isPositive();
  }

  // ---- blockConcurrencyWhile

  @Test
  void blockingConcurrencyForTooLongResetsTheObject() {
    node.call("gate", "g", "enter", "before");
    CompletableFuture<Answer> blocking = node.callAsync("gate", "g", "blockUntil", "never");
    awaitQueued();
    CompletableFuture<Answer> queued = node.callAsync("gate", "g", "add", 1);
    Answer answer = NodeFixture.await(blocking);
    assertThat(answer.message())
        .isEqualTo(
            "A call to blockConcurrencyWhile() in a Durable Object waited for too long. The call"
                + " was canceled and the Durable Object was reset.");
    assertThat(answer.flag("overloaded")).isTrue();
    assertThat(answer.flag("objectReset")).isTrue();
    assertThat(NodeFixture.await(queued).number()).isEqualTo(1);
    assertThat(node.call("gate", "g", "log").value()).isEmpty();
  }

  @Test
  void callingItselfWhileConcurrencyIsBlockedEndsWithTheTimeout() {
    Answer answer = node.call("gate", "h", "blockCallingItself");
    assertThat(answer.code()).isEqualTo("object_blocked");
    assertThat(node.call("gate", "h", "add", 2).number()).isEqualTo(2);
  }

  // ---- storage that undoes itself

  @Test
  void aBrokenConstraintResetsTheObjectToItsLastGoodState() {
    node.call("fragile", "i", "write", 7);
    node.call("fragile", "i", "remember", 5);
    Answer answer = node.call("fragile", "i", "breakConstraint");
    assertThat(answer.code()).isEqualTo("object_failed");
    assertThat(answer.message()).contains("was reset and rolled back to its last known good state");
    assertThat(node.call("fragile", "i", "remember", 0).number()).isZero();
    assertThat(node.call("fragile", "i", "read").number()).isEqualTo(7);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8})
  void anObjectThatOverfilledItsDatabaseServesAgain(int mebibytes) {
    String name = "full-" + mebibytes;
    node.call("fragile", name, "write", 7);
    for (int i = 0; i < 3; i++) {
      node.call("fragile", name, "overfill", mebibytes);
      assertThat(node.call("fragile", name, "read").number()).isEqualTo(7);
    }
  }

  @Test
  void anObjectWhoseFirstWriteOverfilledItsDatabaseServesAgain() {
    node.call("fragile", "full", "write", 7);
    int refused = 0;
    for (int i = 0; i < 6; i++) {
      Answer answer = node.call("fragile", "full", "fill", i);
      refused += answer.ok() && answer.text().equals("fine") ? 0 : 1;
      assertThat(node.call("fragile", "full", "read").number()).isEqualTo(7);
    }
    assertThat(refused).isPositive();
  }
}
