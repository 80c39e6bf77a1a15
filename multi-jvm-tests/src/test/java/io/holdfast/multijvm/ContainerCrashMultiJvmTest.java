package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The node is killed, its containers are not: what then?
class ContainerCrashMultiJvmTest {
  private static final Pattern ID = Pattern.compile("\"id\":\"([0-9a-f]{64})\"");
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Duration ASLEEP_WITHIN = Duration.ofSeconds(60);

  @TempDir Path directory;
  private NodeProcess node;

  @BeforeEach
  void start() {
    node = new NodeProcess(directory, List.of(Apps.example("sandbox")));
    node.start();
  }

  @AfterEach
  void clean() throws Exception {
    node.close();
    DockerCli.removeDeployment(node.deployment());
  }

  @Test
  void aRunningContainerIsAdoptedAfterKillNine() {
    run("a", "echo one > file");
    String before = container("a");
    node.kill();
    node.start();
    assertThat(status("a")).contains("\"lives\":1");
    assertThat(run("a", "cat file")).isEqualTo("one\n");
    assertThat(container("a")).as("the same container as before the kill").isEqualTo(before);
    assertThat(node.get("/sandbox/a/history").ok()).contains("echo one > file", "cat file");
  }

  @Test
  void aContainerThatWentAwayUnderADeadNodeIsNotTakenForRunning() {
    run("a", "echo one > file");
    String before = container("a");
    node.kill();
    DockerCli.remove(before);
    node.start();
    assertThat(status("a")).contains("\"container\":\"stopped");
    assertThat(run("a", "echo again")).isEqualTo("again\n");
    assertThat(container("a")).isNotEqualTo(before);
    assertThat(status("a")).contains("\"lives\":2");
  }

  @Test
  void containersThatNoObjectOwnsAreRemovedAtStart() {
    run("a", "true");
    run("b", "true");
    String mine = container("a");
    node.kill();
    String twin = DockerCli.runTwin(mine, DockerCli.EPOCH, "1");
    String stranger = DockerCli.runTwin(mine, DockerCli.NAMESPACE, "nobodys");
    node.start();
    await("the orphans are removed")
        .atMost(SOON)
        .until(() -> !DockerCli.exists(twin) && !DockerCli.exists(stranger));
    assertThat(container("a")).as("what is in use stays").isEqualTo(mine);
    assertThat(run("b", "echo still here")).isEqualTo("still here\n");
  }

  @Test
  void aContainerThatWasInUseWhenTheNodeDiedFallsAsleepWithItsState() {
    run("a", "echo one > file");
    String id = id("a");
    node.kill();
    node.start();
    // Nobody asks for the object meanwhile.
    await("asleep").atMost(ASLEEP_WITHIN).until(() -> DockerCli.containersOf(id).isEmpty());
    await("known to sleep")
        .atMost(SOON)
        .until(() -> status("a").contains("\"container\":\"stopped\""));
    assertThat(run("a", "cat file")).isEqualTo("one\n");
    assertThat(status("a")).contains("\"lives\":2");
  }

  private String run(String sandbox, String script) {
    return node.post("/sandbox/" + sandbox + "/run", script).ok();
  }

  private String status(String sandbox) {
    return node.get("/sandbox/" + sandbox + "/status").ok();
  }

  private String id(String sandbox) {
    Matcher matcher = ID.matcher(status(sandbox));
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }

  /// The only container of a sandbox.
  private String container(String sandbox) {
    List<String> ids = DockerCli.containersOf(id(sandbox));
    assertThat(ids).as("running containers of sandbox %s", sandbox).hasSize(1);
    return ids.getFirst();
  }
}
