package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.PERMITTED;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.awaitStatus;
import static io.holdfast.node.container.ContainerFixture.fault;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.ContainerId;
import io.holdfast.node.files.KeptFiles;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.StartOptions;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ContainerFilesTest {
  private final ContainerFixture fixture = new ContainerFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private ContainerSupervisor keep() {
    return fixture.supervisor("keep", "a");
  }

  private FakeHooks hooks() {
    return fixture.hooks("keep", "a");
  }

  private ContainerId id() {
    return fixture.container("keep", "a").id();
  }

  private void start() {
    Optional<KeptFiles> committed =
        hooks().files.isEmpty() ? Optional.empty() : Optional.of(hooks().files.getLast());
    keep().start(StartOptions.DEFAULT, committed, Outbound.internet(false), PERMITTED);
    awaitStatus(keep(), ContainerState.Status.RUNNING);
  }

  /// What the program writes below `/workspace`.
  private void write(String... contents) throws IOException {
    Tars.write(fixture.engine, id(), "workspace", contents);
  }

  /// What was unpacked into the container before it ran.
  private Map<String, String> restored() throws IOException {
    return Tars.unpacked(fixture.engine, id());
  }

  private boolean isFresh() {
    try {
      fixture.engine.copyOut(id(), "/", Long.MAX_VALUE).close();
      return false;
    } catch (HoldfastException e) {
      return true;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void stop() {
    keep().stop(ContainerFixture.GRACE);
    fixture.awaitGone("keep", "a");
  }

  @Test
  void keepsDeclaredPathsAtAStopAndRestoresThemBeforeTheNextProgramRuns() throws Exception {
    start();
    assertThat(isFresh()).isTrue();
    write("one", "two");

    stop();

    assertThat(hooks().files).hasSize(1);
    assertThat(hooks().files.getFirst().files()).isEqualTo(3);
    assertThat(hooks().files.getFirst().bytes()).isEqualTo(6);
    start();
    assertThat(restored()).containsEntry("workspace/0", "one").containsEntry("workspace/1", "two");
  }

  @Test
  void restoresOnTheNextNode() throws Exception {
    start();
    write("one");
    stop();
    KeptFiles kept = hooks().files.getFirst();

    fixture.restartsNode();
    fixture.host.open();
    keep().start(StartOptions.DEFAULT, Optional.of(kept), Outbound.internet(false), PERMITTED);
    awaitStatus(keep(), ContainerState.Status.RUNNING);

    assertThat(restored()).containsEntry("workspace/0", "one");
  }

  @Test
  void keepsWhatADrainPutsToSleep() throws Exception {
    start();
    write("one");

    fixture.host.sleepAll(ContainerFixture.DEADLINE);

    assertThat(hooks().files).hasSize(1);
  }

  @Test
  void keepsTheFilesOfAProgramThatEndsWell() throws Exception {
    start();
    write("one");

    fixture.engine.exits(id(), 0);

    await("the files to be kept").until(() -> hooks().files.size() == 1);
  }

  @Test
  void keepsThoseOfBeforeWhenTheContainerCrashesOrIsDestroyed() throws Exception {
    start();
    write("good");
    stop();

    start();
    write("crashed");
    fixture.engine.exits(id(), 137);
    fixture.awaitGone("keep", "a");
    start();
    assertThat(restored()).containsEntry("workspace/0", "good");
    write("destroyed");
    keep().destroy();
    fixture.awaitGone("keep", "a");
    start();
    fixture.engine.runsOutOfMemory(id());
    fixture.awaitGone("keep", "a");
    start();

    assertThat(restored()).containsEntry("workspace/0", "good");
    assertThat(hooks().files).hasSize(1);
  }

  @Test
  void aStartRightAfterTheEndGetsTheFilesThatTheObjectHasNotYetCommitted() throws Exception {
    start();
    write("old");
    stop();
    KeptFiles old = hooks().files.getFirst();
    start();
    write("new");
    CompletableFuture<Boolean> commit = new CompletableFuture<>();
    hooks().onFilesKept = () -> commit;

    keep().stop(ContainerFixture.GRACE);
    assertThat(keep().uncommittedFiles()).isPresent();
    keep().start(StartOptions.DEFAULT, Optional.of(old), Outbound.internet(false), PERMITTED);
    awaitStatus(keep(), ContainerState.Status.RUNNING);

    assertThat(restored()).containsEntry("workspace/0", "new");
    commit.complete(true);
    await("the commit").until(() -> keep().uncommittedFiles().isEmpty());
  }

  @Test
  void aStopWhoseFilesAreTooManySaysSoAndThoseOfBeforeStay() throws Exception {
    fixture.fileSettings = "files-max = 3";
    fixture.restartsNode();
    fixture.host.open();
    start();
    write("one", "two");
    stop();
    start();
    write("one", "two", "three");

    HoldfastException fault = fault(() -> keep().stop(ContainerFixture.GRACE));

    assertThat(fault.code()).isEqualTo(ErrorCode.ARCHIVE_TOO_LARGE);
    assertThat(fault.getMessage()).contains("at most 3 files").contains("/workspace/2");
    assertThat(keep().state().status()).isEqualTo(ContainerState.Status.STOPPED);
    start();
    assertThat(restored()).containsEntry("workspace/1", "two").doesNotContainKey("workspace/2");
  }

  @Test
  void theNextNodeKeepsTheFilesOfAContainerThatHadStoppedBeforeTheyWereCommitted()
      throws Exception {
    start();
    write("one");
    hooks().onFilesKept = CompletableFuture::new; // The node dies before the object commits.
    CompletableFuture<Void> stop =
        ContainerFixture.async(() -> keep().stop(ContainerFixture.GRACE));
    await("the archive").until(() -> hooks().files.size() == 1);
    ContainerFixture.get(stop);

    fixture.restartsNode();
    fixture.host.open();

    await("the archive of the next node").until(() -> hooks().files.size() == 1);
    fixture.awaitGone("keep", "a");
    start();
    assertThat(restored()).containsEntry("workspace/0", "one");
  }

  @Test
  void keepsNothingOfAClassWithoutDeclaredPaths() {
    ContainerFixture.run(fixture.box()).stop(ContainerFixture.GRACE);
    fixture.awaitGone("box", "a");

    assertThat(fixture.boxHooks().files).isEmpty();
    assertThat(fixture.engine.calls(io.holdfast.testkit.FakeContainerEngine.Verb.COPY_OUT))
        .isZero();
  }
}
