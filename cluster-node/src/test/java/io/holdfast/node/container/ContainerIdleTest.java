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
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.testkit.FakeContainerEngine.Verb;
import io.holdfast.testkit.FakeProgram;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// When an idle container is put to sleep, and when not.
class ContainerIdleTest {
  private static final Duration SHORT = Duration.ofMillis(100);
  private static final Duration LONG = Duration.ofMinutes(10);

  private final ContainerFixture fixture = new ContainerFixture();
  private final SlowProgram program = new SlowProgram();

  @AfterEach
  void close() {
    program.release();
    fixture.close();
  }

  private ContainerSupervisor box() {
    fixture.engine.image("app", program);
    return run(fixture.box());
  }

  private static Request request(String path) {
    return Request.get("http://x" + path);
  }

  /** As [io.holdfast.sdk.Container] does when its `onActivityExpired` is not overridden. */
  private void stopsWhenIdle(FakeHooks hooks, ContainerSupervisor supervisor) {
    hooks.onIdle =
        still ->
            FakeHooks.later(() -> {
              if (still.getAsBoolean()) {
                supervisor.stop(Duration.ofSeconds(5));
              }
            });
  }

  /** Long enough that a timer of [#SHORT] would have fired. */
  private void awaitSeveralTimeouts() {
    AtomicBoolean over = new AtomicBoolean();
    CompletableFuture.delayedExecutor(
            4 * SHORT.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS)
        .execute(() -> over.set(true));
    await("some time to pass").untilTrue(over);
  }

  @Test
  void anIdleContainerAsksItsObjectOnceAndIsStopped() {
    stopsWhenIdle(fixture.boxHooks(), fixture.box());
    box().inactivityTimeout(SHORT);
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED);
    await("onStop").until(() -> !fixture.boxHooks().ends.isEmpty());
    awaitSeveralTimeouts();
    assertThat(fixture.boxHooks().idles).hasValue(1);
    assertThat(fixture.boxHooks().ends)
        .containsExactly(new ContainerExit(0, ContainerExit.Reason.RUNTIME_SIGNAL));
  }

  @Test
  void theClockStartsWithTheContainerNotWithTheTimeout() {
    fixture.box().inactivityTimeout(SHORT);
    fixture.engine.holdStarts();
    order(fixture.box());
    awaitSeveralTimeouts();
    assertThat(fixture.boxHooks().idles).hasValue(0);
    fixture.engine.releaseStarts();
    await("the expiry").until(() -> fixture.boxHooks().idles.get() >= 1);
  }

  @Test
  void aContainerWithoutTimeoutIsNeverIdle() {
    box();
    awaitSeveralTimeouts();
    assertThat(fixture.boxHooks().idles).hasValue(0);
  }

  @Test
  void ifTheObjectLetsItRunOnTheClockStartsAnew() {
    AtomicLong lastNanos = new AtomicLong(System.nanoTime());
    AtomicLong shortestNanos = new AtomicLong(Long.MAX_VALUE);
    fixture.boxHooks().onIdle =
        still -> {
          long now = System.nanoTime();
          shortestNanos.accumulateAndGet(now - lastNanos.getAndSet(now), Math::min);
          return FakeHooks.done();
        };
    box();
    lastNanos.set(System.nanoTime());
    fixture.box().renewActivity();
    fixture.box().inactivityTimeout(SHORT);
    await("four expiries").until(() -> fixture.boxHooks().idles.get() >= 4);
    assertThat(fixture.box().running()).isTrue();
    assertThat(Duration.ofNanos(shortestNanos.get())).isGreaterThan(SHORT.dividedBy(2));
  }

  @Test
  void aFailingOnActivityExpiredIsCalledAgainAtTheNextExpiry() {
    fixture.boxHooks().onIdle =
        still ->
            fixture.boxHooks().idles.get() < 3
                ? CompletableFuture.failedFuture(
                    new HoldfastException(ErrorCode.OBJECT_OVERLOADED, "too much to do"))
                : FakeHooks.later(() -> fixture.box().stop(Duration.ofSeconds(5)));
    box().inactivityTimeout(SHORT);
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED);
    assertThat(fixture.boxHooks().idles).hasValue(3);
  }

  @Test
  void aRequestInFlightKeepsTheContainerAwake() {
    box();
    CompletableFuture<Response> slow = async(() -> fixture.box().fetch(PORT, request("/slow")));
    program.awaitEntered();
    fixture.box().inactivityTimeout(SHORT);
    awaitSeveralTimeouts();
    assertThat(fixture.boxHooks().idles).hasValue(0);
    program.release();
    get(slow);
    await("the expiry").until(() -> fixture.boxHooks().idles.get() >= 1);
  }

  @Test
  void whoWaitsForASlowBootKeepsTheContainerAwake() {
    AtomicBoolean probed = new AtomicBoolean();
    AtomicBoolean booted = new AtomicBoolean();
    fixture.engine.image(
        "app",
        FakeProgram.serving(
            PORT,
            exchange -> {
              probed.set(true);
              exchange.sendResponseHeaders(booted.get() ? 204 : 503, -1);
              exchange.close();
            }));
    run(fixture.box());
    CompletableFuture<Void> ready =
        async(() -> fixture.box().awaitReady(new Readiness.Http(PORT, "/"), LONG));
    await("a probe").untilTrue(probed);
    fixture.box().inactivityTimeout(SHORT);
    awaitSeveralTimeouts();
    assertThat(fixture.boxHooks().idles).hasValue(0);
    booted.set(true);
    get(ready);
    await("the expiry").until(() -> fixture.boxHooks().idles.get() >= 1);
  }

  @Test
  void anAnswerThatIsReadSlowlyKeepsTheContainerAwake() throws IOException {
    box();
    Response response = fixture.box().fetch(PORT, request("/stream"));
    fixture.box().inactivityTimeout(SHORT);
    program.awaitEntered();
    awaitSeveralTimeouts();
    assertThat(fixture.boxHooks().idles).hasValue(0);
    program.release();
    try (InputStream in = response.body().stream()) {
      assertThat(in.readAllBytes()).asString().isEqualTo("beginend");
      await("the expiry").until(() -> fixture.boxHooks().idles.get() >= 1);
    }
  }

  @Test
  void anAnswerInFlightKeepsALowLevelContainerThatItsObjectLeft() throws IOException {
    fixture.engine.image("app", program);
    run(fixture.low());
    Response response = fixture.low().fetch(PORT, request("/stream"));
    program.awaitEntered();
    fixture.host.left(ContainerFixture.address("low", "a"));
    assertThat(fixture.low().state().status()).isEqualTo(ContainerState.Status.RUNNING);
    program.release();
    try (InputStream in = response.body().stream()) {
      assertThat(in.readAllBytes()).asString().isEqualTo("beginend");
    }
    fixture.awaitGone("low", "a");
  }

  @Test
  void anAnswerThatIsClosedUnreadKeepsNothingAwake() throws IOException {
    box();
    Response response = fixture.box().fetch(PORT, request("/stream"));
    fixture.box().inactivityTimeout(SHORT);
    response.body().stream().close();
    await("the expiry").until(() -> fixture.boxHooks().idles.get() >= 1);
  }

  @Test
  void aRequestThatFailsKeepsNothingAwake() {
    box().inactivityTimeout(SHORT);
    assertThat(fault(() -> fixture.box().fetch(9, request("/"))).code())
        .isEqualTo(ErrorCode.CONTAINER_NOT_LISTENING);
    await("the expiry").until(() -> fixture.boxHooks().idles.get() >= 1);
  }

  @Test
  void eachRequestAndEachRenewalStartsTheClockAnew() {
    Duration timeout = Duration.ofMillis(600);
    box().inactivityTimeout(timeout);
    long end = System.nanoTime() + 3 * timeout.toNanos();
    AtomicInteger turn = new AtomicInteger();
    await("three timeouts to pass")
        .pollInterval(Duration.ofMillis(20))
        .until(() -> {
          if (turn.getAndIncrement() % 2 == 0) {
            fixture.box().fetch(PORT, request("/"));
          } else {
            fixture.box().renewActivity();
          }
          return System.nanoTime() > end;
        });
    assertThat(fixture.boxHooks().idles).hasValue(0);
    await("the expiry").until(() -> fixture.boxHooks().idles.get() >= 1);
  }

  @Test
  void anExpiryOverlapsNoOther() {
    CompletableFuture<Boolean> hook = new CompletableFuture<>();
    fixture.boxHooks().onIdle = still -> hook;
    box().inactivityTimeout(SHORT);
    await("the expiry").until(() -> fixture.boxHooks().idles.get() >= 1);
    fixture.box().fetch(PORT, request("/"));
    awaitSeveralTimeouts();
    assertThat(fixture.boxHooks().idles).hasValue(1);
    hook.complete(true);
    await("the next expiry").until(() -> fixture.boxHooks().idles.get() > 1);
  }

  @Test
  void aRequestThatCameBeforeTheObjectCouldRunItsHookCallsItOff() {
    CompletableFuture<Boolean> turn = new CompletableFuture<>();
    CompletableFuture<Boolean> stillIdle = new CompletableFuture<>();
    fixture.boxHooks().onIdle =
        still -> turn.thenApply(any -> stillIdle.complete(still.getAsBoolean()));
    box().inactivityTimeout(SHORT);
    await("the expiry").until(() -> fixture.boxHooks().idles.get() >= 1);
    CompletableFuture<Response> slow = async(() -> fixture.box().fetch(PORT, request("/slow")));
    program.awaitEntered();
    turn.complete(true);
    assertThat(get(stillIdle)).isFalse();
    program.release();
    get(slow);
  }

  @Test
  void aTimeoutCanBeShortenedAndLengthened() {
    box().inactivityTimeout(LONG);
    fixture.box().inactivityTimeout(SHORT);
    await("the expiry").until(() -> fixture.boxHooks().idles.get() >= 1);
    fixture.box().inactivityTimeout(LONG);
    int before = fixture.boxHooks().idles.get();
    awaitSeveralTimeouts();
    assertThat(fixture.boxHooks().idles.get()).isLessThanOrEqualTo(before + 1);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1})
  void aTimeoutThatIsNotPositiveIsRefused(long millis) {
    assertThat(fault(() -> fixture.box().inactivityTimeout(Duration.ofMillis(millis))).code())
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
  }

  @Test
  void anEnormousTimeoutMeansNever() {
    box().inactivityTimeout(Duration.ofSeconds(Long.MAX_VALUE));
    fixture.box().fetch(PORT, request("/"));
    assertThat(fixture.box().running()).isTrue();
    assertThat(fixture.boxHooks().idles).hasValue(0);
  }

  @Test
  void theClockGoesOnWhileTheObjectIsOutOfMemory() {
    stopsWhenIdle(fixture.boxHooks(), fixture.box());
    box().inactivityTimeout(SHORT);
    fixture.host.left(ContainerFixture.address("box", "a"));
    fixture.awaitGone("box", "a");
    assertThat(fixture.boxHooks().idles).hasValue(1);
  }

  @Test
  void theNextRunIsPutToSleepToo() {
    stopsWhenIdle(fixture.boxHooks(), fixture.box());
    box().inactivityTimeout(SHORT);
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED);
    order(fixture.box());
    await("the second expiry").until(() -> fixture.boxHooks().idles.get() == 2);
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED);
  }

  // Low level.

  @Test
  void anIdleContainerWithoutHooksIsStoppedByItself() {
    fixture.engine.image("app", program);
    run(fixture.low()).inactivityTimeout(SHORT);
    awaitStatus(fixture.low(), ContainerState.Status.STOPPED);
    assertThat(fixture.hooks("low", "a").idles).hasValue(0);
    assertThat(program.signals).hasValue(1);
    assertThat(fixture.low().state().status()).isEqualTo(ContainerState.Status.STOPPED);
  }

  @Test
  void withoutTimeoutALowLevelContainerEndsWhenItsObjectLeavesMemory() {
    run(fixture.low());
    fixture.host.left(ContainerFixture.address("low", "a"));
    fixture.awaitGone("low", "a");
  }

  @Test
  void withATimeoutALowLevelContainerOutlivesItsObject() {
    run(fixture.low()).inactivityTimeout(LONG);
    fixture.host.left(ContainerFixture.address("low", "a"));
    awaitSeveralTimeouts();
    assertThat(fixture.low().running()).isTrue();
    assertThat(fixture.engine.calls(Verb.DESTROY)).isZero();
  }

  @Test
  void aContainerOutlivesItsObject() {
    run(fixture.box());
    fixture.host.left(ContainerFixture.address("box", "a"));
    awaitSeveralTimeouts();
    assertThat(fixture.box().running()).isTrue();
    assertThat(fixture.box().fetch(PORT, request("/")).body().text()).isEqualTo("hello");
  }
}
