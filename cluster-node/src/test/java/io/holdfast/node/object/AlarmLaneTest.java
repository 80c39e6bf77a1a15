package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AlarmLaneTest {
  private final List<Runnable> late = new ArrayList<>();
  private final List<String> begun = new ArrayList<>();

  /** Of an alarm that is handled as soon as it may begin, or not. */
  private record Run(CompletableFuture<?> end, AtomicBoolean handler) implements AlarmLane.Run {
    static Run handled(CompletableFuture<?> end) {
      return new Run(end, new AtomicBoolean(true));
    }

    @Override
    public boolean isHandled() {
      return handler.get();
    }
  }

  private void enter(AlarmLane lane, String alarm, CompletableFuture<?> end) {
    enter(lane, alarm, Run.handled(end));
  }

  private void enter(AlarmLane lane, String alarm, Run run) {
    if (lane.enter(run, () -> begun.add(alarm))) {
      begun.add(alarm);
    }
  }

  @Test
  void asManyAsItIsWideBeginAndEachEndLetsTheNextOneBegin() {
    AlarmLane lane = new AlarmLane(2, late::add);
    CompletableFuture<Void> a = new CompletableFuture<>();
    CompletableFuture<Void> b = new CompletableFuture<>();
    CompletableFuture<Void> c = new CompletableFuture<>();
    enter(lane, "a", a);
    enter(lane, "b", b);
    enter(lane, "c", c);
    enter(lane, "d", new CompletableFuture<>());
    assertThat(begun).containsExactly("a", "b");
    assertThat(lane.waiting()).isEqualTo(2);
    b.complete(null);
    assertThat(begun).containsExactly("a", "b", "c");
    a.completeExceptionally(new IllegalStateException("failed alarms count too"));
    assertThat(begun).containsExactly("a", "b", "c", "d");
    c.complete(null);
    enter(lane, "e", new CompletableFuture<>());
    assertThat(begun).endsWith("e");
  }

  @Test
  void oneThatLastsMakesRoomOnce() {
    AlarmLane lane = new AlarmLane(1, late::add);
    CompletableFuture<Void> slow = new CompletableFuture<>();
    enter(lane, "slow", slow);
    enter(lane, "next", new CompletableFuture<>());
    enter(lane, "waits", new CompletableFuture<>());
    assertThat(begun).containsExactly("slow");
    late.getFirst().run();
    assertThat(begun).containsExactly("slow", "next");
    slow.complete(null);
    late.getFirst().run();
    assertThat(begun).as("its end gives nothing more back").containsExactly("slow", "next");
  }

  @Test
  void oneThatWaitsForTheStoreKeepsItsPlaceUntilItsHandlerRunsOrASecondIsOver() {
    AlarmLane lane = new AlarmLane(1, late::add);
    Run loading = new Run(new CompletableFuture<>(), new AtomicBoolean());
    enter(lane, "loading", loading);
    enter(lane, "next", new Run(new CompletableFuture<>(), new AtomicBoolean()));
    enter(lane, "waits", new CompletableFuture<>());
    late.removeFirst().run();
    assertThat(begun).containsExactly("loading");
    loading.handler.set(true);
    late.removeFirst().run();
    assertThat(begun).containsExactly("loading", "next");
    for (int look = 1; look < 20; look++) {
      late.removeFirst().run();
      assertThat(begun).containsExactly("loading", "next");
    }
    late.removeFirst().run();
    assertThat(begun).containsExactly("loading", "next", "waits");
  }

  @Test
  void whatHasEndedIsNotLookedAtAnyMore() {
    AlarmLane lane = new AlarmLane(1, late::add);
    CompletableFuture<Void> end = new CompletableFuture<>();
    enter(lane, "a", new Run(end, new AtomicBoolean()));
    end.complete(null);
    late.removeFirst().run();
    assertThat(late).isEmpty();
  }

  @Test
  void thoseThatWereGivenUpWhileTheyWaitedKeepNoPlace() {
    AlarmLane lane = new AlarmLane(1, late::add);
    CompletableFuture<Void> first = new CompletableFuture<>();
    AtomicInteger begun = new AtomicInteger();
    assertThat(lane.enter(Run.handled(first), () -> {})).isTrue();
    for (int i = 0; i < 100_000; i++) {
      lane.enter(Run.handled(CompletableFuture.completedFuture(null)), begun::incrementAndGet);
    }
    first.complete(null);
    assertThat(begun).hasValue(100_000);
    assertThat(lane.waiting()).isZero();
    assertThat(lane.enter(Run.handled(new CompletableFuture<>()), () -> {})).isTrue();
  }
}
