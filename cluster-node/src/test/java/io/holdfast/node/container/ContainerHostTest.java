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
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.SleepMode;
import io.holdfast.testkit.FakeContainerEngine.Verb;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// All containers of a node together: its shutdown, and objects that come and go.
class ContainerHostTest {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  private final ContainerFixture fixture = new ContainerFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  // Shutdown.

  @Test
  void sleepAllRunsTheHookStopsAndReports() {
    List<String> names = List.of("a", "b", "c", "d", "e");
    List<Boolean> ranDuringHook = new ArrayList<>();
    for (String name : names) {
      run(fixture.supervisor("box", name));
      fixture.hooks("box", name).onIdle =
          still -> {
            synchronized (ranDuringHook) {
              ranDuringHook.add(still.getAsBoolean() && fixture.hasContainer("box", name));
            }
            return FakeHooks.done();
          };
    }
    run(fixture.low());
    fixture.host.sleepAll(DEADLINE);
    assertThat(fixture.containers()).isZero();
    assertThat(ranDuringHook).hasSize(5).containsOnly(true);
    for (String name : names) {
      assertThat(fixture.hooks("box", name).idles).hasValue(1);
      assertThat(fixture.hooks("box", name).ends)
          .extracting(ContainerExit::reason)
          .containsExactly(ContainerExit.Reason.RUNTIME_SIGNAL);
    }
  }

  @Test
  void sleepAllWaitsForAHookThatRunsAlready() {
    CompletableFuture<Boolean> hook = new CompletableFuture<>();
    fixture.boxHooks().onIdle = still -> hook;
    run(fixture.box()).inactivityTimeout(Duration.ofMillis(50));
    await("the expiry").until(() -> fixture.boxHooks().idles.get() == 1);
    CompletableFuture<Void> asleep = async(() -> fixture.host.sleepAll(DEADLINE));
    await("the shutdown to begin").until(() -> !startable(fixture.supervisor("box", "b")));
    assertThat(fixture.box().state().status()).isEqualTo(ContainerState.Status.RUNNING);
    hook.complete(true);
    get(asleep);
    assertThat(fixture.boxHooks().idles).hasValue(1);
    assertThat(fixture.containers()).isZero();
  }

  private static boolean startable(ContainerSupervisor supervisor) {
    order(supervisor);
    try {
      supervisor.awaitReady(new Readiness.Running(), DEADLINE);
      supervisor.destroy();
      return true;
    } catch (io.holdfast.sdk.HoldfastException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.OBJECT_UNAVAILABLE);
      return false;
    }
  }

  @Test
  void sleepAllReturnsAtItsDeadlineWhateverHangs() {
    fixture.boxHooks().onIdle = still -> new CompletableFuture<>();
    run(fixture.box());
    ContainerSupervisor deaf = run(fixture.supervisor("box", "deaf"));
    fixture.hooks("box", "deaf").onEnded = exit -> new CompletableFuture<>();
    ContainerSupervisor good = run(fixture.supervisor("box", "good"));
    long before = System.nanoTime();
    fixture.host.sleepAll(Duration.ofSeconds(3));
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(15));
    assertThat(good.running()).isFalse();
    assertThat(deaf.running()).isFalse();
    assertThat(fixture.box().running()).isTrue();
  }

  @Test
  void sleepAllCatchesContainersThatAreJustStarting() {
    fixture.engine.holdStarts();
    order(fixture.box());
    await("the start to reach the engine").until(() -> fixture.engine.calls(Verb.START) == 1);
    CompletableFuture<Void> asleep = async(() -> fixture.host.sleepAll(DEADLINE));
    awaitStatus(fixture.box(), ContainerState.Status.STOPPING);
    fixture.engine.releaseStarts();
    get(asleep);
    assertThat(fixture.containers()).isZero();
  }

  @Test
  void anObjectThatRestartsItsContainerInOnStopDoesNotKeepTheNodeAwake() {
    fixture.boxHooks().onEnded = exit -> FakeHooks.later(() -> startable(fixture.box()));
    run(fixture.box());
    fixture.host.sleepAll(DEADLINE);
    assertThat(fixture.box().running()).isFalse();
    assertThat(fixture.containers()).isZero();
    assertThat(fixture.engine.created()).isEqualTo(1);
  }

  @Test
  void closingLetsContainersRunAndFailsWhoWaits() {
    run(fixture.box()).inactivityTimeout(Duration.ofMillis(200));
    CompletableFuture<ContainerExit> end = async(() -> fixture.box().monitor().get());
    run(fixture.low());
    fixture.host.close();
    assertThat(fault(end).code()).isEqualTo(ErrorCode.ENGINE_UNAVAILABLE);
    assertThat(fixture.hasContainer("box", "a")).isTrue();
    assertThat(fixture.hasContainer("low", "a")).isTrue();
  }

  @Test
  void aClosedHostRunsNoMoreHooks() {
    run(fixture.box()).inactivityTimeout(Duration.ofMillis(300));
    fixture.host.close();
    int before = fixture.boxHooks().idles.get();
    CompletableFuture<Void> later = new CompletableFuture<>();
    later.completeOnTimeout(null, 1_000, java.util.concurrent.TimeUnit.MILLISECONDS);
    get(later);
    assertThat(fixture.boxHooks().idles).hasValue(before);
    assertThat(fixture.boxHooks().ends).isEmpty();
  }

  // Objects that come and go.

  @Test
  void anObjectThatComesBackFindsItsContainer() {
    ContainerSupervisor before = run(fixture.box());
    fixture.host.left(ContainerFixture.address("box", "a"));
    fixture.host.entered(
        ContainerFixture.address("box", "a"),
        Duration.ofMinutes(1),
        SleepMode.STOP,
        Duration.ofMinutes(1));
    assertThat(fixture.box()).isSameAs(before);
    assertThat(fixture.box().running()).isTrue();
  }

  @Test
  void anObjectWithoutRunningContainerLeavesNothingBehind() {
    ContainerSupervisor before = fixture.box();
    fixture.host.left(ContainerFixture.address("box", "a"));
    assertThat(fixture.box()).isNotSameAs(before);
  }

  @Test
  void codeThatIsLateCannotStartAContainerThatNobodyWouldFind() {
    ContainerSupervisor before = fixture.box();
    fixture.host.left(ContainerFixture.address("box", "a"));
    assertThat(fault(() -> order(before)).code()).isEqualTo(ErrorCode.OBJECT_UNAVAILABLE);
    run(fixture.box());
    assertThat(fixture.containers()).isEqualTo(1);
  }

  @Test
  void anObjectThatComesBackAtOnceNeverSeesTheContainerThatIsToEnd() {
    for (int round = 0; round < 50; round++) {
      run(fixture.low());
      fixture.host.left(ContainerFixture.address("low", "a"));
      assertThat(fixture.low().state().status())
          .isIn(ContainerState.Status.STOPPING, ContainerState.Status.STOPPED);
      fixture.low().destroy();
    }
  }

  @Test
  void anObjectThatLeavesWhileItsEndIsReportedIsStillToldOfIt() {
    CompletableFuture<Boolean> onStop = new CompletableFuture<>();
    fixture.boxHooks().onEnded = exit -> onStop;
    run(fixture.box());
    fixture.boxContainer().exit(3);
    await("onStop").until(() -> fixture.boxHooks().ends.size() == 1);
    fixture.host.left(ContainerFixture.address("box", "a"));
    run(fixture.box());
    onStop.complete(true);
    assertThat(fixture.box().fetch(PORT, Request.get("http://x/")).body().text())
        .isEqualTo("hello");
    assertThat(fixture.containers()).isEqualTo(1);
  }

  @Test
  void manyObjectsStartServeAndStopAtOnce() {
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      ContainerSupervisor each = fixture.supervisor("box", "x" + i);
      all.add(
          async(() -> {
            for (int round = 0; round < 5; round++) {
              order(each);
              each.awaitReady(new Readiness.AnyHttp(PORT), DEADLINE);
              Response response = each.fetch(PORT, Request.get("http://x/"));
              assertThat(response.body().text()).isEqualTo("hello");
              if (round % 2 == 0) {
                each.destroy();
              } else {
                each.stop(Duration.ofSeconds(5));
              }
            }
          }));
    }
    all.forEach(ContainerFixture::get);
    assertThat(fixture.engine.created()).isEqualTo(100);
    await("all to be removed").until(() -> fixture.containers() == 0);
    for (int i = 0; i < 20; i++) {
      assertThat(fixture.hooks("box", "x" + i).ends).hasSize(5);
    }
    // maxInstances is 20: none may have got lost.
    all.clear();
    for (int i = 0; i < 20; i++) {
      ContainerSupervisor each = fixture.supervisor("box", "x" + i);
      all.add(async(() -> run(each)).thenApply(any -> null));
    }
    all.forEach(ContainerFixture::get);
  }
}
