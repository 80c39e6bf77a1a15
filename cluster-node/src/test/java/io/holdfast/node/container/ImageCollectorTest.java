package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.async;
import static io.holdfast.node.container.ContainerFixture.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.node.app.AppCatalog;
import io.holdfast.node.app.TestApps;
import io.holdfast.node.metering.MemoryMeters;
import io.holdfast.testkit.FakeContainerEngine;
import io.holdfast.testkit.FakeProgram;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// Images `r.test/…` are pulled, each of size 1; others were built by somebody. The app names
/// `r.test/named:1`.
class ImageCollectorTest {
  private static final AppCatalog APPS =
      TestApps.of(
          """
          {"name": "test", "objects": [
            {"name": "box", "class": "%s$Box", "container": {"image": "r.test/named:1"}}]}
          """
              .formatted(ContainerFixture.class.getName()));
  private static final Duration AGE = Duration.ofDays(7);

  private final FakeContainerEngine engine = new FakeContainerEngine();
  private final MemoryMeters disk = new MemoryMeters();
  private final AtomicLong now =
      new AtomicLong(Instant.parse("2026-11-24T12:00:00Z").toEpochMilli());
  private Set<String> snapshotImages = Set.of();
  private ImageCollector collector = collector(1_000);

  private ImageCollector collector(long bytesMax) {
    return new ImageCollector(
        engine,
        APPS,
        disk,
        () -> Instant.ofEpochMilli(now.get()),
        new ImageSettings(AGE, bytesMax, Duration.ofHours(1)),
        () -> snapshotImages);
  }

  private void pull(String reference) {
    engine.registryHas(reference, FakeProgram.serving(8080, "hello"));
    engine.pull(reference);
  }

  private void pass(Duration time) {
    now.addAndGet(time.toMillis());
  }

  @Test
  void removesWhatItPulledWhenNobodyUsedItForLongEnough() {
    pull("r.test/old:1");
    pass(AGE.minusMillis(1));
    collector.sweep();
    assertThat(engine.imagePresent("r.test/old:1")).isTrue();
    pass(Duration.ofMillis(1));
    collector.sweep();
    assertThat(engine.imagePresent("r.test/old:1")).isFalse();
  }

  @Test
  void keepsWhatAnAppNamesWhatAContainerUsesAndWhatSomebodyBuilt() {
    pull("r.test/named:1");
    pull("r.test/used:1");
    engine.image("built:1", FakeProgram.serving(8080, "hello"));
    ContainerOwner owner = new ContainerOwner("test", "box", "%064x".formatted(1), "node-1", 1);
    var running = engine.start(ContainerSpec.of(owner, "r.test/used:1").build());
    pass(AGE.multipliedBy(5));
    collector.sweep();
    assertThat(engine.imagePresent("r.test/named:1")).isTrue();
    assertThat(engine.imagePresent("r.test/used:1")).isTrue();
    assertThat(engine.imagePresent("built:1")).isTrue();
    engine.destroy(running.id());
    collector.sweep();
    assertThat(engine.imagePresent("r.test/used:1")).isFalse();
  }

  @Test
  void keepsWhatASnapshotBelongsTo() {
    pull("r.test/base:1");
    snapshotImages = Set.of("sha256:r.test/base:1");
    pass(AGE.multipliedBy(5));
    collector.sweep();
    assertThat(engine.imagePresent("r.test/base:1")).isTrue();
    snapshotImages = Set.of();
    collector.sweep();
    assertThat(engine.imagePresent("r.test/base:1")).isFalse();
  }

  @Test
  void aUseMakesItYoungAgain() {
    pull("r.test/a:1");
    pass(AGE);
    collector.using("r.test/a:1", () -> "started");
    collector.sweep();
    assertThat(engine.imagePresent("r.test/a:1")).isTrue();
  }

  @Test
  void removesTheLongestUnusedFirstWhileAllAreTooLarge() {
    collector = collector(2);
    for (String each : new String[] {"r.test/a:1", "r.test/b:1", "r.test/c:1"}) {
      pull(each);
      pass(Duration.ofHours(1));
    }
    collector.using("r.test/a:1", () -> "started");
    collector.sweep();
    assertThat(engine.imagePresent("r.test/a:1")).isTrue();
    assertThat(engine.imagePresent("r.test/b:1")).isFalse();
    assertThat(engine.imagePresent("r.test/c:1")).isTrue();
  }

  @Test
  void knowsWhatItPulledInAnEarlierLife() {
    pull("r.test/a:1");
    pass(AGE);
    collector = collector(1_000);
    collector.sweep();
    assertThat(engine.imagePresent("r.test/a:1")).isFalse();
    engine.image("r.test/a:1", FakeProgram.serving(8080, "hello"));
    collector = collector(1_000);
    pass(AGE);
    collector.sweep();
    assertThat(engine.imagePresent("r.test/a:1")).as("loaded by somebody since").isTrue();
  }

  @Test
  void removesNothingUnderAStart() {
    pull("r.test/a:1");
    pass(AGE);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    CompletableFuture<String> start =
        async(() ->
            collector.using(
                "r.test/a:1",
                () -> {
                  inside.countDown();
                  try {
                    goOn.await();
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                  return "started";
                }));
    get(
        async(() -> {
          inside.await();
          collector.sweep();
          return true;
        }));
    assertThat(engine.imagePresent("r.test/a:1")).isTrue();
    goOn.countDown();
    assertThat(get(start)).isEqualTo("started");
  }
}
