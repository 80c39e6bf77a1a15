package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.PORT;
import static io.holdfast.node.container.ContainerFixture.async;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.awaitStatus;
import static io.holdfast.node.container.ContainerFixture.fault;
import static io.holdfast.node.container.ContainerFixture.get;
import static io.holdfast.node.container.ContainerFixture.order;
import static io.holdfast.node.container.ContainerFixture.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.testkit.FakeContainer;
import io.holdfast.testkit.FakeProgram;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Ends that nobody ordered, and how the object hears of any end.
class ContainerExitTest {
  private final ContainerFixture fixture = new ContainerFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private void endsBy(
      Consumer<FakeContainer> what, ContainerExit exit, ContainerState.Status status) {
    run(fixture.box());
    CompletableFuture<ContainerExit> end = async(() -> fixture.box().monitor().get());
    what.accept(fixture.boxContainer());
    assertThat(get(end)).isEqualTo(exit);
    await("onStop").until(() -> !fixture.boxHooks().ends.isEmpty());
    assertThat(fixture.boxHooks().ends).containsExactly(exit);
    assertThat(fixture.box().running()).isFalse();
    assertThat(fixture.box().state().status()).isEqualTo(status);
    assertThat(fixture.box().state().exitCode())
        .isEqualTo(
            status == ContainerState.Status.STOPPED
                ? OptionalInt.empty()
                : OptionalInt.of(exit.exitCode()));
    fixture.awaitGone("box", "a");
    run(fixture.box());
  }

  @Test
  void anExitWithCode0IsStopped() {
    endsBy(
        container -> container.exit(0),
        new ContainerExit(0, ContainerExit.Reason.EXIT),
        ContainerState.Status.STOPPED);
  }

  @Test
  void anExitWithCode3IsShownWithItsCode() {
    endsBy(
        container -> container.exit(3),
        new ContainerExit(3, ContainerExit.Reason.EXIT),
        ContainerState.Status.STOPPED_WITH_CODE);
  }

  @Test
  void outOfMemoryIsShownAsSuch() {
    endsBy(
        container -> fixture.engine.runsOutOfMemory(container.id()),
        new ContainerExit(137, ContainerExit.Reason.OUT_OF_MEMORY),
        ContainerState.Status.STOPPED_WITH_CODE);
  }

  @Test
  void aContainerThatSomebodyRemovedCountsAsKilled() {
    endsBy(
        container -> fixture.engine.vanishes(container.id()),
        new ContainerExit(137, ContainerExit.Reason.EXIT),
        ContainerState.Status.STOPPED_WITH_CODE);
  }

  @Test
  void monitorOfAContainerThatNeverRanIsRefused() {
    HoldfastException fault = fault(() -> fixture.box().monitor().get());
    assertThat(fault.code()).isEqualTo(ErrorCode.WRONG_STATE);
    assertThat(fault).hasMessage("monitor() cannot be called on a container that is not running.");
  }

  @Test
  void monitorOfADestroyedContainerIsRefused() {
    run(fixture.box());
    fixture.box().destroy();
    assertThat(fault(() -> fixture.box().monitor().get()).code()).isEqualTo(ErrorCode.WRONG_STATE);
  }

  @Test
  void monitorTellsTheEndOfAContainerThatWasQuicker() {
    fixture.engine.image("app", FakeProgram.exiting(3));
    order(fixture.low());
    awaitStatus(fixture.low(), ContainerState.Status.STOPPED_WITH_CODE);
    assertThat(fixture.low().monitor().get())
        .isEqualTo(new ContainerExit(3, ContainerExit.Reason.EXIT));
    assertThat(fault(() -> fixture.low().monitor().get()).code()).isEqualTo(ErrorCode.WRONG_STATE);
  }

  @Test
  void monitorTellsTheEndOfTheRunThatItWasAskedForThoughAnotherRunsByThen() {
    ContainerSupervisor low = fixture.low();
    run(low);
    Supplier<ContainerExit> end = low.monitor();
    low.destroy();
    run(low);
    assertThat(get(async(end::get)).reason()).isEqualTo(ContainerExit.Reason.RUNTIME_SIGNAL);
    assertThat(low.running()).isTrue();
  }

  @Test
  void monitorWaitsThroughTheStartAndTheStop() {
    fixture.engine.holdStarts();
    order(fixture.box());
    CompletableFuture<ContainerExit> end = async(() -> fixture.box().monitor().get());
    fixture.engine.releaseStarts();
    awaitStatus(fixture.box(), ContainerState.Status.RUNNING);
    assertThat(end).isNotDone();
    fixture.box().destroy();
    assertThat(get(end).reason()).isEqualTo(ContainerExit.Reason.RUNTIME_SIGNAL);
  }

  @Test
  void requestsInFlightFailAtOnceWhenTheContainerDies() {
    SlowProgram program = new SlowProgram();
    fixture.engine.image("app", program);
    run(fixture.box());
    CompletableFuture<Response> slow =
        async(() -> fixture.box().fetch(PORT, Request.get("http://x/slow")));
    program.awaitEntered();
    fixture.boxContainer().exit(3);
    assertThat(fault(slow).code()).isEqualTo(ErrorCode.CONTAINER_DISCONNECTED);
    program.release();
  }

  // onStop.

  @Test
  void onStopThatFailsIsRepeatedAndTheContainerKeptUntilItSucceeds() {
    AtomicInteger calls = new AtomicInteger();
    AtomicInteger there = new AtomicInteger();
    fixture.boxHooks().onEnded =
        exit -> {
          there.addAndGet(fixture.hasContainer("box", "a") ? 1 : 0);
          return calls.incrementAndGet() < 3
              ? CompletableFuture.failedFuture(
                  new HoldfastException(ErrorCode.OBJECT_FAILED, "onStop threw"))
              : FakeHooks.done();
        };
    run(fixture.box());
    fixture.boxContainer().exit(3);
    fixture.awaitGone("box", "a");
    assertThat(calls).hasValue(3);
    assertThat(there).hasValue(3);
    assertThat(fixture.boxHooks().ends)
        .containsOnly(new ContainerExit(3, ContainerExit.Reason.EXIT))
        .hasSize(3);
  }

  @Test
  void onStopThatFailsInAnUnexpectedWayIsRepeatedToo() {
    AtomicInteger calls = new AtomicInteger();
    fixture.boxHooks().onEnded =
        exit -> {
          if (calls.incrementAndGet() < 3) {
            throw new IllegalStateException("no way to the object");
          }
          return FakeHooks.done();
        };
    run(fixture.box());
    fixture.boxContainer().exit(0);
    fixture.awaitGone("box", "a");
    assertThat(calls).hasValue(3);
  }

  @Test
  void aRunDoesNotBeginBeforeTheObjectHasHeardOfTheEndOfTheOneBefore() {
    AtomicInteger tries = new AtomicInteger();
    CompletableFuture<Boolean> storeIsBack = new CompletableFuture<>();
    fixture.boxHooks().onEnded =
        _ -> {
          tries.incrementAndGet();
          return storeIsBack.isDone()
              ? FakeHooks.done()
              : CompletableFuture.failedFuture(
                  new HoldfastException(ErrorCode.STORAGE_FAILED, "away"));
        };
    run(fixture.box());
    fixture.boxContainer().exit(1);
    await("a try").until(() -> tries.get() > 0);
    order(fixture.box());
    await("more tries than there are otherwise").until(() -> tries.get() > 8);
    assertThat(fixture.box().state().status()).isEqualTo(ContainerState.Status.STARTING);
    storeIsBack.complete(true);
    awaitStatus(fixture.box(), ContainerState.Status.RUNNING);
  }

  @Test
  void onStopThatNeverSucceedsIsGivenUpAfterSevenCalls() {
    fixture.boxHooks().onEnded =
        exit -> CompletableFuture.failedFuture(new IllegalStateException("never"));
    run(fixture.box());
    fixture.boxContainer().exit(0);
    fixture.awaitGone("box", "a");
    assertThat(fixture.boxHooks().ends).hasSize(7);
  }

  @Test
  void aContainerDestroyedIsKeptUntilOnStopSucceeded() {
    CompletableFuture<Boolean> onStop = new CompletableFuture<>();
    fixture.boxHooks().onEnded = exit -> onStop;
    run(fixture.box());
    fixture.box().destroy();
    assertThat(fixture.box().running()).isFalse();
    assertThat(fixture.hasContainer("box", "a")).isTrue();
    onStop.complete(true);
    fixture.awaitGone("box", "a");
  }

  @Test
  void startFromWithinOnStopWorks() {
    fixture.boxHooks().onEnded =
        exit ->
            FakeHooks.later(() -> {
              if (fixture.boxHooks().ends.size() == 1) {
                run(fixture.box());
              }
            });
    run(fixture.box());
    fixture.boxContainer().exit(3);
    await("the second container").until(() -> fixture.engine.created() == 2);
    awaitStatus(fixture.box(), ContainerState.Status.RUNNING);
    assertThat(fixture.box().fetch(PORT, Request.get("http://x/")).body().text())
        .isEqualTo("hello");
    assertThat(fixture.containers()).isEqualTo(1);
    assertThat(fixture.boxHooks().ends).hasSize(1);
  }

  @Test
  void aNewRunIsNotDisturbedByTheReportOfTheOldOne() {
    CompletableFuture<Boolean> onStop = new CompletableFuture<>();
    fixture.boxHooks().onEnded = exit -> onStop;
    run(fixture.box());
    fixture.boxContainer().exit(3);
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED_WITH_CODE);
    run(fixture.box());
    onStop.complete(true);
    assertThat(fixture.box().fetch(PORT, Request.get("http://x/")).body().text())
        .isEqualTo("hello");
    assertThat(fixture.box().state().status()).isEqualTo(ContainerState.Status.RUNNING);
    assertThat(fixture.containers()).isEqualTo(1);
  }

  // Loss of sight.

  @Test
  void anExitWhileTheEngineIsAwayIsSeenWhenItIsBack() {
    run(fixture.box());
    fixture.engine.goesDown();
    fixture.boxContainer().exit(3);
    assertThat(fixture.box().running()).isTrue();
    fixture.engine.comesBack();
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED_WITH_CODE);
    run(fixture.box());
  }

  @Test
  void aContainerThatIsGoneWhenTheEngineIsBackIsNotShownAsRunning() {
    run(fixture.box());
    fixture.engine.goesDown();
    fixture.engine.vanishes(fixture.boxContainer().id());
    fixture.engine.comesBack();
    await("the loss").until(() -> !fixture.box().running());
    await("onStop").until(() -> fixture.boxHooks().ends.size() == 1);
    run(fixture.box());
  }

  @Test
  void aContainerThatOutlivesAnAbsenceOfTheEngineRunsOn() {
    run(fixture.box());
    fixture.engine.goesDown();
    assertThat(fixture.box().fetch(PORT, Request.get("http://x/")).body().text())
        .isEqualTo("hello");
    fixture.engine.comesBack();
    assertThat(fixture.box().running()).isTrue();
    assertThat(fixture.boxHooks().ends).isEmpty();
  }
}
