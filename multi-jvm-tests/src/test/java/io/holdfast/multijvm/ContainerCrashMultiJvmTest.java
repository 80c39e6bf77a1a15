package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
  void start() throws Exception {
    // With power for a crowd.
    Path app = Apps.sandbox(directory, "\"lite\"", "\"standard-1\"");
    node = new NodeProcess(directory, List.of(app)).with("holdfast.engine.network.prepared", "1");
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

  @Test
  void fiftyFirstRequestsMakeOneContainer() throws Exception {
    List<String> outputs = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> answers = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        answers.add(clients.submit(() -> run("crowd", "echo hello")));
      }
      for (Future<String> answer : answers) {
        outputs.add(answer.get());
      }
    }
    assertThat(outputs).containsOnly("hello\n");
    assertThat(status("crowd")).contains("\"lives\":1", "\"runs\":50");
    assertThat(DockerCli.containersOf(id("crowd"))).hasSize(1);
  }

  /** With the seed that is printed; when the kill meets the start, the machine decides. */
  @Test
  void aNodeThatIsKilledWithinAStartLeavesOneContainerAtTheMost() throws Exception {
    long seed = Long.getLong("holdfast.seed", System.nanoTime());
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 2; round++) {
      String name = "cut" + round;
      try (ExecutorService client = Executors.newVirtualThreadPerTaskExecutor()) {
        Future<?> first = client.submit(() -> node.post("/sandbox/" + name + "/run", "true"));
        Thread.sleep(random.nextInt(400));
        node.kill();
        assertThat(first).as("an answer, or the end of the connection").isNotCancelled();
      }
      node.start();
      assertThat(run(name, "echo hello")).isEqualTo("hello\n");
      String id = id(name);
      await("what the killed start left")
          .atMost(SOON)
          .untilAsserted(() -> assertThat(DockerCli.allContainersOf(id)).hasSize(1));
    }
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
