package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.node.Answer;
import io.holdfast.node.NodeFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Objects leave memory when they are idle, and come back with their state.
class IdleEvictionTest {
  private static final int IDLE_MILLIS = 300;
  private static NodeFixture node;

  @BeforeAll
  static void start() {
    node = NodeFixture.with("holdfast.objects.idle-timeout=" + IDLE_MILLIS + " ms");
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static void awaitEmpty() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> node.metric("holdfast_objects") == 0);
  }

  private static void pass(long millis) {
    Awaitility.await()
        .pollDelay(Duration.ofMillis(millis))
        .atMost(Duration.ofMillis(millis + 5_000))
        .until(() -> true);
  }

  @Test
  void anIdleObjectLeavesMemoryAndComesBackWithItsState() {
    assertThat(node.call("counter", "a", "increment").number()).isEqualTo(1);
    assertThat(node.call("counter", "a", "remember", 5).number()).isEqualTo(5);
    int constructed = node.call("counter", "a", "constructed").number();
    awaitEmpty();
    assertThat(node.call("counter", "a", "constructed").number()).isGreaterThan(constructed);
    awaitEmpty();
    assertThat(node.call("counter", "a", "remember", 0).number()).isZero();
    assertThat(node.call("counter", "a", "increment").number()).isEqualTo(2);
  }

  @Test
  void anObjectWithAnEventInItStays() {
    CompletableFuture<Answer> resting = node.callAsync("counter", "b", "rest", IDLE_MILLIS * 5);
    assertThat(NodeFixture.await(resting).number()).isEqualTo(1);
  }

  @Test
  void anObjectWithATaskOfItsOwnStays() {
    node.call("counter", "c", "incrementAfter", "c");
    pass(IDLE_MILLIS * 4);
    assertThat(node.metric("holdfast_objects")).isPositive();
    node.call("counter", "opener", "open", "c");
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> node.call("counter", "c", "value").number() == 1);
    assertThat(node.call("counter", "c", "constructedThen").number()).isEqualTo(1);
  }

  @Test
  void aTaskThatFailsHarmsNobody() {
    assertThat(node.call("counter", "c2", "failLater").ok()).isTrue();
    assertThat(node.call("counter", "c2", "increment").number()).isEqualTo(1);
  }

  @Test
  void aTaskRunsAfterTheAnswer() {
    assertThat(node.call("counter", "c3", "incrementLater", 50).ok()).isTrue();
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> node.call("counter", "c3", "value").number() == 1);
  }

  @Test
  void anObjectThatNeverStoresWritesNothingToTheJournal() {
    long persists = node.metric("holdfast_persists_total");
    for (int i = 0; i < 3; i++) {
      node.call("counter", "d", "value");
      node.call("counter", "d", "remember", 1);
      node.call("counter", "d", "names");
    }
    awaitEmpty();
    node.call("counter", "d", "value");
    assertThat(node.metric("holdfast_persists_total")).isEqualTo(persists);
  }

  @Test
  void anObjectThatIsCalledByItsIdKnowsItsStoredName() {
    String hex = node.call("counter", "e", "hex").text();
    node.call("counter", "e", "increment");
    awaitEmpty();
    List<String> names = new ArrayList<>();
    node.call("counter", "id:" + hex, "names").value().forEach(each -> names.add(each.asText()));
    assertThat(names).containsExactly("e", "e");
  }

  @Test
  void noIncrementIsLostByCallsThatComeWhenTheObjectIsAboutToLeave() {
    long seed = 31;
    int objects = 40;
    List<CompletableFuture<Integer>> done = new ArrayList<>();
    AtomicLong slowest = new AtomicLong();
    for (int i = 0; i < objects; i++) {
      done.add(hammer(node, "hammered-" + i, new Random(seed + i), 12, slowest));
    }
    int most = 0;
    for (int i = 0; i < objects; i++) {
      int last = NodeFixture.await(done.get(i));
      Answer now = node.call("counter", "hammered-" + i, "value");
      assertThat(now.number()).as("seed %d, object %d", seed, i).isEqualTo(last).isEqualTo(12);
      most = Math.max(most, node.call("counter", "hammered-" + i, "constructed").number());
    }
    assertThat(most).as("the hammered objects left memory").isGreaterThan(3);
    assertThat(slowest.get()).as("the slowest call, in ms").isLessThan(5_000);
  }

  /// Calls in turn, with pauses about as long as the idle timeout.
  private static CompletableFuture<Integer> hammer(
      NodeFixture node, String name, Random random, int times, AtomicLong slowest) {
    AtomicInteger last = new AtomicInteger();
    CompletableFuture<Integer> chain = CompletableFuture.completedFuture(0);
    for (int i = 0; i < times; i++) {
      long pause = IDLE_MILLIS - 20 + random.nextInt(60);
      chain =
          chain.thenCompose(before -> {
            long start = System.nanoTime();
            return node.callAsync("counter", name, "increment")
                .thenApply(answer -> {
                  slowest.accumulateAndGet(
                      TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start), Math::max);
                  assertThat(answer.number()).isEqualTo(before + 1);
                  last.set(answer.number());
                  return answer.number();
                })
                .thenApplyAsync(
                    each -> each, CompletableFuture.delayedExecutor(pause, TimeUnit.MILLISECONDS));
          });
    }
    return chain;
  }

  @Test
  void noIncrementIsLostByCallsThatComeWhenTheDatabaseIsClosed() {
    try (NodeFixture closing =
        NodeFixture.with("holdfast.objects.close-database-after=" + IDLE_MILLIS + " ms")) {
      List<CompletableFuture<Integer>> done = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        done.add(hammer(closing, "hammered-" + i, new Random(131 + i), 8, new AtomicLong()));
      }
      done.forEach(each -> assertThat(NodeFixture.await(each)).isEqualTo(8));
      assertThat(closing.call("counter", "hammered-0", "constructed").number()).isEqualTo(1);
    }
  }

  @Test
  void callsIntoItselfSurviveTheMomentOfLeaving() {
    int objects = 60;
    Random random = new Random(32);
    List<CompletableFuture<Answer>> calls = new ArrayList<>();
    for (int i = 0; i < objects; i++) {
      String name = "looping-" + i;
      CompletableFuture<Answer> chain = node.callAsync("caller", name, "depth", 2);
      for (int round = 0; round < 10; round++) {
        long pause = IDLE_MILLIS - 10 + random.nextInt(30);
        chain =
            chain
                .thenApplyAsync(
                    each -> each, CompletableFuture.delayedExecutor(pause, TimeUnit.MILLISECONDS))
                .thenCompose(answer -> {
                  assertThat(answer.number()).isEqualTo(2);
                  return node.callAsync("caller", name, "depth", 2);
                });
      }
      calls.add(chain);
    }
    assertThat(calls).allSatisfy(call -> assertThat(NodeFixture.await(call).number()).isEqualTo(2));
  }

  @Test
  void aRestartedNodeKnowsEverything() {
    for (int i = 1; i <= 3; i++) {
      assertThat(node.call("counter", "f", "increment").number()).isEqualTo(i);
    }
    node.restart();
    assertThat(node.call("counter", "f", "increment").number()).isEqualTo(4);
  }
}
