package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.PERMITTED;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ExecRequest;
import io.holdfast.engine.ExecResult;
import io.holdfast.node.app.AppCatalog;
import io.holdfast.node.app.TestApps;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.sdk.ContainerSnapshot;
import io.holdfast.sdk.DirectorySnapshot;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.StartOptions;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Snapshots on a real Docker Engine: the next container begins with the same file system.
class ContainerSnapshotsIT {
  private static final String IMAGE = "holdfast-test/container-snapshots:latest";
  private static final NamespaceId NAMESPACE = new NamespaceId("test", "box");
  private static final AppCatalog APPS =
      TestApps.of(
          """
          {"name": "test", "objects": [
            {"name": "box", "class": "%s", "container": {"image": "%s"}}]}
          """
              .formatted(ContainerFixture.Box.class.getName(), IMAGE));

  /** All that a file system shows, but for what the engine or the kernel makes. */
  private static final String ALL =
      "cd / && find . -xdev -path ./dev -prune -o -path ./proc -prune -o -path ./sys -prune -o"
          + " -path ./etc/hosts -o -path ./etc/hostname -o -path ./etc/resolv.conf -o -path ./.dockerenv"
          + " -o -print | sort | xargs stat -c '%N %A %u %g %s';"
          + " find etc usr data -type f | sort | grep -v -e hosts -e hostname -e resolv | xargs md5sum";

  private final NodeOnDocker node = new NodeOnDocker(APPS, Duration.ofSeconds(5));

  @BeforeAll
  static void buildImage(@TempDir Path folder) throws Exception {
    NodeOnDocker.build(
        IMAGE,
        folder,
        """
        RUN mkdir -p /tmp /etc /usr/share/doc /usr/share/man /data && echo image >/etc/motd && \\
            echo old >/etc/removed && echo a >/usr/share/doc/a && echo b >/usr/share/doc/b && \\
            echo m >/usr/share/man/m && echo keep >/data/keep
        ENTRYPOINT ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]
        """);
  }

  @AfterEach
  void removeEverything() {
    node.close();
  }

  private ContainerSupervisor start(String name, StartOptions options) {
    ContainerSupervisor box = node.host.supervisor(address(name));
    box.start(options, PERMITTED);
    box.awaitReady(new Readiness.Running(), Duration.ofSeconds(120));
    return box;
  }

  private static ObjectAddress address(String name) {
    return new ObjectAddress(NAMESPACE, new ObjectIds(NAMESPACE).named(name));
  }

  private ContainerId id(String name) {
    String object = address(name).id().hex();
    return node.engine.list().stream()
        .filter(found -> found.owner().orElseThrow().objectId().equals(object))
        .findFirst()
        .orElseThrow()
        .id();
  }

  private String run(String name, String script) {
    ExecResult result = node.engine.exec(id(name), ExecRequest.of("sh", "-c", script));
    assertThat(result.exitCode()).as(script + ": " + result.stderrText()).isZero();
    return result.stdoutText().strip();
  }

  @Test
  void theNextContainerHasTheSameFileSystem() {
    ContainerSupervisor box = start("a", StartOptions.DEFAULT);
    run(
        "a",
        "echo mine >/etc/motd; rm /etc/removed; rm -r /usr/share/man; rm -r /usr/share/doc;"
            + " mkdir /usr/share/doc; echo new >/usr/share/doc/c; mkdir -p /opt/deep/er;"
            + " echo x >/opt/deep/er/x; ln -s /data/keep /opt/link; ln /opt/deep/er/x /opt/hard;"
            + " chmod 711 /data; chown 7:8 /data/keep; echo top >/top");
    String before = run("a", ALL);

    ContainerSnapshot snapshot = box.snapshotContainer("all");
    run("a", "echo later >/etc/motd");
    start("b", StartOptions.DEFAULT.containerSnapshot(snapshot));

    assertThat(run("b", ALL)).isEqualTo(before);
    assertThat(run("b", "stat -c %h /opt/hard; ls /usr/share/doc; ls /etc/removed 2>&1 || true"))
        .isEqualTo("2\nc\nls: /etc/removed: No such file or directory");
    assertThat(run("b", "cat /etc/hosts")).contains("localhost");
  }

  @Test
  void aDirectoryTakesThePlaceOfTheOneOfTheImage() {
    ContainerSupervisor box = start("a", StartOptions.DEFAULT);
    run("a", "mkdir -p /work/sub; echo 1 >/work/sub/one");

    DirectorySnapshot snapshot = box.snapshotDirectory("/work", "");
    start(
        "b",
        StartOptions.DEFAULT
            .directorySnapshot(snapshot, "/data")
            .directorySnapshot(snapshot, "/new/place"));

    assertThat(run("b", "find /data /new -type f | sort"))
        .isEqualTo("/data/sub/one\n/new/place/sub/one");
  }

  @Test
  void filesThatAProgramWritesTogetherAreOfOneMoment() {
    ContainerSupervisor box = start("a", StartOptions.DEFAULT);
    run(
        "a",
        "mkdir /work; cd /work; echo 0 >a; echo 0 >z; dd if=/dev/zero of=m bs=1M count=64 2>/dev/null; (i=0; while :; do"
            + " i=$((i+1)); echo $i >t; mv t a; echo $i >t; mv t z; done) >/dev/null 2>&1 &");

    for (int round = 0; round < 3; round++) {
      DirectorySnapshot snapshot = box.snapshotDirectory("/work", "");
      String copy = "copy-" + round;
      start(copy, StartOptions.DEFAULT.directorySnapshot(snapshot));
      String[] both = run(copy, "cat /work/a /work/z").split("\\s+");

      // The engine reads 64 MiB between the two.
      assertThat(Long.parseLong(both[0]) - Long.parseLong(both[1])).isBetween(0L, 1L);
    }
  }
}
