package io.holdfast.node.guard;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.testkit.FakeContainerEngine;
import io.holdfast.testkit.FakeProgram;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the guard of a node does, on an engine in memory.
class GuardTest {
  private static final long LONG = Duration.ofMinutes(10).toMillis();
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final FakeContainerEngine engine = new FakeContainerEngine();
  private final List<String> log = Collections.synchronizedList(new ArrayList<>());
  private final Guard guard = new Guard(engine, log::add, System::nanoTime);
  private Thread process;
  private long epoch;

  @BeforeEach
  void start() {
    engine.image("app", FakeProgram.serving(8080, "hello"));
    process = Thread.ofVirtual().start(guard::run);
  }

  @AfterEach
  void end() {
    guard.nodeIsGone();
    engine.comesBack();
  }

  private void runContainer(String object) {
    epoch++;
    engine.start(
        ContainerSpec.of(
                new ContainerOwner("app", "boxes", object.repeat(64), "node-1", epoch), "app")
            .build());
  }

  private void awaitNone() {
    Awaitility.await().atMost(PATIENCE).until(() -> engine.list().isEmpty());
  }

  @Test
  void nothingHappensBeforeTheNodeHasSpokenAndWhileItHasTime() throws InterruptedException {
    runContainer("a");
    guard.left(LONG);
    guard.left(LONG);
    assertThat(process.join(Duration.ofMillis(300))).as("whether it has ended").isFalse();
    assertThat(engine.list()).hasSize(1);
  }

  @Test
  void containersEndWhenTheTimeOfTheNodeDoesAndNewOnesLiveWhenItHasTimeAgain() {
    guard.left(LONG);
    runContainer("a");
    runContainer("b");
    guard.left(1);
    awaitNone();
    runContainer("c");
    awaitNone();
    guard.left(LONG);
    Awaitility.await("a look that was under way")
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          runContainer("d");
          assertThat(engine.list()).hasSize(1);
        });
    assertThat(process.isAlive()).isTrue();
  }

  @Test
  void containersEndWithTheNodeAndThenTheGuard() throws InterruptedException {
    guard.left(LONG);
    runContainer("a");
    runContainer("b");
    guard.nodeIsGone();
    assertThat(process.join(PATIENCE)).isTrue();
    assertThat(engine.list()).isEmpty();
    assertThat(log).hasSize(2).allMatch(line -> line.startsWith("holdfast guard: removed"));
  }

  @Test
  void anEngineThatIsAwayIsAskedUntilItIsBack() throws InterruptedException {
    guard.left(LONG);
    runContainer("a");
    engine.goesDown();
    guard.nodeIsGone();
    Awaitility.await().atMost(PATIENCE).until(() -> !log.isEmpty());
    assertThat(process.join(Duration.ofMillis(300))).as("whether it has ended").isFalse();
    engine.comesBack();
    assertThat(process.join(PATIENCE)).isTrue();
    assertThat(engine.list()).isEmpty();
  }
}
