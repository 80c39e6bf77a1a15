package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.PORT;
import static io.holdfast.node.container.ContainerFixture.async;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.awaitStatus;
import static io.holdfast.node.container.ContainerFixture.get;
import static io.holdfast.node.container.ContainerFixture.order;
import static io.holdfast.node.container.ContainerFixture.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sdk.Container;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ContainerState.Status;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.testkit.FakeContainer;
import io.holdfast.testkit.FakeContainerEngine.Verb;
import io.holdfast.testkit.FakeProgram;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What users of other platforms complained of: each thread a test.
class SupportThreadsTest {
  private static final Duration SHORT = Duration.ofMillis(80);
  private static final Duration LONG = Duration.ofSeconds(20);

  private final ContainerFixture fixture = new ContainerFixture();
  private final List<ContainerExit> stops = new CopyOnWriteArrayList<>();
  private final FakeObject<Box> box = object("a", made -> {});

  @AfterEach
  void close() {
    fixture.close();
  }

  /** A container of the platform's class, as users write them. */
  static final class Box extends Container {
    private final SupportThreadsTest test;

    Box(ObjectContext ctx, Env env, SupportThreadsTest test) {
      super(ctx, env);
      this.test = test;
      defaultPort = PORT;
      stopGrace = Duration.ofSeconds(5);
    }

    void sleepsAfter(Duration duration) {
      sleepAfter = duration;
    }

    void isHealthyAt(String path) {
      healthPath = path;
    }

    void hasVariables(Map<String, String> variables) {
      envVars = variables;
    }

    @Override
    public void onStop(ContainerExit exit) {
      test.stops.add(exit);
    }
  }

  private FakeObject<Box> object(String name, Consumer<Box> settings) {
    return new FakeObject<>(
        fixture,
        name,
        (ctx, env) -> {
          Box made = new Box(ctx, env, this);
          settings.accept(made);
          return made;
        });
  }

  private static CompletableFuture<String> ask(FakeObject<Box> object) {
    return object.event(each -> each.fetch(Request.get("http://x/")).body().text());
  }

  private static boolean stopped(FakeObject<Box> object) {
    object.event(each -> {
      each.stop();
      return true;
    });
    awaitStatus(object.supervisor(), Status.STOPPED);
    return true;
  }

  private static Status status(FakeObject<Box> object) {
    return get(object.event(Box::state)).status();
  }

  private static void awaitSeveralTimeouts() {
    AtomicBoolean over = new AtomicBoolean();
    CompletableFuture.delayedExecutor(
            4 * SHORT.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS)
        .execute(() -> over.set(true));
    await("some time to pass").untilTrue(over);
  }

  // ---- what is shown is what runs
  // -----------------------------------------------------------------------------

  /// https://github.com/cloudflare/containers/issues/70
  @Test
  void aContainerThatDiedIsShownAsStoppedAndTheNextRequestStartsAFreshOne() {
    assertThat(get(ask(box))).isEqualTo("hello");
    fixture.boxContainer().exit(139);
    awaitStatus(box.supervisor(), Status.STOPPED_WITH_CODE);
    assertThat(status(box)).isEqualTo(Status.STOPPED_WITH_CODE);
    assertThat(get(ask(box))).isEqualTo("hello");
    assertThat(fixture.engine.created()).isEqualTo(2);
  }

  /// https://github.com/piconic-ai/barefootjs/issues/3097
  @Test
  void afterTheFirstIdleStopTheStateIsStoppedAndRequestsAreServedAgain() {
    FakeObject<Box> sleepy = object("b", made -> made.sleepsAfter(SHORT));
    for (int round = 1; round <= 3; round++) {
      assertThat(get(ask(sleepy))).isEqualTo("hello");
      awaitStatus(sleepy.supervisor(), Status.STOPPED);
      int starts = round;
      await("onStop").until(() -> stops.size() == starts);
    }
    assertThat(fixture.engine.created()).isEqualTo(3);
  }

  /// https://github.com/cloudflare/containers/issues/124
  @Test
  void stopIsShownAsStoppingAndARequestMeanwhileGetsAFreshContainer() {
    assertThat(get(ask(box))).isEqualTo("hello");
    FakeContainer first = fixture.boxContainer();
    first.onSignal(number -> {});
    CompletableFuture<Boolean> stop =
        box.event(each -> {
          each.stop();
          return true;
        });
    awaitStatus(box.supervisor(), Status.STOPPING);
    assertThat(status(box)).isEqualTo(Status.STOPPING);
    CompletableFuture<String> meanwhile = ask(box);
    first.exit(0);
    get(stop);
    assertThat(get(meanwhile)).isEqualTo("hello");
    assertThat(fixture.engine.created()).isEqualTo(2);
    await("onStop").until(() -> stops.size() == 1);
    assertThat(stops.getFirst().exitCode()).isZero();
  }

  /// https://github.com/cloudflare/workers-sdk/issues/9877
  @Test
  void anObjectThatWasNeverUsedIsStoppedAndNothingElse() {
    assertThat(status(box)).isEqualTo(Status.STOPPED);
    assertThat(get(ask(box))).isEqualTo("hello");
    assertThat(status(box)).isEqualTo(Status.HEALTHY);
  }

  /// https://github.com/cloudflare/workerd/issues/4433
  @Test
  void exitCodesAreToldAndNothingIsRestartedBehindTheObjectsBack() {
    assertThat(get(ask(box))).isEqualTo("hello");
    fixture.boxContainer().exit(42);
    await("onStop").until(() -> stops.size() == 1);
    assertThat(stops).containsExactly(new ContainerExit(42, ContainerExit.Reason.EXIT));
    fixture.awaitGone("box", "a");
    assertThat(get(box.event(Box::state)).exitCode()).hasValue(42);
    assertThat(fixture.engine.created()).isEqualTo(1);
  }

  /// https://github.com/cloudflare/workerd/issues/4326
  @Test
  void aFreshStartHasTheNewVariablesWhateverIsLeftUnderItsName() {
    List<String> colors = new ArrayList<>(List.of("red", "blue"));
    FakeObject<Box> colored =
        object("b", made -> made.hasVariables(Map.of("COLOR", colors.getFirst())));
    fixture.hooks("box", "b").onEnded = exit -> new CompletableFuture<>();
    assertThat(get(ask(colored))).isEqualTo("hello");
    assertThat(fixture.container("box", "b").spec().env()).containsEntry("COLOR", "red");
    fixture.container("box", "b").exit(0);
    awaitStatus(colored.supervisor(), Status.STOPPED);
    get(
        colored.event(each -> {
          each.hasVariables(Map.of("COLOR", "blue"));
          return true;
        }));
    assertThat(get(ask(colored))).isEqualTo("hello");
    assertThat(fixture.container("box", "b").spec().env()).containsEntry("COLOR", "blue");
  }

  // ---- starts
  // -------------------------------------------------------------------------------------------------

  /// https://github.com/cloudflare/containers/issues/232
  @Test
  void aSlowBootIsNeitherReportedAsDeadNorStartedTwice() {
    AtomicBoolean booted = new AtomicBoolean();
    fixture.engine.image(
        "app",
        FakeProgram.serving(
            PORT,
            exchange -> {
              if (booted.get()) {
                FakeProgram.answer(exchange, "up");
              } else {
                exchange.sendResponseHeaders(503, -1);
                exchange.close();
              }
            }));
    FakeObject<Box> slow = object("b", made -> made.isHealthyAt("/health"));
    List<CompletableFuture<String>> answers =
        IntStream.range(0, 5).mapToObj(i -> ask(slow)).toList();
    awaitStatus(slow.supervisor(), Status.RUNNING);
    awaitSeveralTimeouts();
    assertThat(status(slow)).isEqualTo(Status.RUNNING);
    assertThat(answers).noneMatch(CompletableFuture::isDone);
    booted.set(true);
    answers.forEach(each -> assertThat(get(each)).isEqualTo("up"));
    assertThat(fixture.engine.created()).isEqualTo(1);
    assertThat(stops).isEmpty();
  }

  /// https://github.com/cloudflare/containers/issues/139
  @Test
  void theFirstRequestAfterAColdStartWaitsUntilThePortListens() {
    fixture.engine.image("app", container -> {});
    CompletableFuture<String> first = ask(box);
    awaitStatus(box.supervisor(), Status.RUNNING);
    await("a container").until(() -> fixture.hasContainer("box", "a"));
    assertThat(first).isNotDone();
    fixture.boxContainer().listen(PORT, exchange -> FakeProgram.answer(exchange, "late"));
    assertThat(get(first)).isEqualTo("late");
  }

  /// https://github.com/cloudflare/containers/pull/188
  @Test
  void readinessIsAskedForAtThePathThatTellsIt() {
    AtomicInteger probes = new AtomicInteger();
    fixture.engine.image(
        "app",
        FakeProgram.serving(
            PORT,
            exchange -> {
              boolean probe = exchange.getRequestURI().getPath().equals("/ready");
              if (probe && probes.incrementAndGet() < 4) {
                exchange.sendResponseHeaders(500, -1);
                exchange.close();
              } else {
                FakeProgram.answer(exchange, "ready");
              }
            }));
    assertThat(get(ask(object("b", made -> made.isHealthyAt("/ready"))))).isEqualTo("ready");
    assertThat(probes.get()).isGreaterThanOrEqualTo(4);
  }

  /// https://github.com/cloudflare/containers/issues/173
  @Test
  void twoColdRequestsAtOnceMakeOneStart() {
    fixture.engine.startBlocksFor(Duration.ofMillis(50));
    CompletableFuture<String> one = ask(box);
    CompletableFuture<String> two = ask(box);
    assertThat(get(one)).isEqualTo("hello");
    assertThat(get(two)).isEqualTo("hello");
    assertThat(fixture.engine.calls(Verb.START)).isEqualTo(1);
  }

  /// https://github.com/cloudflare/workerd/issues/5996
  @Test
  void sixteenStartsAtOnceAllRunAndAnswer() {
    fixture.engine.startBlocksFor(Duration.ofMillis(20));
    List<FakeObject<Box>> all =
        IntStream.range(0, 16).mapToObj(i -> object("x" + i, made -> {})).toList();
    List<CompletableFuture<String>> answers = all.stream().map(SupportThreadsTest::ask).toList();
    answers.forEach(each -> assertThat(get(each)).isEqualTo("hello"));
    assertThat(all).allMatch(each -> status(each) == Status.HEALTHY);
    assertThat(fixture.containers()).isEqualTo(16);
  }

  /// https://github.com/cloudflare/sandbox-sdk/issues/794
  @Test
  void fiftyStartsAtOnceBelowTheLimitAllSucceedAndLeaveNoOrphan() {
    fixture.engine.startBlocksFor(Duration.ofMillis(5));
    List<ContainerSupervisor> all =
        IntStream.range(0, 50).mapToObj(i -> fixture.supervisor("many", "x" + i)).toList();
    all.forEach(ContainerFixture::order);
    all.forEach(each -> each.awaitReady(new Readiness.AnyHttp(PORT), LONG));
    assertThat(fixture.containers()).isEqualTo(50);
    assertThat(fixture.engine.created()).isEqualTo(50);
    all.stream().map(each -> async(each::destroy)).toList().forEach(ContainerFixture::get);
    await("all to be removed").until(() -> fixture.containers() == 0);
  }

  /// https://github.com/cloudflare/containers/issues/45
  @Test
  void aPlaceThatGetsFreeIsThereForTheNext() {
    ContainerSupervisor first = run(fixture.supervisor("few", "a"));
    run(fixture.supervisor("few", "b"));
    ContainerSupervisor third = fixture.supervisor("few", "c");
    first.destroy();
    order(third);
    third.awaitReady(new Readiness.AnyHttp(PORT), LONG);
    assertThat(third.fetch(PORT, Request.get("http://x/")).body().text()).isEqualTo("hello");
  }

  /// https://github.com/alchemy-run/alchemy/pull/708
  @Test
  void aProbeThatIsNeverAnsweredDoesNotHoldUpTheStart() {
    AtomicInteger requests = new AtomicInteger();
    CompletableFuture<Void> never = new CompletableFuture<>();
    fixture.engine.image(
        "app",
        FakeProgram.serving(
            PORT,
            exchange -> {
              if (requests.incrementAndGet() == 1) {
                never.join();
              }
              FakeProgram.answer(exchange, "second try");
            }));
    assertThat(get(ask(box))).isEqualTo("second try");
    never.complete(null);
  }

  /// https://github.com/cloudflare/containers/issues/233
  @Test
  void aContainerOfTheImageBeforeTheRolloutIsEndedWhenTheNodeStartsWithTheNewOne() {
    run(fixture.box());
    RunFact fact = fixture.book.all().getFirst();
    fixture.book.write(RunFact.of(fact.owner(), "app:before")).join();
    fixture.restartsNode();
    fixture.host.open();
    fixture.awaitGone("box", "a");
    run(fixture.box());
    assertThat(fixture.book.all()).singleElement().returns("app", RunFact::image);
  }

  // ---- sleep
  // --------------------------------------------------------------------------------------------------

  /// https://github.com/cloudflare/containers/pull/100
  @Test
  void aLongRequestInFlightIsNotCutByTheIdleStop() {
    SlowProgram program = new SlowProgram();
    fixture.engine.image("app", program);
    FakeObject<Box> sleepy = object("b", made -> made.sleepsAfter(SHORT));
    CompletableFuture<Response> slow =
        sleepy.event(each -> each.fetch(Request.get("http://x/slow")));
    program.awaitEntered();
    awaitSeveralTimeouts();
    assertThat(sleepy.supervisor().running()).isTrue();
    program.release();
    assertThat(get(slow).status()).isEqualTo(200);
    assertThat(fixture.engine.created()).isEqualTo(1);
    awaitStatus(sleepy.supervisor(), Status.STOPPED);
  }

  /// https://github.com/cloudflare/containers/issues/127
  @Test
  void theSleepAfterOfASubclassIsTheOneThatCounts() {
    FakeObject<Box> patient = object("b", made -> made.sleepsAfter(Duration.ofHours(2)));
    assertThat(get(ask(patient))).isEqualTo("hello");
    assertThat(fixture.book.all())
        .singleElement()
        .returns(Optional.of(Duration.ofHours(2)), RunFact::inactivityTimeout);
  }

  /// https://github.com/cloudflare/moltworker/issues/139
  @Test
  void neverMeansNeverAlsoAfterANodeWasStartedAnew() {
    FakeObject<Box> awake = object("b", made -> made.sleepsAfter(Duration.ofDays(1_000_000)));
    assertThat(get(ask(awake))).isEqualTo("hello");
    fixture.restartsNode();
    FakeObject<Box> later = object("b", made -> made.sleepsAfter(Duration.ofDays(1_000_000)));
    fixture.host.open();
    awaitSeveralTimeouts();
    assertThat(get(ask(later))).isEqualTo("hello");
    assertThat(fixture.engine.created()).isEqualTo(1);
    assertThat(fixture.hooks("box", "b").idles).hasValue(0);
  }

  /// https://github.com/cloudflare/sandbox-sdk/issues/345,
  /// https://github.com/cloudflare/sandbox-sdk/issues/316
  @Test
  void aContainerThatIsKeptAwakeOutlivesItsObjectsStaysInMemoryAndItsNode() {
    run(fixture.low()).inactivityTimeout(Duration.ofHours(1));
    for (int stay = 0; stay < 3; stay++) {
      fixture.host.left(ContainerFixture.address("low", "a"));
      assertThat(fixture.low().running()).isTrue();
    }
    fixture.restartsNode();
    fixture.host.open();
    fixture.host.left(ContainerFixture.address("low", "a"));
    assertThat(fixture.low().running()).isTrue();
    assertThat(fixture.low().fetch(PORT, Request.get("http://x/")).body().text())
        .isEqualTo("hello");
    assertThat(fixture.engine.created()).isEqualTo(1);
  }

  /// https://github.com/cloudflare/moltworker/issues/244
  @Test
  void whatTheObjectDoesByItselfDoesNotKeepItsContainerAwake() {
    FakeObject<Box> busy = object("b", made -> made.sleepsAfter(SHORT));
    assertThat(get(ask(busy))).isEqualTo("hello");
    await("the container to fall asleep")
        .until(() -> get(busy.event(each -> each.state().status())) == Status.STOPPED);
  }

  /// https://github.com/cloudflare/containers/issues/189
  @Test
  void anObjectWhoseContainerSleepsIsLeftInPeace() {
    FakeObject<Box> sleepy = object("b", made -> made.sleepsAfter(SHORT));
    assertThat(get(ask(sleepy))).isEqualTo("hello");
    awaitStatus(sleepy.supervisor(), Status.STOPPED);
    await("onStop").until(() -> stops.size() == 1);
    int events = sleepy.begun.get();
    awaitSeveralTimeouts();
    assertThat(sleepy.begun).hasValue(events);
    assertThat(fixture.hooks("box", "b").idles).hasValue(1);
  }

  /// https://github.com/cloudflare/sandbox-sdk/issues/415
  @Test
  void aDestroyedContainerIsNotWokenByStaleRequestsThatMayNot() {
    assertThat(get(ask(box))).isEqualTo("hello");
    get(
        box.event(each -> {
          each.destroy();
          return true;
        }));
    for (int i = 0; i < 20; i++) {
      Optional<Response> answer =
          get(box.event(each -> each.fetchIfRunning(Request.get("http://x/"), PORT)));
      assertThat(answer).isEmpty();
    }
    assertThat(fixture.engine.created()).isEqualTo(1);
    assertThat(status(box)).isEqualTo(Status.STOPPED);
  }

  // ---- nothing is left behind
  // ---------------------------------------------------------------------------------

  /// https://github.com/cloudflare/workerd/pull/7244
  @Test
  void anOrderlyShutdownLeavesNoContainer() {
    for (int i = 0; i < 5; i++) {
      run(fixture.supervisor("low", "x" + i));
    }
    fixture.host.sleepAll(LONG);
    assertThat(fixture.containers()).isZero();
    assertThat(fixture.book.all()).isEmpty();
  }

  /// https://github.com/alchemy-run/alchemy/pull/711
  @Test
  void whetherItRunsIsAskedAnewForEachRequest() {
    for (int i = 1; i <= 3; i++) {
      assertThat(get(ask(box))).isEqualTo("hello");
      assertThat(fixture.engine.created()).isEqualTo(i);
      assertThat(stopped(box)).isTrue();
    }
  }
}
