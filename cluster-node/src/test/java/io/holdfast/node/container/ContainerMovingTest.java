package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.address;
import static io.holdfast.node.container.ContainerFixture.async;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.fault;
import static io.holdfast.node.container.ContainerFixture.get;
import static io.holdfast.node.container.ContainerFixture.order;
import static io.holdfast.node.container.ContainerFixture.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.testkit.FakeContainerEngine.Verb;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Containers of a node whose objects may go to other nodes.
class ContainerMovingTest {
  private static final ObjectAddress BOX = address("box", "a");
  private static final Duration GRACE_MAX = Duration.ofSeconds(1);

  private final ContainerFixture fixture = new ContainerFixture();

  @BeforeEach
  void joinACluster() {
    fixture.heritage = ContainerHost.Heritage.REMOVED;
    fixture.restartsNode();
    fixture.host.open();
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void anObjectIsHeldUntilItHasHeardOfTheEndOfItsContainer() {
    CompletableFuture<Boolean> heard = new CompletableFuture<>();
    fixture.boxHooks().onEnded = _ -> heard;
    assertThat(fixture.host.holds(BOX)).isFalse();
    run(fixture.box());
    assertThat(fixture.host.holds(BOX)).isTrue();
    CompletableFuture<Void> left = fixture.host.leave(BOX, GRACE_MAX);
    await("the end").until(() -> !fixture.box().running());
    assertThat(fixture.host.holds(BOX)).as("not told yet").isTrue();
    assertThat(left).isNotDone();
    heard.complete(true);
    get(left);
    assertThat(fixture.host.holds(BOX)).isFalse();
    assertThat(fixture.boxHooks().idles).as("it may save what it wants").hasValue(1);
    assertThat(fixture.boxHooks().ends)
        .extracting(ContainerExit::reason)
        .containsExactly(ContainerExit.Reason.RUNTIME_SIGNAL);
    assertThat(fixture.containers()).isZero();
  }

  @Test
  void aContainerOfAnObjectThatLeavesIsNotStartedAgainUnlessItRemains() {
    run(fixture.box());
    get(fixture.host.leave(BOX, GRACE_MAX));
    assertThat(fault(() -> order(fixture.box())).code()).isEqualTo(ErrorCode.OBJECT_UNAVAILABLE);
    fixture.host.remain(BOX);
    run(fixture.box());
  }

  @Test
  void aContainerThatOnlySleepsIsStartedAgain() {
    run(fixture.box());
    get(fixture.host.sleep(BOX));
    assertThat(fixture.containers()).isZero();
    run(fixture.box());
  }

  @Test
  void aShutdownRefusesNoStartWhileOthersMayStillAskForIt() {
    run(fixture.box());
    fixture.host.sleepAll(Duration.ofSeconds(10));
    assertThat(fixture.containers()).isZero();
    run(fixture.box());
  }

  @Test
  void whatARestartedRunDoesIsNotEndedByASleepThatWasForTheOneBefore() {
    CompletableFuture<Boolean> idle = new CompletableFuture<>();
    fixture.boxHooks().onIdle = _ -> idle;
    run(fixture.box());
    CompletableFuture<Void> asleep = fixture.host.sleep(BOX);
    await("the question").until(() -> fixture.boxHooks().idles.get() == 1);
    fixture.box().stop(Duration.ZERO);
    await("room for the next").until(() -> fixture.boxHooks().ends.size() == 1);
    run(fixture.box());
    idle.complete(true);
    get(asleep);
    assertThat(fixture.box().running()).isTrue();
  }

  @Test
  void containersOfObjectsThatOthersHaveAreKilledWhateverTheirObjectsSay() {
    fixture.boxHooks().onEnded = _ -> new CompletableFuture<>();
    run(fixture.box());
    run(fixture.supervisor("box", "b"));
    fixture.host.endAll(BOX::equals);
    assertThat(fixture.box().running()).isFalse();
    assertThat(fixture.supervisor("box", "b").running()).isTrue();
    assertThat(fault(() -> order(fixture.box())).code()).isEqualTo(ErrorCode.OBJECT_UNAVAILABLE);
  }

  @Test
  void anEndIsWaitedForUntilTheEngineAnswers() {
    run(fixture.box());
    fixture.engine.goesDown();
    CompletableFuture<Void> ended = async(() -> fixture.host.endAll(_ -> true));
    await("a try").until(() -> fixture.engine.calls(Verb.SIGNAL) > 1);
    assertThat(ended).isNotDone();
    fixture.engine.comesBack();
    get(ended);
    assertThat(fixture.box().running()).isFalse();
  }

  @Test
  void whatAnEarlierLifeLeftIsRemovedAndNobodyIsTold() {
    run(fixture.box());
    fixture.restartsNode();
    fixture.host.open();
    assertThat(fixture.containers()).isZero();
    assertThat(fixture.box().running()).isFalse();
    assertThat(fixture.boxHooks().ends).isEmpty();
    run(fixture.box());
  }

  @Test
  void aStartWaitsUntilTheContainerThatTheObjectHadElsewhereMustHaveEnded() {
    long begun = System.nanoTime();
    fixture.host.lostElsewhere(BOX);
    order(fixture.box());
    run(fixture.supervisor("box", "b"));
    await("the other one").until(() -> fixture.hasContainer("box", "a"));
    assertThat(Duration.ofNanos(System.nanoTime() - begun))
        .isGreaterThanOrEqualTo(ContainerFixture.FENCE_MAX);
  }

  @Test
  void onANodeOfItsOwnNothingIsHeld() {
    fixture.heritage = ContainerHost.Heritage.ADOPTED;
    fixture.restartsNode();
    fixture.host.open();
    run(fixture.box());
    assertThat(fixture.host.holds(BOX)).isFalse();
  }
}
