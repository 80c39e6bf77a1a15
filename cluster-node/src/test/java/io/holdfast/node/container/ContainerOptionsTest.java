package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.PERMITTED;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.awaitStatus;
import static io.holdfast.node.container.ContainerFixture.fault;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.InstanceType;
import io.holdfast.sdk.ContainerExit;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.StartOptions;
import io.holdfast.testkit.FakeProgram;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What one start may ask for.
class ContainerOptionsTest {
  private final ContainerFixture fixture = new ContainerFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private void start(StartOptions options) {
    fixture.box().start(options, PERMITTED);
    awaitStatus(fixture.box(), ContainerState.Status.RUNNING);
  }

  @Test
  void runsTheImageOfTheDescriptorUnlessAskedForAnother() {
    fixture.engine.image("other:2", FakeProgram.serving(ContainerFixture.PORT, "other"));
    start(StartOptions.DEFAULT);
    assertThat(fixture.boxContainer().spec().image()).isEqualTo("app");
    fixture.box().destroy();
    fixture.awaitGone("box", "a");
    start(StartOptions.DEFAULT.image("other:2"));
    assertThat(fixture.boxContainer().spec().image()).isEqualTo("other:2");
  }

  @Test
  void findsAnImageByItsNameInTheDescriptor() {
    fixture.engine.image("host:5000/tiny:1", FakeProgram.serving(ContainerFixture.PORT, "tiny"));
    start(StartOptions.DEFAULT.image("tiny"));
    assertThat(fixture.boxContainer().spec().image()).isEqualTo("host:5000/tiny:1");
  }

  @Test
  void givesTheInstanceTypeThatWasAskedFor() {
    start(StartOptions.DEFAULT.instance("standard-2"));
    assertThat(fixture.boxContainer().spec().instanceType()).isEqualTo(InstanceType.STANDARD_2);
    fixture.box().destroy();
    fixture.awaitGone("box", "a");
    start(StartOptions.DEFAULT.instance(0.5, 512, 1_000));
    assertThat(fixture.boxContainer().spec().instanceType())
        .isEqualTo(new InstanceType("custom", 0.5, 512, 1_000));
  }

  @Test
  void refusesAnInstanceTypeThatThereIsNotBeforeAnythingChanges() {
    var refused =
        fault(() -> fixture.box().start(StartOptions.DEFAULT.instance("huge"), PERMITTED));
    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(refused).hasMessageContaining("'huge'").hasMessageContaining("standard-4");
    assertThat(fixture.box().state().status()).isEqualTo(ContainerState.Status.STOPPED);
  }

  @Test
  void givesEachStartAnIdOfItsOwn() {
    start(StartOptions.DEFAULT);
    String first = fixture.boxContainer().spec().env().get("CLOUDFLARE_DEPLOYMENT_ID");
    fixture.box().destroy();
    fixture.awaitGone("box", "a");
    start(StartOptions.DEFAULT);
    assertThat(fixture.boxContainer().spec().env().get("CLOUDFLARE_DEPLOYMENT_ID"))
        .matches("[0-9a-f-]{36}")
        .isNotEqualTo(first);
  }

  @Test
  void tellsTheContainerAllThatCloudflareTells() {
    start(StartOptions.DEFAULT.env(Map.of("CLOUDFLARE_REGION", "mine")));
    assertThat(fixture.boxContainer().spec().env())
        .containsOnlyKeys(
            "CLOUDFLARE_APPLICATION_ID",
            "CLOUDFLARE_COUNTRY_A2",
            "CLOUDFLARE_DEPLOYMENT_ID",
            "CLOUDFLARE_DURABLE_OBJECT_ID",
            "CLOUDFLARE_LOCATION",
            "CLOUDFLARE_REGION")
        .containsEntry("CLOUDFLARE_APPLICATION_ID", "test.box")
        .containsEntry("CLOUDFLARE_REGION", "mine");
  }

  // ---- hard timeout
  // ----------------------------------------------------------------------------------------------

  @Test
  void isKilledAtItsHardTimeoutWhileItIsUsed() {
    long begun = System.nanoTime();
    start(StartOptions.DEFAULT.hardTimeout(Duration.ofMillis(200)));
    while (fixture.box().running() && System.nanoTime() - begun < 20_000_000_000L) {
      fixture.box().renewActivity();
      Thread.onSpinWait();
    }
    assertThat(fixture.box().running()).isFalse();
    assertThat(System.nanoTime() - begun).isGreaterThan(190_000_000L);
    await("the object to hear of it").until(() -> fixture.boxHooks().ends.size() == 1);
    assertThat(fixture.boxHooks().ends.getFirst())
        .isEqualTo(new ContainerExit(137, ContainerExit.Reason.RUNTIME_SIGNAL));
  }

  @Test
  void theHardTimeoutOfOneRunDoesNotEndTheNext() {
    start(StartOptions.DEFAULT.hardTimeout(Duration.ofMillis(150)));
    fixture.box().destroy();
    fixture.awaitGone("box", "a");
    long begun = System.nanoTime();
    start(StartOptions.DEFAULT.hardTimeout(Duration.ofMillis(600)));
    await("the second to reach its own deadline").until(() -> !fixture.box().running());
    assertThat(System.nanoTime() - begun).isGreaterThan(550_000_000L);
    await("both ends to be told").until(() -> fixture.boxHooks().ends.size() == 2);
  }

  @Test
  void theHardTimeoutHoldsAfterTheNodeWasRestarted() {
    start(StartOptions.DEFAULT.hardTimeout(Duration.ofMillis(700)));
    fixture.restartsNode();
    fixture.host.open();
    assertThat(fixture.box().running()).isTrue();
    await("the container to reach its deadline").until(() -> !fixture.box().running());
    await("the object to hear of it").until(() -> fixture.boxHooks().ends.size() == 1);
  }

  @Test
  void aHardTimeoutThatPassedWhileTheNodeWasDownEndsTheContainerAtOnce() {
    start(StartOptions.DEFAULT.hardTimeout(Duration.ofDays(1)));
    fixture.restartsNode();
    fixture.clockOffsetMillis.set(Duration.ofDays(2).toMillis());
    fixture.host.open();
    await("the container to be ended").until(() -> !fixture.box().running());
    fixture.awaitGone("box", "a");
  }
}
