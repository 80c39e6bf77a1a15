package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.PERMITTED;
import static io.holdfast.node.container.ContainerFixture.async;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.awaitStatus;
import static io.holdfast.node.container.ContainerFixture.fault;
import static io.holdfast.node.container.ContainerFixture.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.ContainerState.Paused;
import io.holdfast.engine.ReadOnlyRoot;
import io.holdfast.engine.ReadOnlyRoot.FirstContent;
import io.holdfast.sdk.ContainerSnapshot;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.DirectorySnapshot;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.StartOptions;
import io.holdfast.testkit.FakeContainerEngine.Verb;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ContainerSnapshotsTest {
  private final ContainerFixture fixture = new ContainerFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private ContainerSupervisor running(String name, StartOptions options) {
    ContainerSupervisor box = fixture.supervisor("box", name);
    box.start(options, PERMITTED);
    awaitStatus(box, ContainerState.Status.RUNNING);
    return box;
  }

  private ContainerSupervisor running() {
    return running("a", StartOptions.DEFAULT);
  }

  private ContainerId id(String name) {
    return fixture.container("box", name).id();
  }

  private void write(String directory, String... contents) throws IOException {
    Tars.write(fixture.engine, id("a"), directory, contents);
  }

  private Map<String, String> unpacked(String name) throws IOException {
    return Tars.unpacked(fixture.engine, id(name));
  }

  @Test
  void anotherObjectBeginsWithTheDirectoryWhereItWantsIt() throws Exception {
    ContainerSupervisor box = running();
    write("data", "one", "two");

    DirectorySnapshot snapshot = box.snapshotDirectory("/data", "before");
    write("data", "changed since");

    assertThat(snapshot.size()).isEqualTo(6);
    assertThat(snapshot.name()).contains("before");
    running("b", StartOptions.DEFAULT.directorySnapshot(snapshot));
    assertThat(unpacked("b")).containsEntry("data/0", "one").containsEntry("data/1", "two");
    running("c", StartOptions.DEFAULT.directorySnapshot(snapshot, "/home/data"));
    assertThat(unpacked("c")).containsEntry("home/data/0", "one").containsKey("home/data/");
  }

  @Test
  void aReadOnlyRootTakesItInFoldersOfTheirOwn() throws Exception {
    ContainerSupervisor box = running();
    write("data", "one", "two");
    DirectorySnapshot snapshot = box.snapshotDirectory("/data", "");

    running(
        "b",
        StartOptions.DEFAULT
            .readOnlyRoot(true)
            .directorySnapshot(snapshot)
            .directorySnapshot(snapshot, "/home/data"));

    assertThat(fixture.container("box", "b").spec().readOnlyRoot())
        .contains(
            new ReadOnlyRoot(
                Map.of("/data", FirstContent.EMPTY, "/home/data", FirstContent.EMPTY)));
    assertThat(unpacked("b"))
        .as("a mount point makes no room for a directory")
        .isEqualTo(Map.of("home/data/", "", "home/data/0", "one", "home/data/1", "two"));
  }

  @Test
  void aReadOnlyRootRefusesAWholeFileSystemAndTakesDirectories() throws Exception {
    ContainerSupervisor box = running();
    write("data", "one");
    ContainerSnapshot whole = box.snapshotContainer("");
    DirectorySnapshot directory = box.snapshotDirectory("/data", "");
    ContainerSupervisor sealed = fixture.supervisor("sealed", "a");

    HoldfastException fault =
        fault(() -> sealed.start(StartOptions.DEFAULT.containerSnapshot(whole), PERMITTED));
    assertThat(fault.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(fault).hasMessageContaining("read-only");
    assertThat(sealed.state().status()).isEqualTo(ContainerState.Status.STOPPED);

    sealed.start(StartOptions.DEFAULT.directorySnapshot(directory, "/srv/app/data"), PERMITTED);
    awaitStatus(sealed, ContainerState.Status.RUNNING);
    ContainerSpec spec = fixture.container("sealed", "a").spec();
    assertThat(spec.readOnlyRoot())
        .contains(new ReadOnlyRoot(Map.of("/srv/app", FirstContent.OF_IMAGE)));
    assertThat(spec.runtime()).contains("runsc");
    assertThat(Tars.unpacked(fixture.engine, fixture.container("sealed", "a").id()))
        .isEqualTo(Map.of("srv/app/data", "", "srv/app/data/", "", "srv/app/data/0", "one"));

    ContainerSupervisor around = fixture.supervisor("sealed", "b");
    around.start(StartOptions.DEFAULT.directorySnapshot(directory, "/srv"), PERMITTED);
    awaitStatus(around, ContainerState.Status.RUNNING);
    assertThat(fixture.container("sealed", "b").spec().readOnlyRoot())
        .as("the persistent path is in it")
        .contains(new ReadOnlyRoot(Map.of("/srv", FirstContent.EMPTY)));
  }

  @Test
  void aSnapshotOfTheContainerHasWhatDiffersFromTheImageAndNothingElse() throws Exception {
    ContainerSupervisor box = running();
    write("data", "new", "of the image");
    fixture.container("box", "a").differs(Set.of("/data", "/data/0"), Set.of());

    ContainerSnapshot snapshot = box.snapshotContainer("");

    assertThat(snapshot.name()).isEmpty();
    assertThat(snapshot.size()).isEqualTo(3);
    running("b", StartOptions.DEFAULT.containerSnapshot(snapshot));
    assertThat(unpacked("b")).containsEntry("data/0", "new").doesNotContainKey("data/1");
  }

  @Test
  void theDirectoryThatSomethingOfTheImageIsMissingInComesBackAsAWhole() throws Exception {
    ContainerSupervisor box = running();
    write("data", "new", "of the image");
    fixture.container("box", "a").differs(Set.of("/data", "/data/0"), Set.of("/data/2"));

    ContainerSnapshot snapshot = box.snapshotContainer("");
    running("b", StartOptions.DEFAULT.containerSnapshot(snapshot));

    assertThat(unpacked("b"))
        .as("a file in its place makes the engine remove it first")
        .containsEntry("data", "")
        .containsEntry("data/0", "new")
        .containsEntry("data/1", "of the image");
  }

  @Test
  void beginsWithTheSnapshotAndNotWithWhatWasKept() throws Exception {
    ContainerSupervisor keep = fixture.supervisor("keep", "a");
    keep.start(StartOptions.DEFAULT, PERMITTED);
    awaitStatus(keep, ContainerState.Status.RUNNING);
    ContainerId id = fixture.container("keep", "a").id();
    Tars.write(fixture.engine, id, "workspace", "first");
    fixture.container("keep", "a").differs(Set.of("/workspace", "/workspace/0"), Set.of());
    ContainerSnapshot snapshot = keep.snapshotContainer("");
    Tars.write(fixture.engine, id, "workspace", "last");
    keep.stop(ContainerFixture.GRACE);
    fixture.awaitGone("keep", "a");

    keep.start(
        StartOptions.DEFAULT.containerSnapshot(snapshot),
        Optional.of(fixture.hooks("keep", "a").files.getLast()),
        Outbound.internet(false),
        PERMITTED);
    awaitStatus(keep, ContainerState.Status.RUNNING);

    assertThat(Tars.unpacked(fixture.engine, fixture.container("keep", "a").id()))
        .containsEntry("workspace/0", "first");
    assertThat(fixture.engine.calls(Verb.COPY_IN)).as("two writes and one restore").isEqualTo(3);
  }

  @Test
  void nothingRunsInTheContainerMeanwhileAndAllGoesOnAfterwards() throws Exception {
    ContainerSupervisor box = running();
    write("data", "one");

    var _ = box.snapshotDirectory("/data", "");

    assertThat(fixture.engine.calls(Verb.PAUSE)).isEqualTo(1);
    assertThat(fixture.engine.inspect(id("a"))).isNotInstanceOf(Paused.class);
    assertThat(box.state().status()).isEqualTo(ContainerState.Status.RUNNING);
  }

  @Test
  void aPathThatThereIsNotEndsItAndTheContainerGoesOn() {
    ContainerSupervisor box = running();

    HoldfastException fault = fault(() -> box.snapshotDirectory("/none", ""));

    assertThat(fault.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(fault).hasMessageContaining("/none");
    assertThat(fixture.engine.inspect(id("a"))).isNotInstanceOf(Paused.class);
  }

  @Test
  void whatIsToEndIsNotHeldUp() throws Exception {
    ContainerSupervisor box = running();
    write("data", "one");
    fixture.engine.holds(Verb.COPY_OUT);
    CompletableFuture<HoldfastException> taking =
        async(() -> fault(() -> box.snapshotDirectory("/data", "")));
    await("the copy").until(() -> fixture.engine.calls(Verb.COPY_OUT) == 1);

    CompletableFuture<Void> end = async(box::destroy);
    await("the order").until(() -> box.state().status() != ContainerState.Status.RUNNING);
    fixture.engine.releases(Verb.COPY_OUT);

    assertThat(get(taking).code()).isEqualTo(ErrorCode.WRONG_STATE);
    get(end);
    assertThat(box.running()).isFalse();
  }

  @Test
  void needsAContainerThatRuns() {
    HoldfastException fault = fault(() -> fixture.box().snapshotContainer(""));

    assertThat(fault.code()).isEqualTo(ErrorCode.WRONG_STATE);
    assertThat(fault)
        .hasMessage("snapshotContainer() cannot be called on a container that is not running.");
  }

  @Test
  void refusesPathsAndNamesThatMakeNoSense() {
    ContainerSupervisor box = running();

    for (String path : new String[] {"", "/", "data", "/a//b", "/a/../b", "/a/"}) {
      assertThat(fault(() -> box.snapshotDirectory(path, "")).code())
          .as(path)
          .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    }
    assertThat(fault(() -> box.snapshotContainer("x".repeat(129))).code())
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(fixture.engine.calls(Verb.PAUSE)).isZero();
  }

  @Test
  void aStartFromOneThatThereIsNotOrThatHasEndedSaysSoAtOnce() throws Exception {
    ContainerSupervisor box = running();
    write("data", "one");
    DirectorySnapshot ended = box.snapshotDirectory("/data", "");
    DirectorySnapshot other = new DirectorySnapshot("0".repeat(32), 1, "/data", Optional.empty());
    ContainerSupervisor next = fixture.supervisor("box", "b");
    fixture.clockOffsetMillis.set(Duration.ofDays(30).toMillis());

    for (DirectorySnapshot snapshot : new DirectorySnapshot[] {ended, other}) {
      HoldfastException fault =
          fault(() -> next.start(StartOptions.DEFAULT.directorySnapshot(snapshot), PERMITTED));
      assertThat(fault.code()).isEqualTo(ErrorCode.SNAPSHOT_NOT_FOUND);
      assertThat(fault).hasMessageContaining(snapshot.id());
    }
    assertThat(next.running()).isFalse();
  }

  @Test
  void aStartFromOneMakesItLiveLonger() throws Exception {
    ContainerSupervisor box = running();
    write("data", "one");
    StartOptions from = StartOptions.DEFAULT.directorySnapshot(box.snapshotDirectory("/data", ""));

    for (int days = 20; days <= 100; days += 20) {
      fixture.clockOffsetMillis.set(Duration.ofDays(days).toMillis());
      running("after-" + days, from);
    }

    assertThat(unpacked("after-100")).containsEntry("data/0", "one");
  }

  @Test
  void aDirectoryIsNoContainer() throws Exception {
    ContainerSupervisor box = running();
    write("data", "one");
    DirectorySnapshot directory = box.snapshotDirectory("/data", "");
    StartOptions wrong =
        StartOptions.DEFAULT.containerSnapshot(
            new ContainerSnapshot(directory.id(), 1, Optional.empty()));

    HoldfastException fault = fault(() -> fixture.supervisor("box", "b").start(wrong, PERMITTED));

    assertThat(fault.code()).isEqualTo(ErrorCode.SNAPSHOT_NOT_FOUND);
    assertThat(fault).hasMessageContaining("directory /data");
  }
}
