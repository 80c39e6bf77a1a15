package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.PERMITTED;
import static io.holdfast.node.container.ContainerFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ExecRequest;
import io.holdfast.engine.ExecResult;
import io.holdfast.engine.docker.DockerContainerEngine;
import io.holdfast.node.app.AppCatalog;
import io.holdfast.node.app.TestApps;
import io.holdfast.node.files.KeptFiles;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.sdk.DirectorySnapshot;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.StartOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Declared paths on a real Docker Engine: what comes back is what was there.
class ContainerFilesIT {
  private static final String IMAGE = "holdfast-test/container-files:latest";
  private static final NamespaceId NAMESPACE = new NamespaceId("test", "box");
  private static final ObjectAddress ADDRESS =
      new ObjectAddress(NAMESPACE, new ObjectIds(NAMESPACE).named("a"));
  private static final AppCatalog APPS =
      TestApps.of(
          """
          {"name": "test", "objects": [
            {"name": "box", "class": "%s", "container": {
              "image": "%s", "instanceType": {"vcpu": 2, "memoryMib": 1024, "diskMb": 4000}, "persistentPaths": ["/workspace", "/data.db"]}}]}
          """
              .formatted(ContainerFixture.Box.class.getName(), IMAGE));

  private final NodeOnDocker node = new NodeOnDocker(APPS, Duration.ofSeconds(5));

  @BeforeAll
  static void buildImage(@TempDir Path folder) throws Exception {
    NodeOnDocker.build(
        IMAGE,
        folder,
        """
        RUN mkdir /workspace /tmp && echo image >/workspace/README
        ENTRYPOINT ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]
        """);
  }

  @AfterEach
  void removeEverything() {
    node.close();
  }

  private ContainerSupervisor box() {
    return node.host.supervisor(ADDRESS);
  }

  private void start() {
    start(StartOptions.DEFAULT);
  }

  private void start(StartOptions options) {
    Optional<KeptFiles> committed =
        node.hooks.files.isEmpty() ? Optional.empty() : Optional.of(node.hooks.files.getLast());
    box().start(options, committed, Outbound.internet(false), PERMITTED);
    box().awaitReady(new Readiness.Running(), Duration.ofSeconds(120));
  }

  private void stop() {
    int before = node.hooks.files.size();
    box().stop(Duration.ofSeconds(5));
    await("the commit").until(() -> node.hooks.files.size() == before + 1);
    await("the container to be removed").until(() -> node.engine.list().isEmpty());
  }

  private String run(String script) {
    ContainerId id = node.engine.list().getFirst().id();
    ExecResult result = node.engine.exec(id, ExecRequest.of("sh", "-c", script));
    assertThat(result.exitCode()).as(script + ": " + result.stderrText()).isZero();
    return result.stdoutText().strip();
  }

  @Test
  void givesBackTheTreeAsItWasAndNotTheOneOfTheImage() {
    start();
    run(
        "rm /workspace/README; mkdir -p /workspace/empty /workspace/sub; echo hello >/workspace/sub/a;"
            + " chmod 4750 /workspace/sub/a; ln -s ../../etc /workspace/link;"
            + " ln /workspace/sub/a /workspace/hard; mkfifo /workspace/pipe;"
            + " touch -t 202001020304 /workspace/sub/a; echo 1 >/data.db; echo gone >/other");
    String list =
        "cd /workspace && find . | sort | xargs stat -c '%N %A %u %g %Y'; cat sub/a; cat /data.db";
    String before = run(list);

    stop();
    start();

    assertThat(run(list)).isEqualTo(before);
    assertThat(run("ls /other 2>/dev/null || echo none")).isEqualTo("none");
    assertThat(run("stat -c %h /workspace/hard")).isEqualTo("2");
  }

  @Test
  void givesFilesBackIntoAReadOnlyRootAndTakesThemFromThere() {
    StartOptions readOnly = StartOptions.DEFAULT.readOnlyRoot(true);
    start(readOnly);
    assertThat(run("touch /other 2>/dev/null || echo refused")).isEqualTo("refused");
    assertThat(run("cat /workspace/README")).isEqualTo("image");
    run(
        "rm /workspace/README; chmod 2750 /workspace; mkdir /workspace/sub; echo a >/workspace/sub/a;"
            + " ln /workspace/sub/a /workspace/hard; echo b >/data.db/b");
    String list =
        "stat -c '%N %A %u %g %h' /workspace /workspace/* /data.db/*; cat /workspace/hard";
    String before = run(list);

    stop();
    start(readOnly);

    assertThat(run(list)).isEqualTo(before);
    assertThat(run("touch /other 2>/dev/null || echo refused")).isEqualTo("refused");

    // And into a root that is not.
    stop();
    start();
    assertThat(run(list)).isEqualTo(before);
    assertThat(run("touch /other && echo made")).isEqualTo("made");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aSnapshotTakesThePlaceOfWhatWasKept(boolean readOnly) {
    StartOptions options = StartOptions.DEFAULT.readOnlyRoot(readOnly);
    start(options);
    run("rm /workspace/README; echo 1 >/workspace/then; chmod 711 /workspace");
    DirectorySnapshot then = box().snapshotDirectory("/workspace", "");
    run("rm /workspace/then; echo 2 >/workspace/kept; chmod 700 /workspace");
    stop();

    start(options.directorySnapshot(then));

    assertThat(run("ls /workspace; stat -c %a /workspace")).isEqualTo("then\n711");
  }

  @Test
  void keepsTheLastGoodOnesWhenTheContainerIsKilled() {
    start();
    run("echo good >/workspace/a");
    stop();
    start();
    run("echo bad >/workspace/a");
    ContainerId id = node.engine.list().getFirst().id();

    node.engine.signal(id, 9);
    await("the container to be removed").until(() -> node.engine.list().isEmpty());
    start();

    assertThat(run("cat /workspace/a")).isEqualTo("good");
  }

  @Test
  void theNextNodeFinishesWhatANodeThatDiedHadBegun() {
    start();
    run("echo kept >/workspace/a");
    ContainerId id = node.engine.list().getFirst().id();
    node.dies();
    // The program ends while no node is there: its files were not archived yet.
    try (DockerContainerEngine between = node.another()) {
      var _ = between.stop(id, Duration.ofSeconds(5));
    }

    node.comesBack();
    await("the files to be kept").until(() -> node.hooks.files.size() == 1);
    await("the container to be removed").until(() -> node.engine.list().isEmpty());
    start();

    assertThat(run("cat /workspace/a")).isEqualTo("kept");
  }

  @Test
  void keepsTenThousandSmallFilesAndAfterAChangeOnlyTheChange() {
    start();
    run(
        "mkdir /workspace/many; cd /workspace/many;"
            + " i=0; while [ $i -lt 100 ]; do mkdir $i; j=0;"
            + " while [ $j -lt 100 ]; do echo $i-$j-content >$i/$j; j=$((j+1)); done; i=$((i+1)); done");
    stop();
    long first = node.files.bytes();
    start();
    assertThat(run("find /workspace/many -type f | wc -l")).isEqualTo("10000");
    assertThat(run("cat /workspace/many/77/42")).isEqualTo("77-42-content");
    run("echo changed >/workspace/many/77/42");
    stop();

    assertThat(node.files.bytes() - first).isLessThan(first);
    start();
    assertThat(run("cat /workspace/many/77/42 /workspace/many/77/43"))
        .isEqualTo("changed\n77-43-content");
  }

  @Test
  void keepsOfALargeFileOnlyWhatChanged() {
    start();
    run("dd if=/dev/urandom of=/workspace/large bs=1M count=80 2>/dev/null");
    String before = run("md5sum /workspace/large");
    stop();
    long first = node.files.bytes();
    start();
    assertThat(run("md5sum /workspace/large")).isEqualTo(before);
    run("echo x | dd of=/workspace/large bs=1 seek=40000000 conv=notrunc 2>/dev/null");
    stop();

    assertThat(first).isGreaterThan(80L << 20);
    assertThat(node.files.bytes() - first).isLessThan(8L << 20);
  }
}
