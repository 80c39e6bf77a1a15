package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.PORT;
import static io.holdfast.node.container.ContainerFixture.async;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.awaitStatus;
import static io.holdfast.node.container.ContainerFixture.get;
import static io.holdfast.node.container.ContainerFixture.order;
import static io.holdfast.node.container.ContainerFixture.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.FoundContainer;
import io.holdfast.engine.InstanceType;
import io.holdfast.engine.Network;
import io.holdfast.engine.StartedContainer;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.SleepMode;
import io.holdfast.sdk.StartOptions;
import io.holdfast.testkit.FakeContainer;
import io.holdfast.testkit.FakeContainerEngine.Verb;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What a node that starts does with the containers of its earlier life.
class ContainerAdoptionTest {
  private static final Duration LONG = Duration.ofMinutes(10);

  private final ContainerFixture fixture = new ContainerFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private String ask() {
    return fixture.box().fetch(PORT, Request.get("http://x/")).body().text();
  }

  @Test
  void aRunningContainerIsTakenOverAndReached() {
    run(fixture.box());
    fixture.restartsNode();
    fixture.host.open();
    assertThat(fixture.box().state().status()).isEqualTo(ContainerState.Status.RUNNING);
    assertThat(ask()).isEqualTo("hello");
    fixture.box().awaitReady(new Readiness.AnyHttp(PORT), LONG);
    assertThat(fixture.box().state().status()).isEqualTo(ContainerState.Status.HEALTHY);
    assertThat(fixture.engine.created()).isEqualTo(1);
    await("the object to be told").until(() -> fixture.boxHooks().founds.get() == 1);
    assertThat(fixture.boxHooks().ends).isEmpty();
  }

  @Test
  void theEndOfATakenOverContainerIsSeenAndReported() {
    run(fixture.box());
    fixture.restartsNode();
    fixture.host.open();
    CompletableFuture<ContainerExit> end = async(() -> fixture.box().monitor().get());
    fixture.boxContainer().exit(3);
    assertThat(get(end)).isEqualTo(new ContainerExit(3, ContainerExit.Reason.EXIT));
    fixture.awaitGone("box", "a");
    assertThat(fixture.boxHooks().ends).hasSize(1);
    run(fixture.box());
  }

  @Test
  void aTakenOverContainerCanBeStopped() {
    run(fixture.box());
    fixture.restartsNode();
    fixture.host.open();
    fixture.box().stop(Duration.ofSeconds(5));
    fixture.awaitGone("box", "a");
  }

  @Test
  void aTakenOverContainerFallsAsleep() {
    run(fixture.box());
    fixture.restartsNode();
    fixture.boxHooks().onFound =
        () -> {
          fixture.host.entered(
              ContainerFixture.address("box", "a"),
              Duration.ofMillis(100),
              SleepMode.STOP,
              Duration.ofMinutes(1));
          return FakeHooks.done();
        };
    fixture.host.open();
    await("the expiry").until(() -> fixture.boxHooks().idles.get() > 0);
  }

  @Test
  void aContainerThatIsTakenOverLateFallsAsleepToo() {
    run(fixture.box());
    fixture.engine.goesDown();
    fixture.restartsNode();
    fixture.host.open();
    fixture.host.entered(
        ContainerFixture.address("box", "a"),
        Duration.ofMillis(100),
        SleepMode.STOP,
        Duration.ofMinutes(1));
    fixture.engine.comesBack();
    await("the expiry").until(() -> fixture.boxHooks().idles.get() > 0);
  }

  @Test
  void anObjectThatCannotBeToldAtOnceIsToldAgain() {
    run(fixture.box());
    fixture.restartsNode();
    fixture.boxHooks().onFound =
        () ->
            fixture.boxHooks().founds.get() < 3
                ? CompletableFuture.failedFuture(
                    new HoldfastException(ErrorCode.OBJECT_UNAVAILABLE, "not yet"))
                : FakeHooks.done();
    fixture.host.open();
    await("the object to be told").until(() -> fixture.boxHooks().founds.get() == 3);
  }

  @Test
  void aPausedContainerIsResumed() {
    run(fixture.box());
    fixture.engine.pause(fixture.boxContainer().id());
    fixture.restartsNode();
    fixture.host.open();
    assertThat(ask()).isEqualTo("hello");
    assertThat(fixture.engine.created()).isEqualTo(1);
  }

  @Test
  void anEndedContainerIsReportedThenRemovedAndNeverShownAsRunning() {
    run(fixture.box());
    FakeContainer container = fixture.boxContainer();
    fixture.restartsNode();
    container.exit(3);
    CompletableFuture<Boolean> onStop = new CompletableFuture<>();
    fixture.boxHooks().onEnded = exit -> onStop;
    fixture.host.open();
    assertThat(fixture.box().running()).isFalse();
    assertThat(fixture.box().state().status()).isEqualTo(ContainerState.Status.STOPPED_WITH_CODE);
    await("onStop").until(() -> fixture.boxHooks().ends.size() == 1);
    assertThat(fixture.boxHooks().ends)
        .containsExactly(new ContainerExit(3, ContainerExit.Reason.EXIT));
    assertThat(fixture.hasContainer("box", "a")).isTrue();
    onStop.complete(true);
    fixture.awaitGone("box", "a");
    run(fixture.box());
  }

  @Test
  void aStartBesideTheReportOfAnEndedContainerGetsAFreshOne() {
    run(fixture.box());
    FakeContainer container = fixture.boxContainer();
    fixture.engine.goesDown();
    fixture.restartsNode();
    container.exit(3);
    fixture.boxHooks().onEnded = exit -> new CompletableFuture<>();
    fixture.host.open();
    CompletableFuture<Void> permitted = new CompletableFuture<>();
    fixture.box().start(StartOptions.DEFAULT, permitted);
    fixture.engine.comesBack();
    permitted.complete(null);
    awaitStatus(fixture.box(), ContainerState.Status.RUNNING);
    assertThat(ask()).isEqualTo("hello");
    assertThat(fixture.engine.created()).isEqualTo(2);
    await("onStop").until(() -> fixture.boxHooks().ends.size() == 1);
  }

  @Test
  void reportsOfTheNodeThatDiedAreRepeated() {
    fixture.boxHooks().onEnded = exit -> new CompletableFuture<>();
    run(fixture.box());
    fixture.box().destroy();
    await("onStop").until(() -> fixture.boxHooks().ends.size() == 1);
    fixture.restartsNode();
    fixture.host.open();
    await("onStop again").until(() -> fixture.boxHooks().ends.size() == 1);
    fixture.awaitGone("box", "a");
  }

  @Test
  void containersOfOtherDeploymentsAreLeftAlone() {
    ContainerEngine foreign = fixture.engine.another(new Deployment("other"));
    foreign.start(spec("box", "a", 1));
    fixture.restartsNode();
    fixture.host.open();
    assertThat(fixture.box().running()).isFalse();
    assertThat(foreign.list()).hasSize(1);
  }

  @Test
  void containersOfUnknownNamespacesAreRemoved() {
    fixture.restartsNode();
    fixture.engine.start(spec("nobody", "a", 1));
    fixture.engine.start(spec("plain", "a", 1));
    fixture.engine.start(spec("Bad Name!", "a", 1));
    fixture.host.open();
    assertThat(fixture.containers()).isZero();
  }

  @Test
  void containersMadeAndNeverStartedAreRemoved() {
    run(fixture.box());
    FoundContainer created =
        fixture.engine.list().stream()
            .map(found ->
                new FoundContainer(
                    found.id(),
                    found.owner(),
                    found.image(),
                    FoundContainer.Phase.CREATED,
                    found.labels()))
            .findFirst()
            .orElseThrow();
    fixture.restartsNode();
    fixture.book = new MemoryRunBook();
    fixture.host = fixture.make(listing(fixture.engine, List.of(created)));
    fixture.host.open();
    assertThat(fixture.containers()).isZero();
    assertThat(fixture.box().running()).isFalse();
    assertThat(fixture.boxHooks().ends).isEmpty();
  }

  @Test
  void ofTwoOfOneObjectTheNewestEpochIsTakenOver() {
    fixture.restartsNode();
    StartedContainer newer = fixture.engine.start(spec("box", "a", 7));
    StartedContainer older =
        fixture.engine.another(new Deployment("hidden")).start(spec("box", "a", 6));
    List<FoundContainer> both = new ArrayList<>(fixture.engine.list());
    both.addFirst(
        new FoundContainer(
            older.id(),
            Optional.of(owner("box", "a", 6)),
            "app",
            FoundContainer.Phase.RUNNING,
            Map.of()));
    fixture.host = fixture.make(listing(fixture.engine, both));
    fixture.host.open();
    assertThat(ask()).isEqualTo("hello");
    assertThat(fixture.engine.list()).extracting(FoundContainer::id).containsExactly(newer.id());
    assertThat(fixture.engine.inspect(older.id()))
        .isEqualTo(new io.holdfast.engine.ContainerState.Gone());
  }

  @Test
  void anEpochOfTheFutureDoesNotHinderTheNextStart() {
    fixture.restartsNode();
    fixture.engine.start(spec("box", "a", System.currentTimeMillis() + 3_600_000));
    fixture.host.open();
    fixture.boxHooks().onEnded = exit -> new CompletableFuture<>();
    fixture.boxContainer().exit(0);
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED);
    run(fixture.box());
  }

  @Test
  void takenOverContainersCountAsInstancesAboveTheLimitToo() {
    fixture.restartsNode();
    for (String name : List.of("a", "b", "c")) {
      fixture.engine.start(spec("few", name, 1));
    }
    fixture.host.open();
    assertNoCapacity();
    fixture.supervisor("few", "a").destroy();
    assertNoCapacity();
    fixture.supervisor("few", "b").destroy();
    run(fixture.supervisor("few", "d"));
  }

  private void assertNoCapacity() {
    ContainerSupervisor another = fixture.supervisor("few", "d");
    order(another);
    HoldfastException fault =
        ContainerFixture.fault(() -> another.awaitReady(new Readiness.Running(), LONG));
    assertThat(fault.code()).isEqualTo(ErrorCode.CONTAINER_NO_CAPACITY);
  }

  // An engine that comes late.

  @Test
  void anEngineThatComesLateIsLookedAtAsSoonAsItIsThere() {
    run(fixture.box());
    fixture.engine.start(spec("nobody", "a", 1));
    fixture.engine.goesDown();
    fixture.restartsNode();
    fixture.host.open();
    assertThat(fixture.box().running()).isFalse();
    fixture.engine.comesBack();
    awaitStatus(fixture.box(), ContainerState.Status.RUNNING);
    assertThat(ask()).isEqualTo("hello");
    await("the orphan to be removed").until(() -> fixture.containers() == 1);
  }

  @Test
  void aStartBeforeTheEngineCouldBeAskedGetsTheContainerThatRuns() {
    run(fixture.box());
    fixture.engine.goesDown();
    fixture.restartsNode();
    CompletableFuture<Void> permitted = new CompletableFuture<>();
    fixture.box().start(StartOptions.DEFAULT, permitted);
    fixture.engine.comesBack();
    permitted.complete(null);
    fixture.box().awaitReady(new Readiness.AnyHttp(PORT), LONG);
    assertThat(ask()).isEqualTo("hello");
    assertThat(fixture.engine.created()).isEqualTo(1);
    assertThat(fixture.containers()).isEqualTo(1);
    fixture.box().destroy();
    fixture.awaitGone("box", "a");
    assertThat(fixture.boxHooks().ends).hasSize(1);
  }

  @Test
  void aContainerThatWasToBeDestroyedBeforeItCouldBeFoundIsDestroyedWhenItIs() {
    run(fixture.box());
    fixture.engine.goesDown();
    fixture.restartsNode();
    CompletableFuture<Void> permitted = new CompletableFuture<>();
    fixture.box().start(StartOptions.DEFAULT, permitted);
    CompletableFuture<Void> destroyed = async(() -> fixture.box().destroy());
    awaitStatus(fixture.box(), ContainerState.Status.STOPPING);
    fixture.engine.comesBack();
    permitted.complete(null);
    get(destroyed);
    fixture.awaitGone("box", "a");
    assertThat(fixture.engine.created()).isEqualTo(1);
  }

  @Test
  void nothingIsStartedBeforeTheAdoptionIsDone() {
    run(fixture.box());
    fixture.engine.goesDown();
    fixture.restartsNode();
    ContainerSupervisor other = fixture.supervisor("box", "other");
    order(other);
    assertThat(ContainerFixture.fault(() -> other.awaitReady(new Readiness.Running(), LONG)).code())
        .isEqualTo(ErrorCode.ENGINE_UNAVAILABLE);
    assertThat(fixture.engine.calls(Verb.START)).isEqualTo(1);
    fixture.engine.comesBack();
    run(other);
    assertThat(fixture.box().state().status()).isEqualTo(ContainerState.Status.RUNNING);
    assertThat(fixture.containers()).isEqualTo(2);
  }

  @Test
  void anAdoptionThatTheEngineBreaksOffIsFinishedLater() {
    run(fixture.box());
    run(fixture.supervisor("box", "b"));
    fixture.restartsNode();
    AtomicInteger asked = new AtomicInteger();
    fixture.host = fixture.make(breakingOff(asked));
    fixture.host.open();
    awaitStatus(fixture.box(), ContainerState.Status.RUNNING);
    awaitStatus(fixture.supervisor("box", "b"), ContainerState.Status.RUNNING);
    assertThat(asked).hasValue(3);
    assertThat(fixture.containers()).isEqualTo(2);
    await("the objects to be told")
        .until(() -> fixture.boxHooks().founds.get() + fixture.hooks("box", "b").founds.get() == 2);
  }

  @Test
  void whatWasTakenOverBeforeTheEngineBrokeOffIsNotHarmedByTheStartThatFailed() {
    run(fixture.box());
    run(fixture.supervisor("box", "b"));
    fixture.restartsNode();
    fixture.host = fixture.make(breakingOff(new AtomicInteger()));
    CompletableFuture<Void> permitted = new CompletableFuture<>();
    fixture.box().start(StartOptions.DEFAULT, permitted);
    fixture.supervisor("box", "b").start(StartOptions.DEFAULT, permitted);
    permitted.complete(null);
    for (String name : List.of("a", "b")) {
      ContainerSupervisor each = fixture.supervisor("box", name);
      await("the container to be taken over")
          .until(() -> {
            try {
              each.awaitReady(new Readiness.AnyHttp(PORT), LONG);
              return true;
            } catch (HoldfastException e) {
              assertThat(e.code()).isEqualTo(ErrorCode.ENGINE_UNAVAILABLE);
              fixture.host.open();
              return false;
            }
          });
      fixture.container("box", name).exit(5);
      assertThat(get(async(() -> each.monitor().get())).exitCode()).isEqualTo(5);
      fixture.awaitGone("box", name);
    }
    assertThat(fixture.engine.created()).isEqualTo(2);
  }

  /** The second look at a container finds the engine gone. */
  private ContainerEngine breakingOff(AtomicInteger asked) {
    return intercepting(
        fixture.engine,
        (method, arguments) -> {
          if (method.equals("inspect") && asked.incrementAndGet() == 2) {
            throw new HoldfastException(ErrorCode.ENGINE_UNAVAILABLE, "gone again");
          }
          return null;
        });
  }

  @Test
  void oneThatCannotBeLookedAtIsRemovedAndDoesNotKeepTheOthersFromBeingAdopted() {
    run(fixture.box());
    run(fixture.supervisor("box", "b"));
    ContainerId bad = fixture.container("box", "b").id();
    fixture.restartsNode();
    fixture.host =
        fixture.make(
            intercepting(
                fixture.engine,
                (method, arguments) -> {
                  if (method.equals("inspect") && arguments[0].equals(bad)) {
                    throw new HoldfastException(
                        ErrorCode.CONTAINER_DISCONNECTED, "runs without an address");
                  }
                  return null;
                }));
    fixture.host.open();
    awaitStatus(fixture.box(), ContainerState.Status.RUNNING);
    fixture.awaitGone("box", "b");
    assertThat(fixture.hooks("box", "b").ends).hasSize(1);
    run(fixture.supervisor("box", "b"));
  }

  @Test
  void anEngineThatAnswersWithABugIsAskedAgain() {
    AtomicInteger asked = new AtomicInteger();
    fixture.restartsNode();
    fixture.host =
        fixture.make(
            intercepting(
                fixture.engine,
                (method, arguments) -> {
                  if (method.equals("stop") && asked.incrementAndGet() == 1) {
                    throw new IllegalStateException("a bug");
                  }
                  return null;
                }));
    fixture.host.open();
    run(fixture.box()).stop(Duration.ofSeconds(5));
    assertThat(fixture.box().running()).isFalse();
    assertThat(asked).hasValue(2);
  }

  // Orphans that come to be later.

  @Test
  void whatNobodyWantsIsRemovedFromTimeToTime() {
    run(fixture.box());
    fixture.engine.start(spec("box", "stranger", 1));
    fixture.awaitGone("box", "stranger");
    assertThat(fixture.box().running()).isTrue();
    assertThat(ask()).isEqualTo("hello");
  }

  @Test
  void aRemovalThatFailedIsMadeUpFor() {
    fixture.boxHooks().onEnded =
        exit -> {
          fixture.engine.goesDown();
          return FakeHooks.done();
        };
    run(fixture.box());
    fixture.boxContainer().exit(0);
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED);
    await("onStop").until(() -> !fixture.boxHooks().ends.isEmpty());
    fixture.engine.comesBack();
    fixture.awaitGone("box", "a");
  }

  // Addresses.

  @Test
  void aRequestNeverReachesWhoGotTheAddressNext() {
    run(fixture.box());
    FakeContainer old = fixture.boxContainer();
    fixture.restartsNode();
    // The end of the first is never seen, and the second gets its address.
    fixture.host =
        fixture.make(
            intercepting(
                fixture.engine,
                (method, arguments) ->
                    method.equals("start")
                        ? new StartedContainer(
                            fixture.engine.start((ContainerSpec) arguments[0]).id(),
                            Optional.of(old.address()),
                            java.time.Instant.now(),
                            StartedContainer.Origin.CREATED,
                            StartedContainer.Timing.NONE)
                        : null));
    fixture.host.open();
    assertThat(ask()).isEqualTo("hello");
    run(fixture.supervisor("box", "b"));
    assertThat(ContainerFixture.fault(this::ask).code()).isEqualTo(ErrorCode.CONTAINER_NOT_RUNNING);
  }

  // Engines that are not quite as they are.

  /** What an engine answers in place of the real one; null to let that answer. */
  private interface Interception {
    Object answer(String method, Object[] arguments);
  }

  private static ContainerEngine listing(ContainerEngine engine, List<FoundContainer> found) {
    boolean[] asked = {false};
    return intercepting(
        engine,
        (method, arguments) -> {
          boolean first = method.equals("list") && !asked[0];
          asked[0] |= first;
          return first ? found : null;
        });
  }

  private static ContainerEngine intercepting(ContainerEngine engine, Interception interception) {
    return (ContainerEngine)
        Proxy.newProxyInstance(
            ContainerEngine.class.getClassLoader(),
            new Class<?>[] {ContainerEngine.class},
            (proxy, method, arguments) -> {
              Object answer = interception.answer(method.getName(), arguments);
              if (answer != null) {
                return answer;
              }
              try {
                return method.invoke(engine, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static ContainerOwner owner(String namespace, String name, long epoch) {
    String object = ContainerFixture.address("box", name).id().hex();
    return new ContainerOwner("test", namespace, hex(namespace, name, object), "node-1", epoch);
  }

  private static String hex(String namespace, String name, String otherwise) {
    boolean known = List.of("box", "few", "low", "plain").contains(namespace);
    return known ? ContainerFixture.address(namespace, name).id().hex() : otherwise;
  }

  private static ContainerSpec spec(String namespace, String name, long epoch) {
    return ContainerSpec.of(owner(namespace, name, epoch), "app")
        .instanceType(InstanceType.LITE)
        .network(Network.NONE_OUTSIDE)
        .build();
  }
}
