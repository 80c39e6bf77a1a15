package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.PORT;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.FoundContainer;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.Request;
import io.holdfast.testkit.FakeContainer;
import io.holdfast.testkit.FakeProgram;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random orders, exits, faults of the engine and deaths of the node, all at once. Whatever
/// happened: every call returns, what is shown is what is on the engine, no container and no
/// instance gets lost.
///
/// The seed gives the orders; how threads interleave it does not.
class ContainerSimulation {
  private static final int THREADS = 6;
  private static final int ORDERS = 250;
  private static final int OBJECTS = 4;
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private final ContainerFixture fixture = new ContainerFixture();
  private final Queue<CompletableFuture<Void>> monitors = new ConcurrentLinkedQueue<>();

  @AfterEach
  void close() {
    fixture.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void nothingGetsLostWhileTheNodeLives(long seed) {
    play(seed, false);
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14})
  void nothingGetsLostWhenTheNodeDiesAgainAndAgain(long seed) {
    play(seed, true);
  }

  private void play(long seed, boolean nodeDies) {
    Random programs = new Random(seed);
    fixture.engine.image("app", container -> startProgram(container, programs));
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      Random random = new Random(seed * 1_000 + i);
      all.add(ContainerFixture.async(() -> IntStream.range(0, ORDERS).forEach(n -> order(random))));
    }
    Random chaos = new Random(-seed);
    all.add(
        ContainerFixture.async(() -> {
          for (int n = 0; n < ORDERS / 2; n++) {
            disturb(chaos, nodeDies);
          }
        }));
    all.forEach(each -> assertReturns(each, seed));
    fixture.engine.comesBack();
    settle();
  }

  private static void startProgram(FakeContainer container, Random random) {
    boolean crashes;
    synchronized (random) {
      crashes = random.nextInt(10) == 0;
    }
    container.listen(PORT, exchange -> FakeProgram.answer(exchange, "hello"));
    if (crashes) {
      container.exit(3);
    }
  }

  private static void assertReturns(CompletableFuture<Void> thread, long seed) {
    try {
      thread.get(60, java.util.concurrent.TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("seed " + seed + ": " + e, e);
    }
  }

  private ContainerSupervisor any(Random random) {
    return fixture.supervisor(random.nextBoolean() ? "box" : "low", "x" + random.nextInt(OBJECTS));
  }

  private void order(Random random) {
    ContainerSupervisor one = any(random);
    try {
      switch (random.nextInt(12)) {
        case 0, 1, 2 -> ContainerFixture.order(one);
        case 3 -> one.stop(Duration.ofMillis(random.nextInt(20)));
        case 4 -> one.destroy();
        case 5, 6, 7 -> one.fetch(PORT, Request.get("http://x/")).body().bytes();
        case 8 -> one.awaitReady(new Readiness.AnyHttp(PORT), TIMEOUT);
        case 9 -> one.inactivityTimeout(Duration.ofMillis(1 + random.nextInt(50)));
        case 10 -> one.signal(10);
        default -> monitors.add(ContainerFixture.async(() -> watch(one)));
      }
    } catch (HoldfastException e) {
      assertThat(e.code()).isNotEqualTo(ErrorCode.INTERNAL);
    }
  }

  private static void watch(ContainerSupervisor one) {
    try {
      one.monitor().get();
    } catch (HoldfastException e) {
      assertThat(e.code()).isNotEqualTo(ErrorCode.INTERNAL);
    }
  }

  private void disturb(Random random, boolean nodeDies) {
    String name = "x" + random.nextInt(OBJECTS);
    String namespace = random.nextBoolean() ? "box" : "low";
    switch (random.nextInt(nodeDies ? 9 : 8)) {
      case 0 -> container(namespace, name).ifPresent(it -> it.exit(3));
      case 1 -> container(namespace, name).ifPresent(this::vanish);
      case 2 -> fixture.engine.forgetsReply();
      case 3 -> fixture.engine.startFails(ErrorCode.CONTAINER_START_FAILED, "no such luck");
      case 4 -> fixture.host.left(ContainerFixture.address(namespace, name));
      case 5 -> {
        fixture.engine.goesDown();
        pass(random.nextInt(30));
        fixture.engine.comesBack();
      }
      case 6 ->
          fixture.hooks(namespace, name).onEnded =
              exit ->
                  CompletableFuture.failedFuture(
                      new HoldfastException(ErrorCode.OBJECT_FAILED, "onStop threw"));
      case 7 -> fixture.hooks(namespace, name).onEnded = exit -> FakeHooks.done();
      default -> {
        fixture.restartsNode();
        fixture.host.open();
      }
    }
    pass(random.nextInt(5));
  }

  private Optional<FakeContainer> container(String namespace, String name) {
    return fixture.engine.containerOf(ContainerFixture.key(namespace, name));
  }

  private void vanish(FakeContainer container) {
    try {
      fixture.engine.vanishes(container.id());
    } catch (AssertionError e) {
      // Somebody was quicker.
    }
  }

  private static void pass(int millis) {
    CompletableFuture<Void> over = new CompletableFuture<>();
    over.completeOnTimeout(null, millis, java.util.concurrent.TimeUnit.MILLISECONDS).join();
  }

  private List<ContainerSupervisor> everyone() {
    return IntStream.range(0, 2 * OBJECTS)
        .mapToObj(i -> fixture.supervisor(i % 2 == 0 ? "box" : "low", "x" + i / 2))
        .toList();
  }

  private void settle() {
    await("all to come to rest")
        .until(() -> everyone().stream().noneMatch(ContainerSimulation::isOnItsWay));
    await("what is shown to be what is there").until(this::isShownAsItIs);
    everyone().forEach(ContainerSupervisor::destroy);
    await("all to be removed").until(() -> fixture.containers() == 0);
    assertThat(everyone()).noneMatch(ContainerSupervisor::running);
    monitors.forEach(ContainerFixture::get);
    assertNoInstanceLost();
  }

  private static boolean isOnItsWay(ContainerSupervisor each) {
    return switch (each.state().status()) {
      case STARTING, STOPPING -> true;
      case RUNNING, HEALTHY, PAUSED, STOPPED, STOPPED_WITH_CODE -> false;
    };
  }

  private boolean isShownAsItIs() {
    Set<ContainerOwner.Key> there =
        fixture.engine.list().stream()
            .filter(found -> found.phase() == FoundContainer.Phase.RUNNING)
            .map(found -> found.owner().orElseThrow().key())
            .collect(Collectors.toSet());
    return IntStream.range(0, 2 * OBJECTS)
        .allMatch(i -> {
          String namespace = i % 2 == 0 ? "box" : "low";
          String name = "x" + i / 2;
          return fixture.supervisor(namespace, name).running()
              == there.contains(ContainerFixture.key(namespace, name));
        });
  }

  private void assertNoInstanceLost() {
    fixture.engine.image("app", FakeProgram.serving(PORT, "hello"));
    for (int i = 0; i < 20; i++) {
      startSurely(fixture.supervisor("box", "y" + i));
    }
    ContainerSupervisor another = fixture.supervisor("box", "z");
    ContainerFixture.order(another);
    assertThat(
            ContainerFixture.fault(() -> another.awaitReady(new Readiness.Running(), TIMEOUT))
                .code())
        .isEqualTo(ErrorCode.CONTAINER_NO_CAPACITY);
    assertThat(run(fixture.low()).state().status()).isEqualTo(ContainerState.Status.RUNNING);
  }

  /** Faults that were ordered and not yet met may come first. */
  private static void startSurely(ContainerSupervisor each) {
    await("a start")
        .until(() -> {
          try {
            ContainerFixture.order(each);
            each.awaitReady(new Readiness.Running(), TIMEOUT);
            return true;
          } catch (HoldfastException e) {
            assertThat(e.code()).isNotEqualTo(ErrorCode.CONTAINER_NO_CAPACITY);
            return false;
          }
        });
  }
}
