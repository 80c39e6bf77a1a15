package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.async;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.awaitStatus;
import static io.holdfast.node.container.ContainerFixture.get;
import static io.holdfast.node.container.ContainerFixture.order;
import static io.holdfast.node.container.ContainerFixture.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sdk.ContainerState.Status;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.SleepMode;
import io.holdfast.sdk.StartOptions;
import io.holdfast.testkit.FakeContainer;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Every line of the table of the life cycle is taken by a real supervisor; the metrics tell which
/// were.
///
/// Who adds a line adds what takes it, or this fails.
class ContainerTransitionsTest {
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final Set<String> taken = new TreeSet<>();

  @Test
  void everyTransitionOfTheTableIsTakenAndNoOther() {
    scenario(ContainerTransitionsTest::endsByItself);
    scenario(ContainerTransitionsTest::isStoppedWhenThereIsNothing);
    scenario(ContainerTransitionsTest::isStoppedThenDestroyed);
    scenario(ContainerTransitionsTest::isDestroyed);
    scenario(ContainerTransitionsTest::doesNotStart);
    scenario(ContainerTransitionsTest::isStoppedWhileItStarts);
    scenario(ContainerTransitionsTest::isDestroyedWhileItStartsAndDoesNotStart);
    scenario(ContainerTransitionsTest::isFoundRunning);
    scenario(ContainerTransitionsTest::isFoundEnded);
    scenario(ContainerTransitionsTest::isFoundRunningWhenItWasJustOrdered);
    scenario(ContainerTransitionsTest::isFoundRunningWhenItWasJustDestroyed);
    scenario(ContainerTransitionsTest::isFoundEndedWhenItWasJustOrdered);
    scenario(ContainerTransitionsTest::isFoundEndedWhenItWasJustDestroyed);
    scenario(ContainerTransitionsTest::anEarlierRunIsFoundEndedBesideOneThatRuns);
    scenario(ContainerTransitionsTest::goesOnAfterAPause);
    scenario(fixture -> paused(fixture).stop(GRACE));
    scenario(fixture -> paused(fixture).destroy());
    scenario(ContainerTransitionsTest::endsWhilePaused);
    Set<String> table =
        LifecycleDiagram.steps().stream()
            .map(LifecycleDiagram.Step::name)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(taken).isEqualTo(table);
  }

  private void scenario(Consumer<ContainerFixture> scenario) {
    try (ContainerFixture fixture = new ContainerFixture()) {
      scenario.accept(fixture);
      taken.addAll(fixture.transitions().keySet());
    }
  }

  private static void endsByItself(ContainerFixture fixture) {
    run(fixture.box());
    fixture.boxContainer().exit(0);
    awaitStatus(fixture.box(), Status.STOPPED);
  }

  private static void isStoppedWhenThereIsNothing(ContainerFixture fixture) {
    fixture.box().stop(GRACE);
    fixture.box().destroy();
  }

  private static void isStoppedThenDestroyed(ContainerFixture fixture) {
    run(fixture.box());
    fixture.boxContainer().onSignal(number -> {});
    CompletableFuture<Void> stopped = async(() -> fixture.box().stop(GRACE));
    awaitStatus(fixture.box(), Status.STOPPING);
    CompletableFuture<Void> again = async(() -> fixture.box().stop(GRACE));
    await("the second order")
        .until(() -> fixture.transitions().containsKey("stopping stop_ordered"));
    fixture.box().destroy();
    get(stopped);
    get(again);
  }

  private static void isDestroyed(ContainerFixture fixture) {
    run(fixture.box()).destroy();
  }

  private static void doesNotStart(ContainerFixture fixture) {
    fixture.engine.startFails(ErrorCode.CONTAINER_START_FAILED, "no such luck");
    order(fixture.box());
    awaitStatus(fixture.box(), Status.STOPPED);
  }

  private static void isStoppedWhileItStarts(ContainerFixture fixture) {
    fixture.engine.holdStarts();
    order(fixture.box());
    CompletableFuture<Void> stopped = async(() -> fixture.box().stop(GRACE));
    awaitStatus(fixture.box(), Status.STOPPING);
    fixture.engine.releaseStarts();
    get(stopped);
  }

  private static void isDestroyedWhileItStartsAndDoesNotStart(ContainerFixture fixture) {
    fixture.engine.holdStarts();
    fixture.engine.startFails(ErrorCode.CONTAINER_START_FAILED, "no such luck");
    order(fixture.box());
    CompletableFuture<Void> destroyed = async(() -> fixture.box().destroy());
    awaitStatus(fixture.box(), Status.STOPPING);
    fixture.engine.releaseStarts();
    get(destroyed);
  }

  private static void isFoundRunning(ContainerFixture fixture) {
    run(fixture.box());
    fixture.restartsNode();
    fixture.host.open();
    awaitStatus(fixture.box(), Status.RUNNING);
  }

  private static void isFoundEnded(ContainerFixture fixture) {
    run(fixture.box());
    FakeContainer container = fixture.boxContainer();
    fixture.restartsNode();
    container.exit(3);
    fixture.host.open();
    awaitStatus(fixture.box(), Status.STOPPED_WITH_CODE);
  }

  /** A container of an earlier life, and a start that the engine could not yet be asked about. */
  private static CompletableFuture<Void> orderedBeforeItIsFound(
      ContainerFixture fixture, Consumer<FakeContainer> meanwhile) {
    run(fixture.box());
    FakeContainer container = fixture.boxContainer();
    fixture.restartsNode();
    meanwhile.accept(container);
    CompletableFuture<Void> permitted = new CompletableFuture<>();
    fixture.box().start(StartOptions.DEFAULT, permitted);
    return permitted;
  }

  private static void isFoundRunningWhenItWasJustOrdered(ContainerFixture fixture) {
    orderedBeforeItIsFound(fixture, container -> {}).complete(null);
    awaitStatus(fixture.box(), Status.RUNNING);
  }

  private static void isFoundEndedWhenItWasJustOrdered(ContainerFixture fixture) {
    orderedBeforeItIsFound(fixture, container -> container.exit(3)).complete(null);
    awaitStatus(fixture.box(), Status.RUNNING);
  }

  private static void isFoundRunningWhenItWasJustDestroyed(ContainerFixture fixture) {
    destroyedBeforeItIsFound(fixture, container -> {});
  }

  private static void isFoundEndedWhenItWasJustDestroyed(ContainerFixture fixture) {
    destroyedBeforeItIsFound(fixture, container -> container.exit(3));
  }

  private static void destroyedBeforeItIsFound(
      ContainerFixture fixture, Consumer<FakeContainer> meanwhile) {
    CompletableFuture<Void> permitted = orderedBeforeItIsFound(fixture, meanwhile);
    CompletableFuture<Void> destroyed = async(() -> fixture.box().destroy());
    awaitStatus(fixture.box(), Status.STOPPING);
    permitted.complete(null);
    get(destroyed);
  }

  private static void anEarlierRunIsFoundEndedBesideOneThatRuns(ContainerFixture fixture) {
    fixture.boxHooks().onEnded = exit -> new CompletableFuture<>();
    run(fixture.box());
    fixture.boxContainer().exit(3);
    awaitStatus(fixture.box(), Status.STOPPED_WITH_CODE);
    run(fixture.box());
    fixture.restartsNode();
    fixture.host.open();
    await("the end of the first").until(() -> fixture.boxHooks().ends.size() == 1);
  }

  private static ContainerSupervisor paused(ContainerFixture fixture) {
    ContainerSupervisor box = run(fixture.box());
    box.inactivityTimeout(Duration.ofMillis(20), SleepMode.PAUSE, Duration.ofMinutes(10));
    awaitStatus(box, Status.PAUSED);
    return box;
  }

  private static void goesOnAfterAPause(ContainerFixture fixture) {
    Request request = Request.get("http://x/");
    assertThat(paused(fixture).fetch(ContainerFixture.PORT, request).body().text())
        .isEqualTo("hello");
  }

  private static void endsWhilePaused(ContainerFixture fixture) {
    ContainerSupervisor box = paused(fixture);
    fixture.boxContainer().exit(137);
    awaitStatus(box, Status.STOPPED_WITH_CODE);
  }
}
