package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.DEADLINE;
import static io.holdfast.node.container.ContainerFixture.PORT;
import static io.holdfast.node.container.ContainerFixture.async;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.awaitStatus;
import static io.holdfast.node.container.ContainerFixture.fault;
import static io.holdfast.node.container.ContainerFixture.get;
import static io.holdfast.node.container.ContainerFixture.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerState;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ContainerState.Status;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.SleepMode;
import io.holdfast.testkit.FakeContainerEngine.Verb;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Containers that are frozen when idle, go on in place, and are stopped later.
class ContainerPauseTest {
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofMinutes(10);

  private final ContainerFixture fixture = new ContainerFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private ContainerSupervisor pausing(Duration pausedFor) {
    ContainerSupervisor box = run(fixture.box());
    box.inactivityTimeout(SHORT, SleepMode.PAUSE, pausedFor);
    return box;
  }

  private ContainerSupervisor paused() {
    ContainerSupervisor box = pausing(LONG);
    awaitStatus(box, Status.PAUSED);
    return box;
  }

  private static String fetch(ContainerSupervisor supervisor) {
    return supervisor.fetch(PORT, Request.get("http://x/")).body().text();
  }

  private ContainerState onEngine() {
    return fixture.engine.inspect(fixture.boxContainer().id());
  }

  /// The fake engine, with one verb that does something else.
  private void intercept(String verb, Interception interception) {
    fixture.host.close();
    ContainerEngine fake = fixture.engine.another(new io.holdfast.engine.Deployment("fake"));
    fixture.host =
        fixture.make(
            (ContainerEngine)
                Proxy.newProxyInstance(
                    getClass().getClassLoader(),
                    new Class<?>[] {ContainerEngine.class},
                    (_, method, arguments) -> {
                      try {
                        if (method.getName().equals(verb)) {
                          interception.run(() -> {
                            try {
                              method.invoke(fake, arguments);
                            } catch (ReflectiveOperationException e) {
                              throw new AssertionError(e);
                            }
                          });
                          return null;
                        }
                        return method.invoke(fake, arguments);
                      } catch (InvocationTargetException e) {
                        throw e.getCause();
                      }
                    }));
    fixture.host.open();
  }

  @FunctionalInterface
  private interface Interception {
    void run(Runnable verb) throws Exception;
  }

  @Test
  void anIdleContainerIsFrozenAndItsObjectNotWoken() {
    ContainerSupervisor box = paused();
    assertThat(onEngine()).isInstanceOf(ContainerState.Paused.class);
    assertThat(box.running()).isTrue();
    assertThat(fixture.boxHooks().idles).hasValue(0);
  }

  @Test
  void aRequestGoesOnInPlace() {
    ContainerSupervisor box = paused();
    ContainerId before = fixture.boxContainer().id();
    assertThat(fetch(box)).isEqualTo("hello");
    assertThat(fixture.boxContainer().id()).isEqualTo(before);
    assertThat(fixture.engine.calls(Verb.START)).isEqualTo(1);
    assertThat(onEngine()).isInstanceOf(ContainerState.Running.class);
    awaitStatus(box, Status.PAUSED);
    assertThat(fetch(box)).isEqualTo("hello");
  }

  @Test
  void fiftyRequestsAtOnceLetItGoOnOnce() {
    ContainerSupervisor box = paused();
    box.inactivityTimeout(LONG, SleepMode.PAUSE, LONG);
    List<CompletableFuture<String>> answers = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      answers.add(async(() -> fetch(box)));
    }
    answers.forEach(answer -> assertThat(get(answer)).isEqualTo("hello"));
    assertThat(fixture.engine.calls(Verb.RESUME)).isEqualTo(1);
    assertThat(box.state().status()).isNotEqualTo(Status.PAUSED);
  }

  @Test
  void whatWasFrozenForLongEnoughIsPutToSleepByItsObject() {
    fixture.boxHooks().onIdle =
        still -> FakeHooks.later(() -> fixture.box().stop(ContainerFixture.GRACE));
    ContainerSupervisor box = pausing(SHORT);
    awaitStatus(box, Status.STOPPED);
    fixture.awaitGone("box", "a");
    assertThat(fixture.engine.calls(Verb.PAUSE)).isEqualTo(1);
    await("onStop").until(() -> !fixture.boxHooks().ends.isEmpty());
  }

  @Test
  void whatIsUsedInBetweenIsNotStopped() {
    AtomicInteger idles = new AtomicInteger();
    fixture.boxHooks().onIdle =
        still -> {
          idles.incrementAndGet();
          return CompletableFuture.completedFuture(null);
        };
    ContainerSupervisor box = pausing(Duration.ofSeconds(2));
    long end = System.nanoTime() + Duration.ofSeconds(1).toNanos();
    while (System.nanoTime() < end) {
      awaitStatus(box, Status.PAUSED);
      assertThat(fetch(box)).isEqualTo("hello");
    }
    assertThat(idles).hasValue(0);
  }

  @Test
  void oneThatIsFrozenEndsWhenToldTo() {
    ContainerSupervisor box = paused();
    box.stop(ContainerFixture.GRACE);
    assertThat(box.state().status()).isEqualTo(Status.STOPPED);
    fixture.awaitGone("box", "a");
    run(box);
    box.inactivityTimeout(SHORT, SleepMode.PAUSE, LONG);
    awaitStatus(box, Status.PAUSED);
    box.destroy();
    assertThat(box.running()).isFalse();
    fixture.awaitGone("box", "a");
  }

  @Test
  void oneThatIsFrozenTakesSignalsAndQuestions() {
    ContainerSupervisor box = paused();
    box.awaitReady(new Readiness.AnyHttp(PORT), DEADLINE);
    assertThat(onEngine()).isInstanceOf(ContainerState.Running.class);
    awaitStatus(box, Status.PAUSED);
    box.signal(15);
    awaitStatus(box, Status.STOPPED_WITH_CODE);
  }

  @Test
  void oneThatIsKilledWhileItIsFrozenHasEnded() {
    ContainerSupervisor box = paused();
    CompletableFuture<ContainerExit> monitor = async(() -> box.monitor().get());
    fixture.engine.exits(fixture.boxContainer().id(), 137);
    assertThat(get(monitor).exitCode()).isEqualTo(137);
    awaitStatus(box, Status.STOPPED_WITH_CODE);
    assertThat(fault(() -> fetch(box)).code()).isEqualTo(ErrorCode.CONTAINER_NOT_RUNNING);
    fixture.awaitGone("box", "a");
    run(box);
    assertThat(fetch(box)).isEqualTo("hello");
  }

  private ContainerSupervisor beingFrozenUntil(CountDownLatch go) throws InterruptedException {
    CountDownLatch pausing = new CountDownLatch(1);
    intercept(
        "pause",
        verb -> {
          pausing.countDown();
          go.await();
          verb.run();
        });
    ContainerSupervisor box = pausing(LONG);
    pausing.await();
    return box;
  }

  @Test
  void aRequestThatComesWhileItIsBeingFrozenIsAnswered() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    ContainerSupervisor box = beingFrozenUntil(go);
    assertThat(box.state().status()).isNotEqualTo(Status.PAUSED);
    CompletableFuture<String> answer = async(() -> fetch(box));
    assertThat(answer.isDone()).isFalse();
    go.countDown();
    assertThat(get(answer)).isEqualTo("hello");
  }

  @Test
  void oneThatIsToldToStopWhileItIsBeingFrozenStops() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    ContainerSupervisor box = beingFrozenUntil(go);
    CompletableFuture<Void> stopped = async(() -> box.stop(ContainerFixture.GRACE));
    awaitStatus(box, Status.STOPPING);
    go.countDown();
    get(stopped);
    assertThat(box.state().status()).isEqualTo(Status.STOPPED);
  }

  @Test
  void oneThatTheEngineFrozeWithoutSayingSoGoesOnForTheNextRequest() {
    AtomicInteger idles = new AtomicInteger();
    fixture.boxHooks().onIdle =
        still -> {
          idles.incrementAndGet();
          return CompletableFuture.completedFuture(null);
        };
    intercept(
        "pause",
        verb -> {
          verb.run();
          throw new HoldfastException(ErrorCode.ENGINE_UNAVAILABLE, "the reply was lost");
        });
    ContainerSupervisor box = pausing(LONG);
    await("the attempt").until(() -> idles.get() > 0);
    assertThat(box.state().status()).isNotEqualTo(Status.PAUSED);
    assertThat(fetch(box)).isEqualTo("hello");
  }

  @Test
  void whatCannotBePausedIsPutToSleepAsUsual() {
    fixture.boxHooks().onIdle =
        still -> FakeHooks.later(() -> fixture.box().stop(ContainerFixture.GRACE));
    intercept(
        "pause",
        verb -> {
          throw new HoldfastException(ErrorCode.ENGINE_UNAVAILABLE, "no freezer");
        });
    awaitStatus(pausing(LONG), Status.STOPPED);
  }

  @Test
  void requestsFailWhileTheEngineIsAwayAndGoOnAfterwards() {
    ContainerSupervisor box = paused();
    fixture.engine.goesDown();
    assertThat(fault(() -> fetch(box)).code()).isEqualTo(ErrorCode.ENGINE_UNAVAILABLE);
    assertThat(box.state().status()).isEqualTo(Status.PAUSED);
    fixture.engine.comesBack();
    assertThat(fetch(box)).isEqualTo("hello");
  }

  @Test
  void noMoreArePausedThanMayBe() {
    fixture.pausedMax = 1;
    fixture.restartsNode();
    fixture.host.open();
    paused();
    AtomicInteger idles = new AtomicInteger();
    fixture.hooks("box", "b").onIdle =
        still -> {
          idles.incrementAndGet();
          return CompletableFuture.completedFuture(null);
        };
    ContainerSupervisor second = run(fixture.supervisor("box", "b"));
    second.inactivityTimeout(SHORT, SleepMode.PAUSE, LONG);
    await("the second one to be put to sleep instead").until(() -> idles.get() > 0);
    assertThat(second.state().status()).isNotEqualTo(Status.PAUSED);
    fixture.box().destroy();
    awaitStatus(second, Status.PAUSED);
  }

  @Test
  void theNextLifeOfTheNodeTakesOneOverThatIsFrozen() {
    paused();
    fixture.restartsNode();
    fixture.host.open();
    assertThat(fetch(fixture.box())).isEqualTo("hello");
    assertThat(fixture.engine.calls(Verb.START)).isEqualTo(1);
  }

  @Test
  void aNodeThatShutsDownStopsFrozenOnes() {
    ContainerSupervisor box = paused();
    fixture.host.sleepAll(DEADLINE);
    assertThat(box.state().status()).isEqualTo(Status.STOPPED);
    assertThat(fixture.containers()).isZero();
  }
}
