package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.PERMITTED;
import static io.holdfast.node.container.ContainerFixture.PORT;
import static io.holdfast.node.container.ContainerFixture.async;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.awaitStatus;
import static io.holdfast.node.container.ContainerFixture.fault;
import static io.holdfast.node.container.ContainerFixture.get;
import static io.holdfast.node.container.ContainerFixture.order;
import static io.holdfast.node.container.ContainerFixture.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.ImagePull;
import io.holdfast.engine.ImagePulls;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.StartOptions;
import io.holdfast.testkit.FakeContainerEngine.Verb;
import io.holdfast.testkit.FakeProgram;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Starts: their states, failures and limits.
class ContainerStartTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private final ContainerFixture fixture = new ContainerFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void aStartGoesThroughItsStates() {
    ContainerSupervisor box = fixture.box();
    fixture.engine.holdStarts();
    assertThat(box.running()).isFalse();
    order(box);
    assertThat(box.running()).isTrue();
    assertThat(box.state().status()).isEqualTo(ContainerState.Status.STARTING);
    fixture.engine.releaseStarts();
    awaitStatus(box, ContainerState.Status.RUNNING);
    box.awaitReady(new Readiness.AnyHttp(PORT), TIMEOUT);
    assertThat(box.state().status()).isEqualTo(ContainerState.Status.HEALTHY);
  }

  @Test
  void aSecondStartIsRefusedWhileItStartsRunsAndStops() {
    ContainerSupervisor box = fixture.box();
    fixture.engine.holdStarts();
    order(box);
    assertRefused(box);
    fixture.engine.releaseStarts();
    awaitStatus(box, ContainerState.Status.RUNNING);
    assertRefused(box);
    fixture.boxContainer().onSignal(number -> {});
    CompletableFuture<Void> stop = async(() -> box.stop(Duration.ofMinutes(1)));
    awaitStatus(box, ContainerState.Status.STOPPING);
    assertRefused(box);
    fixture.boxContainer().exit(0);
    get(stop);
    assertThat(fixture.engine.created()).isEqualTo(1);
  }

  private static void assertRefused(ContainerSupervisor box) {
    HoldfastException fault = fault(() -> order(box));
    assertThat(fault.code()).isEqualTo(ErrorCode.WRONG_STATE);
    assertThat(fault)
        .hasMessage("start() cannot be called on a container that is already running.");
  }

  @Test
  void tellsTheContainerWhoseItIs() {
    fixture
        .box()
        .start(StartOptions.DEFAULT.env(Map.of("COLOR", "red")).entrypoint("/app"), PERMITTED);
    awaitStatus(fixture.box(), ContainerState.Status.RUNNING);
    assertThat(fixture.boxContainer().spec().env())
        .containsEntry("COLOR", "red")
        .containsEntry("CLOUDFLARE_DURABLE_OBJECT_ID", ContainerFixture.key("box", "a").objectId())
        .containsEntry("CLOUDFLARE_LOCATION", "local");
  }

  @Test
  void theEngineIsNotAskedBeforeTheStartIsPermitted() {
    CompletableFuture<Void> permitted = new CompletableFuture<>();
    fixture.box().start(StartOptions.DEFAULT, permitted);
    CompletableFuture<Void> ready =
        async(() -> fixture.box().awaitReady(new Readiness.Running(), TIMEOUT));
    assertThat(fixture.engine.calls(Verb.START)).isZero();
    permitted.complete(null);
    get(ready);
    assertThat(fixture.engine.calls(Verb.START)).isEqualTo(1);
  }

  @Test
  void aStartThatIsNotPermittedNeverReachesTheEngine() {
    CompletableFuture<Void> permitted = new CompletableFuture<>();
    fixture.box().start(StartOptions.DEFAULT, permitted);
    CompletableFuture<ContainerExit> end = async(() -> fixture.box().monitor().get());
    permitted.completeExceptionally(
        new HoldfastException(ErrorCode.STORAGE_FAILED, "the write failed"));
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED);
    assertThat(fault(end).code()).isEqualTo(ErrorCode.STORAGE_FAILED);
    assertThat(fixture.engine.calls(Verb.START)).isZero();
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "IMAGE_NOT_FOUND",
        "CONTAINER_START_FAILED",
        "CONTAINER_NO_CAPACITY",
        "ENGINE_UNAVAILABLE"
      })
  void aFailedStartFailsAllWhoWaitWithItsCodeAndTheNextOneTriesAgain(ErrorCode code) {
    ContainerSupervisor box = fixture.box();
    fixture.engine.holdStarts();
    for (int i = 0; i < (code == ErrorCode.ENGINE_UNAVAILABLE ? 3 : 1); i++) {
      fixture.engine.startFails(code, "no such luck");
    }
    order(box);
    List<CompletableFuture<?>> waiting =
        List.of(
            async(() -> box.awaitReady(new Readiness.AnyHttp(PORT), TIMEOUT)),
            async(() -> box.awaitReady(new Readiness.Running(), TIMEOUT)),
            async(() -> box.fetch(PORT, Request.get("http://x/"))),
            async(() -> box.monitor().get()));
    assertThat(waiting).noneMatch(CompletableFuture::isDone);
    fixture.engine.releaseStarts();
    waiting.forEach(each -> assertThat(fault(each).code()).isEqualTo(code));
    assertThat(box.state().status()).isEqualTo(ContainerState.Status.STOPPED);
    assertThat(fixture.containers()).isZero();

    run(box);
    assertThat(box.fetch(PORT, Request.get("http://x/")).body().text()).isEqualTo("hello");
    assertThat(fixture.engine.created()).isEqualTo(1);
  }

  @Test
  void aMissingImageIsToldByItsName() {
    fixture.engine.imageMissing("app");
    order(fixture.box());
    HoldfastException fault =
        fault(() -> fixture.box().awaitReady(new Readiness.Running(), TIMEOUT));
    assertThat(fault.code()).isEqualTo(ErrorCode.IMAGE_NOT_FOUND);
  }

  @Test
  void anEngineThatIsAwayIsToldAndTheNextStartFindsItAgain() {
    fixture.engine.goesDown();
    CompletableFuture<Void> permitted = new CompletableFuture<>();
    fixture.box().start(StartOptions.DEFAULT, permitted);
    CompletableFuture<Response> waiting =
        async(() -> fixture.box().fetch(PORT, Request.get("http://x/")));
    permitted.complete(null);
    assertThat(fault(waiting).code()).isEqualTo(ErrorCode.ENGINE_UNAVAILABLE);
    fixture.engine.comesBack();
    run(fixture.box());
  }

  @Test
  void aStartWhoseReplyWasLostIsRepeatedAndFindsItsContainer() {
    fixture.engine.forgetsReply();
    run(fixture.box());
    assertThat(fixture.engine.calls(Verb.START)).isEqualTo(2);
    assertThat(fixture.engine.created()).isEqualTo(1);
    assertThat(fixture.containers()).isEqualTo(1);
  }

  @Test
  void whatAStartThatWasGivenUpLeftOnTheEngineIsRemoved() {
    fixture.engine.forgetsReply();
    fixture.engine.forgetsReply();
    fixture.engine.forgetsReply();
    order(fixture.box());
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED);
    fixture.awaitGone("box", "a");
    assertThat(fixture.engine.created()).isEqualTo(1);
  }

  @Test
  void whatAGivenUpStartLeftIsRemovedOnlyUntilTheNextOneHasItsOwn() {
    fixture.engine.forgetsReply();
    fixture.engine.forgetsReply();
    fixture.engine.forgetsReply();
    order(fixture.box());
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED);
    fixture.engine.goesDown();
    fixture.engine.comesBack();
    run(fixture.box());
    assertThat(fixture.box().fetch(PORT, Request.get("http://x/")).body().text())
        .isEqualTo("hello");
    assertThat(fixture.containers()).isEqualTo(1);
    assertThat(fixture.box().state().status()).isEqualTo(ContainerState.Status.RUNNING);
  }

  @Test
  void whoAsksLaterStillHearsThatItEnded() {
    fixture.engine.image("app", FakeProgram.exiting(3));
    order(fixture.box());
    fixture.awaitGone("box", "a");
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED_WITH_CODE);
    HoldfastException fault =
        fault(() -> fixture.box().awaitReady(new Readiness.AnyHttp(PORT), TIMEOUT));
    assertThat(fault.code()).isEqualTo(ErrorCode.CONTAINER_START_FAILED);
    assertThat(fault).hasMessageContaining("exit code 3");
  }

  @Test
  void aContainerThatEndsBeforeItIsReadyTellsHowAndItsLastLogLines() {
    AtomicInteger asked = new AtomicInteger();
    fixture.engine.image(
        "app",
        FakeProgram.serving(
            PORT,
            exchange -> {
              exchange.sendResponseHeaders(503, -1);
              exchange.close();
              asked.incrementAndGet();
            }));
    run(fixture.box());
    CompletableFuture<Void> ready =
        async(() -> fixture.box().awaitReady(new Readiness.Http(PORT, "/health"), TIMEOUT));
    await("a probe").until(() -> asked.get() > 0);
    fixture.boxContainer().log("cannot bind");
    fixture.boxContainer().exit(3);
    HoldfastException fault = fault(ready);
    assertThat(fault.code()).isEqualTo(ErrorCode.CONTAINER_START_FAILED);
    assertThat(fault).hasMessageContaining("exit code 3").hasMessageContaining("cannot bind");
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED_WITH_CODE);
  }

  @Test
  void whoAsksAfterAFailedStartHearsWhyItFailed() {
    fixture.engine.imageMissing("app");
    order(fixture.box());
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED);
    assertThat(fault(() -> fixture.box().awaitReady(new Readiness.AnyHttp(PORT), TIMEOUT)).code())
        .isEqualTo(ErrorCode.IMAGE_NOT_FOUND);
    assertThat(fault(() -> fixture.box().fetch(PORT, Request.get("http://x/"))).code())
        .isEqualTo(ErrorCode.IMAGE_NOT_FOUND);
    assertThat(fault(() -> fixture.box().monitor().get()).code())
        .isEqualTo(ErrorCode.IMAGE_NOT_FOUND);
  }

  @Test
  void aFailedStartIsNotShownAsTheEndOfTheRunBefore() {
    run(fixture.box());
    fixture.boxContainer().exit(3);
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED_WITH_CODE);
    fixture.engine.startFails(ErrorCode.CONTAINER_START_FAILED, "no such luck");
    order(fixture.box());
    await("the failure").until(() -> !fixture.box().running());
    assertThat(fixture.box().state().status()).isEqualTo(ContainerState.Status.STOPPED);
  }

  @Test
  void aClockThatWasSetBackDoesNotHinderARestart() {
    fixture.boxHooks().onEnded = exit -> new CompletableFuture<>();
    run(fixture.box());
    fixture.boxContainer().exit(0);
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED);
    fixture.clockOffsetMillis.set(-60_000);
    run(fixture.box());
    assertThat(fixture.containers()).isEqualTo(1);
  }

  // Capacity.

  @Test
  void beyondMaxInstancesAStartIsRefusedWithTheLimit() {
    run(fixture.supervisor("few", "a"));
    run(fixture.supervisor("few", "b"));
    ContainerSupervisor third = fixture.supervisor("few", "c");
    order(third);
    HoldfastException fault = fault(() -> third.awaitReady(new Readiness.Running(), TIMEOUT));
    assertThat(fault.code()).isEqualTo(ErrorCode.CONTAINER_NO_CAPACITY);
    assertThat(fault)
        .hasMessage(
            "Maximum number of running container instances exceeded: namespace test.few has"
                + " maxInstances 2; waited 0 ms for one to end");
    assertThat(fixture.engine.created()).isEqualTo(2);
  }

  @Test
  void aStartThatIsNotYetPermittedTakesNoInstanceFromOthers() {
    CompletableFuture<Void> permitted = new CompletableFuture<>();
    fixture.supervisor("few", "c").start(StartOptions.DEFAULT, permitted);
    run(fixture.supervisor("few", "a"));
    run(fixture.supervisor("few", "b"));
    permitted.complete(null);
    await("the first to be refused").until(() -> !fixture.supervisor("few", "c").running());
  }

  @Test
  void startsAtTheSameTimeGetExactlyAsManyInstancesAsThereMayBe() {
    List<ContainerSupervisor> all = new ArrayList<>();
    CompletableFuture<Void> permitted = new CompletableFuture<>();
    for (int i = 0; i < 20; i++) {
      ContainerSupervisor each = fixture.supervisor("few", "x" + i);
      each.start(StartOptions.DEFAULT, permitted);
      all.add(each);
    }
    permitted.complete(null);
    await("all to be decided")
        .until(() ->
            all.stream()
                .noneMatch(each -> each.state().status() == ContainerState.Status.STARTING));
    assertThat(all.stream().filter(ContainerSupervisor::running)).hasSize(2);
    assertThat(fixture.containers()).isEqualTo(2);
  }

  @Test
  void everyWayToEndGivesTheInstanceBack() {
    ContainerSupervisor one = fixture.supervisor("few", "a");
    ContainerSupervisor two = fixture.supervisor("few", "b");
    for (int round = 0; round < 3; round++) {
      fixture.engine.startFails(ErrorCode.CONTAINER_START_FAILED, "no such luck");
      order(one);
      await("the failure").until(() -> !one.running());
      run(one);
      run(two);
      fixture.container("few", "a").exit(round);
      two.stop(Duration.ofMillis(100));
      await("the exit").until(() -> !one.running());
      run(one);
      run(two);
      one.destroy();
      fixture.engine.vanishes(fixture.container("few", "b").id());
      await("the loss").until(() -> !two.running());
      fixture.engine.holdStarts();
      order(one);
      CompletableFuture<Void> destroyed = async(one::destroy);
      awaitStatus(one, ContainerState.Status.STOPPING);
      fixture.engine.releaseStarts();
      get(destroyed);
    }
    run(one);
    run(two);
    order(fixture.supervisor("few", "c"));
    await("the third to be refused").until(() -> !fixture.supervisor("few", "c").running());
    assertThat(fixture.containers()).isEqualTo(2);
  }

  // Other orders while it starts.

  @Test
  void aStopDuringAStartEndsTheContainerAsSoonAsItHasStarted() {
    assertEndsOnceStarted(box -> box.stop(Duration.ofSeconds(10)));
  }

  @Test
  void aDestroyDuringAStartEndsTheContainerAsSoonAsItHasStarted() {
    assertEndsOnceStarted(ContainerSupervisor::destroy);
  }

  private void assertEndsOnceStarted(java.util.function.Consumer<ContainerSupervisor> order) {
    ContainerSupervisor box = fixture.box();
    fixture.engine.holdStarts();
    order(box);
    CompletableFuture<ContainerExit> end = async(() -> box.monitor().get());
    CompletableFuture<Void> ordered = async(() -> order.accept(box));
    awaitStatus(box, ContainerState.Status.STOPPING);
    assertThat(ordered).isNotDone();
    fixture.engine.releaseStarts();
    get(ordered);
    assertThat(get(end).reason()).isEqualTo(ContainerExit.Reason.RUNTIME_SIGNAL);
    assertThat(box.state().status()).isEqualTo(ContainerState.Status.STOPPED);
    fixture.awaitGone("box", "a");
    assertThat(fixture.boxHooks().ends).hasSize(1);
    run(box);
    assertThat(fixture.engine.created()).isEqualTo(2);
  }

  @Test
  void aStopDuringAStartThatFailsLeavesItStopped() {
    ContainerSupervisor box = fixture.box();
    fixture.engine.holdStarts();
    fixture.engine.startFails(ErrorCode.CONTAINER_START_FAILED, "no such luck");
    order(box);
    CompletableFuture<Void> stopped = async(() -> box.stop(Duration.ofSeconds(10)));
    awaitStatus(box, ContainerState.Status.STOPPING);
    fixture.engine.releaseStarts();
    get(stopped);
    assertThat(box.state().status()).isEqualTo(ContainerState.Status.STOPPED);
    run(box);
  }

  @Test
  void aKillThatTheEngineDoesNotTakeIsRepeatedUntilItDoes() {
    ContainerSupervisor box = fixture.box();
    fixture.engine.holdStarts();
    fixture.engine.image("app", container -> fixture.engine.goesDown());
    order(box);
    CompletableFuture<Void> destroyed = async(box::destroy);
    awaitStatus(box, ContainerState.Status.STOPPING);
    fixture.engine.releaseStarts();
    await("the container to run").until(() -> fixture.hasContainer("box", "a"));
    assertThat(box.state().status()).isEqualTo(ContainerState.Status.STOPPING);
    assertThat(destroyed).isNotDone();
    fixture.engine.comesBack();
    get(destroyed);
    fixture.awaitGone("box", "a");
  }

  @Test
  void aProgramThatFailsToStartIsAFailedStart() {
    fixture.engine.image(
        "app",
        container -> {
          throw new IllegalStateException("bad entrypoint");
        });
    order(fixture.box());
    await("the failure").until(() -> !fixture.box().running());
    assertThat(fixture.hasContainer("box", "a")).isFalse();
    fixture.engine.image("app", FakeProgram.serving(PORT, "hello"));
    run(fixture.box());
  }

  @Test
  void tellsWhoWaitsInVainHowFarThePullOfTheImageIs() {
    ContainerSupervisor box = fixture.box();
    fixture.engine.holdStarts();
    fixture.engine.pulls(
        new ImagePulls(
            List.of(new ImagePull("app", Instant.now(), 3, 5, 40L << 20, 61L << 20)), 0, 0, 0));
    order(box);
    HoldfastException fault =
        fault(() -> box.awaitReady(new Readiness.Running(), Duration.ofMillis(50)));
    assertThat(fault.code()).isEqualTo(ErrorCode.TIMEOUT);
    assertThat(fault)
        .hasMessageContaining("pulling image app")
        .hasMessageContaining("3 of 5 layers, 40 of 61 MiB");
  }
}
