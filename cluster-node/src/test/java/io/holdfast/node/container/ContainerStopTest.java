package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.PORT;
import static io.holdfast.node.container.ContainerFixture.async;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.awaitStatus;
import static io.holdfast.node.container.ContainerFixture.fault;
import static io.holdfast.node.container.ContainerFixture.order;
import static io.holdfast.node.container.ContainerFixture.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.testkit.FakeProgram;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Stops, kills and signals.
class ContainerStopTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private final ContainerFixture fixture = new ContainerFixture();
  private final SlowProgram program = new SlowProgram();

  @AfterEach
  void close() {
    program.release();
    fixture.close();
  }

  private ContainerSupervisor slowBox() {
    fixture.engine.image("app", program);
    return run(fixture.box());
  }

  private static Request get(String path) {
    return Request.get("http://x" + path);
  }

  private static <T> T got(CompletableFuture<T> future) {
    return ContainerFixture.get(future);
  }

  @Test
  void aRequestThatWaitedForAStartThatWasStoppedIsNotSent() {
    fixture.engine.holdStarts();
    AtomicInteger served = new AtomicInteger();
    fixture.engine.image(
        "app",
        FakeProgram.serving(
            PORT,
            exchange -> {
              served.incrementAndGet();
              FakeProgram.answer(exchange, "hello");
            }));
    order(fixture.box());
    CompletableFuture<Response> waiting =
        async(() -> fixture.box().fetch(PORT, Request.get("http://x/")));
    CompletableFuture<Void> stop = async(() -> fixture.box().stop(Duration.ofSeconds(5)));
    awaitStatus(fixture.box(), ContainerState.Status.STOPPING);
    fixture.engine.releaseStarts();
    ContainerFixture.get(stop);
    assertThat(fault(waiting).code()).isEqualTo(ErrorCode.CONTAINER_NOT_RUNNING);
    assertThat(served).hasValue(0);
  }

  @Test
  void aGraceWithoutEndIsADay() {
    run(fixture.box()).stop(ChronoUnit.FOREVER.getDuration());
    assertThat(fixture.box().running()).isFalse();
  }

  @Test
  void stopReturnsWhenTheContainerHasEnded() {
    slowBox();
    fixture.box().stop(LONG);
    assertThat(fixture.box().running()).isFalse();
    assertThat(program.signals).hasValue(1);
    assertThat(fixture.box().state().status()).isEqualTo(ContainerState.Status.STOPPED);
    fixture.awaitGone("box", "a");
  }

  @Test
  void whoIgnoresSigtermIsKilledAfterTheGrace() {
    run(fixture.box());
    fixture.boxContainer().onSignal(number -> {});
    fixture.box().stop(Duration.ofMillis(50));
    await("onStop").until(() -> !fixture.boxHooks().ends.isEmpty());
    assertThat(fixture.boxHooks().ends)
        .containsExactly(new ContainerExit(137, ContainerExit.Reason.RUNTIME_SIGNAL));
    assertThat(fixture.box().state().status()).isEqualTo(ContainerState.Status.STOPPED);
  }

  @Test
  void stopAndDestroyOfAStoppedContainerDoNothing() {
    fixture.box().stop(LONG);
    fixture.box().destroy();
    run(fixture.box());
    fixture.boxContainer().exit(3);
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED_WITH_CODE);
    fixture.box().stop(LONG);
    fixture.box().destroy();
    await("onStop").until(() -> !fixture.boxHooks().ends.isEmpty());
    assertThat(fixture.boxHooks().ends)
        .containsExactly(new ContainerExit(3, ContainerExit.Reason.EXIT));
  }

  @Test
  void aStopOfAStoppedContainerDoesNotWaitForOneThatStartsMeanwhile() {
    ContainerSupervisor box = fixture.box();
    for (int i = 0; i < 200; i++) {
      CompletableFuture<Void> stop = async(() -> box.stop(Duration.ZERO));
      order(box);
      got(stop);
      box.destroy();
    }
  }

  @Test
  void stopWaitsForARequestInFlight() {
    slowBox();
    CompletableFuture<Response> slow = async(() -> fixture.box().fetch(PORT, get("/slow")));
    program.awaitEntered();
    CompletableFuture<Void> stop = async(() -> fixture.box().stop(LONG));
    awaitStatus(fixture.box(), ContainerState.Status.STOPPING);
    assertThat(program.signals).hasValue(0);
    program.release();
    assertThat(got(slow).body().text()).isEqualTo("slow");
    got(stop);
    assertThat(program.signals).hasValue(1);
  }

  @Test
  void stopWaitsForAnAnswerThatIsStillBeingRead() throws IOException {
    slowBox();
    Response response = fixture.box().fetch(PORT, get("/stream"));
    program.awaitEntered();
    CompletableFuture<Void> stop = async(() -> fixture.box().stop(LONG));
    awaitStatus(fixture.box(), ContainerState.Status.STOPPING);
    try (InputStream in = response.body().stream()) {
      assertThat(in.readNBytes(5)).asString().isEqualTo("begin");
      assertThat(program.signals).hasValue(0);
      assertThat(stop).isNotDone();
      program.release();
      assertThat(in.readAllBytes()).asString().isEqualTo("end");
    }
    got(stop);
    assertThat(program.signals).hasValue(1);
  }

  @Test
  void stopGoesOnWhenTheGraceIsOver() {
    slowBox();
    CompletableFuture<Response> slow = async(() -> fixture.box().fetch(PORT, get("/slow")));
    program.awaitEntered();
    fixture.box().stop(Duration.ofMillis(100));
    assertThat(program.signals).hasValue(1);
    assertThat(fault(slow).code()).isEqualTo(ErrorCode.CONTAINER_DISCONNECTED);
    assertThat(fixture.box().running()).isFalse();
  }

  @Test
  void anAnswerThatNobodyReadsHoldsUpOnlyTheStopOfItsOwnContainer() {
    slowBox();
    Response forgotten = fixture.box().fetch(PORT, get("/stream"));
    fixture.box().stop(Duration.ofMillis(50));
    run(fixture.box());
    long before = System.nanoTime();
    fixture.box().stop(LONG);
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(LONG.dividedBy(2));
    assertThat(forgotten.status()).isEqualTo(200);
  }

  @Test
  void aRequestToAStoppingContainerIsRefusedAndNeverSent() {
    slowBox();
    CompletableFuture<Response> slow = async(() -> fixture.box().fetch(PORT, get("/slow")));
    program.awaitEntered();
    CompletableFuture<Void> stop = async(() -> fixture.box().stop(LONG));
    awaitStatus(fixture.box(), ContainerState.Status.STOPPING);
    assertThat(fault(() -> fixture.box().fetch(PORT, get("/"))).code())
        .isEqualTo(ErrorCode.CONTAINER_NOT_RUNNING);
    program.release();
    got(slow);
    got(stop);
  }

  @Test
  void aRequestToAStoppedContainerIsRefused() {
    assertThat(fault(() -> fixture.box().fetch(PORT, get("/"))).code())
        .isEqualTo(ErrorCode.CONTAINER_NOT_RUNNING);
  }

  @Test
  void aDestroyCutsAStopShort() {
    slowBox();
    CompletableFuture<Response> slow = async(() -> fixture.box().fetch(PORT, get("/slow")));
    program.awaitEntered();
    CompletableFuture<Void> stop = async(() -> fixture.box().stop(LONG));
    awaitStatus(fixture.box(), ContainerState.Status.STOPPING);
    fixture.box().destroy();
    got(stop);
    assertThat(fault(slow).code()).isEqualTo(ErrorCode.CONTAINER_DISCONNECTED);
    assertThat(program.signals).hasValue(0);
    run(fixture.box());
  }

  @Test
  void manyStopsAndDestroysAtOnceAllReturn() {
    slowBox();
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      all.add(async(() -> fixture.box().stop(LONG)));
      all.add(async(() -> fixture.box().destroy()));
    }
    all.forEach(ContainerStopTest::got);
    await("onStop").until(() -> !fixture.boxHooks().ends.isEmpty());
    assertThat(fixture.boxHooks().ends).hasSize(1);
  }

  @Test
  void aStopThatTheEngineDoesNotTakeIsRepeatedUntilItDoes() {
    slowBox();
    fixture.engine.goesDown();
    assertThat(fault(() -> fixture.box().stop(LONG)).code())
        .isEqualTo(ErrorCode.ENGINE_UNAVAILABLE);
    awaitStatus(fixture.box(), ContainerState.Status.STOPPING);
    assertThat(fault(() -> fixture.box().stop(LONG)))
        .as("whoever waits for it is told at once")
        .hasMessageContaining("cannot be ended yet");
    assertThat(fault(() -> fixture.box().monitor().get()).code())
        .isEqualTo(ErrorCode.ENGINE_UNAVAILABLE);
    fixture.engine.comesBack();
    fixture.awaitGone("box", "a");
    run(fixture.box());
  }

  @Test
  void aDestroyThatTheEngineDoesNotTakeIsRepeatedUntilItDoes() {
    slowBox();
    fixture.engine.goesDown();
    assertThat(fault(() -> fixture.box().destroy()).code()).isEqualTo(ErrorCode.ENGINE_UNAVAILABLE);
    fixture.engine.comesBack();
    fixture.awaitGone("box", "a");
    run(fixture.box());
  }

  @Test
  void aRestartRightAfterADestroyWorks() {
    for (int round = 1; round <= 10; round++) {
      run(fixture.box());
      fixture.box().destroy();
      assertThat(fixture.box().running()).isFalse();
      assertThat(fixture.engine.created()).isEqualTo(round);
    }
  }

  // Signals.

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 65, Integer.MAX_VALUE})
  void signalsOutOfRangeAreRefused(int number) {
    HoldfastException fault = fault(() -> fixture.box().signal(number));
    assertThat(fault.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(fault).hasMessage("Invalid signal number.");
  }

  @Test
  void aSignalToAStoppedContainerIsRefused() {
    HoldfastException fault = fault(() -> fixture.box().signal(15));
    assertThat(fault.code()).isEqualTo(ErrorCode.WRONG_STATE);
    assertThat(fault).hasMessage("signal() cannot be called on a container that is not running.");
  }

  @Test
  void aSignalToAContainerThatHasJustEndedIsRefusedLikewise() {
    ContainerSupervisor box = run(fixture.box());
    fixture.boxContainer().onSignal(number -> {});
    fixture.engine.goesDown();
    fixture.boxContainer().exit(0);
    assertThat(fault(() -> box.signal(10)).code()).isEqualTo(ErrorCode.ENGINE_UNAVAILABLE);
    fixture.engine.comesBack();
    assertThat(fault(() -> box.signal(10)).code()).isEqualTo(ErrorCode.WRONG_STATE);
  }

  @Test
  void aSignalDuringAStartIsDeliveredOnceItRuns() {
    fixture.engine.image("app", program);
    fixture.engine.holdStarts();
    order(fixture.box());
    CompletableFuture<Void> signal = async(() -> fixture.box().signal(64));
    assertThat(signal).isNotDone();
    fixture.engine.releaseStarts();
    got(signal);
    assertThat(program.signals).hasValue(1);
  }
}
