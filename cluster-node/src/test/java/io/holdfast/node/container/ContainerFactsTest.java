package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.PERMITTED;
import static io.holdfast.node.container.ContainerFixture.PORT;
import static io.holdfast.node.container.ContainerFixture.async;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.awaitStatus;
import static io.holdfast.node.container.ContainerFixture.order;
import static io.holdfast.node.container.ContainerFixture.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sdk.Container;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.Request;
import io.holdfast.testkit.FakeContainer;
import io.holdfast.testkit.FakeProgram;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What a node that died knows of its containers afterwards, beyond what the engine tells.
class ContainerFactsTest {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final ContainerExit CRASH = new ContainerExit(3, ContainerExit.Reason.EXIT);

  private final ContainerFixture fixture = new ContainerFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private void diesAndComesBack() {
    fixture.restartsNode();
    fixture.host.open();
  }

  private void onStopFailsForNow() {
    fixture.boxHooks().onEnded = exit -> new CompletableFuture<>();
  }

  // The end of a run.

  @Test
  void anEndThatIsStillToldWhenTheNextRunStartsAndTheNodeDiesIsNotLost() {
    onStopFailsForNow();
    run(fixture.box());
    fixture.boxContainer().exit(3);
    await("onStop").until(() -> fixture.boxHooks().ends.size() == 1);
    run(fixture.box());
    diesAndComesBack();
    await("onStop of the first run").until(() -> fixture.boxHooks().ends.size() == 1);
    assertThat(fixture.boxHooks().ends).containsExactly(CRASH);
    assertThat(fixture.box().state().status()).isEqualTo(ContainerState.Status.RUNNING);
    assertThat(fixture.engine.created()).isEqualTo(2);
  }

  @Test
  void theEndsOfSeveralRunsAreAllTold() {
    onStopFailsForNow();
    for (int code = 1; code <= 3; code++) {
      run(fixture.box());
      fixture.boxContainer().exit(code);
      awaitStatus(fixture.box(), ContainerState.Status.STOPPED_WITH_CODE);
    }
    diesAndComesBack();
    await("onStop of each").until(() -> fixture.boxHooks().ends.size() == 3);
    assertThat(fixture.boxHooks().ends)
        .extracting(ContainerExit::exitCode)
        .containsExactlyInAnyOrder(1, 2, 3);
    fixture.awaitGone("box", "a");
  }

  @Test
  void aContainerThatIsRemovedByHandWhileNoNodeIsThereIsToldToItsObject() {
    run(fixture.box());
    FakeContainer container = fixture.boxContainer();
    fixture.restartsNode();
    fixture.engine.vanishes(container.id());
    fixture.host.open();
    await("onStop").until(() -> fixture.boxHooks().ends.size() == 1);
    assertThat(fixture.boxHooks().ends)
        .containsExactly(new ContainerExit(137, ContainerExit.Reason.EXIT));
    assertThat(fixture.box().running()).isFalse();
    run(fixture.box());
  }

  @Test
  void whatIsToldIsForgottenAndNotToldAgain() {
    run(fixture.box());
    fixture.boxContainer().exit(3);
    fixture.awaitGone("box", "a");
    await("the book to forget it").until(() -> fixture.book.all().isEmpty());
    diesAndComesBack();
    run(fixture.supervisor("box", "other"));
    assertThat(fixture.boxHooks().ends).isEmpty();
  }

  @Test
  void anObjectWithoutContainersHasNoFacts() {
    assertThat(fixture.box().running()).isFalse();
    fixture.box().inactivityTimeout(LONG);
    fixture.box().markPrepared(PERMITTED);
    fixture.box().destroy();
    assertThat(fixture.book.all()).isEmpty();
  }

  @Test
  void aStartThatFailedLeavesNoFact() {
    fixture.engine.startFails(ErrorCode.CONTAINER_START_FAILED, "no such luck");
    order(fixture.box());
    assertThat(
            ContainerFixture.fault(() -> fixture.box().awaitReady(new Readiness.Running(), LONG))
                .code())
        .isEqualTo(ErrorCode.CONTAINER_START_FAILED);
    assertThat(fixture.book.all()).isEmpty();
  }

  @Test
  void theFactsOfANamespaceThatIsNoMoreAreDropped() {
    run(fixture.box());
    RunFact known = fixture.book.all().getFirst();
    RunFact strange =
        RunFact.of(
            new io.holdfast.engine.ContainerOwner(
                "gone", "box", known.owner().objectId(), "node-1", 1),
            "app");
    fixture.book.write(strange).join();
    diesAndComesBack();
    await("the fact to go").until(() -> !fixture.book.all().contains(strange));
    assertThat(fixture.book.all()).contains(known);
  }

  // What was ordered.

  @Test
  void aContainerThatWasToldToEndIsEndedByTheNextNode() {
    run(fixture.box());
    RunFact fact = fixture.book.all().getFirst();
    fixture.book.write(fact.toldToEnd()).join();
    diesAndComesBack();
    fixture.awaitGone("box", "a");
    await("onStop").until(() -> fixture.boxHooks().ends.size() == 1);
    assertThat(fixture.boxHooks().ends.getFirst().reason())
        .isEqualTo(ContainerExit.Reason.RUNTIME_SIGNAL);
    assertThat(fixture.boxHooks().founds).hasValue(0);
    run(fixture.box());
  }

  @Test
  void aContainerThatEndedAsOrderedWhileNoNodeWasThereIsToldSo() {
    run(fixture.box());
    FakeContainer container = fixture.boxContainer();
    fixture.book.write(fixture.book.all().getFirst().toldToEnd()).join();
    fixture.restartsNode();
    container.exit(143);
    fixture.host.open();
    await("onStop").until(() -> fixture.boxHooks().ends.size() == 1);
    assertThat(fixture.boxHooks().ends)
        .containsExactly(new ContainerExit(143, ContainerExit.Reason.RUNTIME_SIGNAL));
    assertThat(fixture.box().state().status()).isEqualTo(ContainerState.Status.STOPPED);
  }

  @Test
  void theOrderToEndIsInTheBookBeforeTheContainerEnds() {
    CompletableFuture<Boolean> onStop = new CompletableFuture<>();
    fixture.boxHooks().onEnded = exit -> onStop;
    run(fixture.box()).destroy();
    assertThat(fixture.book.all())
        .singleElement()
        .satisfies(fact -> {
          assertThat(fact.endWanted()).isTrue();
          assertThat(fact.end())
              .hasValue(new ContainerExit(137, ContainerExit.Reason.RUNTIME_SIGNAL));
        });
    onStop.complete(true);
    await("the book to forget it").until(() -> fixture.book.all().isEmpty());
  }

  @Test
  void howLongALowLevelContainerMayIdleOutlivesTheNode() {
    run(fixture.low()).inactivityTimeout(Duration.ofMillis(150));
    fixture.low().inactivityTimeout(Duration.ofMillis(150));
    diesAndComesBack();
    fixture.host.left(ContainerFixture.address("low", "a"));
    fixture.awaitGone("low", "a");
    await("onStop").until(() -> fixture.hooks("low", "a").ends.size() == 1);
    assertThat(fixture.hooks("low", "a").ends.getFirst().reason())
        .isEqualTo(ContainerExit.Reason.RUNTIME_SIGNAL);
  }

  // Whether it is prepared.

  @Test
  void aContainerThatWasPreparedIsPreparedAfterwards() {
    run(fixture.box()).markPrepared(PERMITTED);
    diesAndComesBack();
    assertThat(fixture.box().prepared()).isTrue();
  }

  @Test
  void aContainerIsNotPreparedUntilWhatItsObjectWroteIsDurable() {
    CompletableFuture<Void> durable = new CompletableFuture<>();
    run(fixture.box()).markPrepared(durable);
    assertThat(fixture.box().prepared()).isTrue();
    diesAndComesBack();
    assertThat(fixture.box().prepared()).isFalse();
    durable.complete(null);
    assertThat(fixture.box().prepared()).isFalse();
  }

  @Test
  void aNodeThatDiesWhileOnStartRunsLeavesAContainerOnWhichItRunsAgain() {
    AtomicInteger begun = new AtomicInteger();
    CountDownLatch hold = new CountDownLatch(1);
    FakeObject<Slow> first =
        new FakeObject<>(fixture, "a", (ctx, env) -> new Slow(ctx, env, begun, hold));
    CompletableFuture<Boolean> fetched = first.event(object -> object.fetch(get()).ok());
    await("onStart to begin").until(() -> begun.get() == 1);
    fixture.restartsNode();
    FakeObject<Slow> second =
        new FakeObject<>(
            fixture, "a", (ctx, env) -> new Slow(ctx, env, begun, new CountDownLatch(0)));
    fixture.host.open();
    assertThat(fixture.box().prepared()).isFalse();
    boolean answered = ContainerFixture.get(second.event(object -> object.fetch(get()).ok()));
    assertThat(answered).isTrue();
    assertThat(begun).hasValue(2);
    assertThat(fixture.engine.created()).isEqualTo(1);
    assertThat(fixture.box().prepared()).isTrue();
    hold.countDown();
    assertThat(fetched).isNotNull();
  }

  private static Request get() {
    return Request.get("http://x/");
  }

  /** Its onStart waits. */
  static final class Slow extends Container {
    private final AtomicInteger begun;
    private final CountDownLatch hold;

    Slow(ObjectContext ctx, Env env, AtomicInteger begun, CountDownLatch hold) {
      super(ctx, env);
      this.begun = begun;
      this.hold = hold;
      defaultPort = PORT;
    }

    @Override
    public void onStart() throws Exception {
      begun.incrementAndGet();
      hold.await();
    }
  }

  // A book that cannot be written.

  @Test
  void aBookThatCannotBeWrittenTakesNothingFromTheLifeOfTheNode() {
    fixture.book.fails();
    run(fixture.box()).markPrepared(PERMITTED);
    assertThat(fixture.box().fetch(PORT, get()).body().text()).isEqualTo("hello");
    fixture.boxContainer().exit(3);
    fixture.awaitGone("box", "a");
    assertThat(fixture.boxHooks().ends).containsExactly(CRASH);
    run(fixture.box());
    diesAndComesBack();
    assertThat(fixture.box().state().status()).isEqualTo(ContainerState.Status.RUNNING);
    assertThat(fixture.box().prepared()).isFalse();
  }

  @Test
  void aBookThatCannotBeReadPutsTheAdoptionOff() {
    run(fixture.box());
    fixture.restartsNode();
    fixture.book.readsFail(true);
    fixture.host.open();
    order(fixture.supervisor("box", "b"));
    assertThat(
            ContainerFixture.fault(
                    () -> fixture.supervisor("box", "b").awaitReady(new Readiness.Running(), LONG))
                .code())
        .isEqualTo(ErrorCode.STORAGE_FAILED);
    fixture.book.readsFail(false);
    awaitStatus(fixture.box(), ContainerState.Status.RUNNING);
    assertThat(fixture.engine.created()).isEqualTo(1);
  }

  @Test
  void nothingIsSentToAContainerBeforeTheBookKnowsOfIt() {
    AtomicInteger requests = new AtomicInteger();
    fixture.engine.image(
        "app",
        container ->
            container.listen(
                PORT,
                exchange -> {
                  requests.incrementAndGet();
                  FakeProgram.answer(exchange, "hello");
                }));
    CompletableFuture<Void> durable = fixture.book.holdWrites();
    run(fixture.box());
    CompletableFuture<String> answer = async(() -> fixture.box().fetch(PORT, get()).body().text());
    fixture.box().awaitReady(new Readiness.AnyHttp(PORT), LONG);
    int probes = requests.get();
    assertThat(answer).isNotDone();
    durable.complete(null);
    assertThat(ContainerFixture.get(answer)).isEqualTo("hello");
    assertThat(requests).hasValue(probes + 1);
  }

  @Test
  void theNextRunDoesNotTakeTheContainersPlaceBeforeItsEndIsInTheBook() {
    onStopFailsForNow();
    run(fixture.box());
    CompletableFuture<Void> durable = fixture.book.holdWrites();
    fixture.boxContainer().exit(3);
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED_WITH_CODE);
    order(fixture.box());
    HoldfastException fault =
        ContainerFixture.fault(
            () -> fixture.box().awaitReady(new Readiness.Running(), Duration.ofMillis(100)));
    assertThat(fault.code()).isEqualTo(ErrorCode.TIMEOUT);
    assertThat(fixture.engine.created()).isEqualTo(1);
    durable.complete(null);
    awaitStatus(fixture.box(), ContainerState.Status.RUNNING);
    assertThat(fixture.engine.created()).isEqualTo(2);
  }

  // The image of its class.

  @Test
  void aContainerOfAnEarlierImageIsToldToEndByTheNextNode() {
    run(fixture.box());
    fixture.restartsNode();
    RunFact known = fixture.book.all().getFirst();
    var _ = fixture.book.write(RunFact.of(known.owner(), "the image before"));
    fixture.host.open();
    await("onStop").until(() -> fixture.boxHooks().ends.size() == 1);
    assertThat(fixture.boxHooks().ends.getFirst().reason())
        .isEqualTo(ContainerExit.Reason.RUNTIME_SIGNAL);
    awaitStatus(fixture.box(), ContainerState.Status.STOPPED);
  }
}
