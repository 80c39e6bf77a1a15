package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// Objects with containers on two nodes, a real Cassandra and a real Docker Engine: an object goes
/// from node to node, its container ends here and starts there, and never are there two.
///
/// The tests share the cluster; those that end a node start it again.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ContainerClusterMultiJvmTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Others start containers after 8 s at the earliest. The figure is printed. */
  private static final Duration GONE_MAX = Duration.ofSeconds(8);

  /** By SIGTERM, in order. */
  private static final int STOPPED = 128 + 15;

  @TempDir static Path directory;
  private static TestCluster cluster;
  private ContainerEye eye;

  @BeforeAll
  static void startCluster() throws Exception {
    cluster =
        TestCluster.of(
            directory,
            2,
            // Nodes, Cassandra and Docker share this machine.
            node -> node.with("holdfast.cluster.silent-max", "4 s"),
            Apps.boxes(directory));
  }

  @AfterAll
  static void stopCluster() throws IOException {
    List<String> deployments = List.of(cluster.node(1).deployment(), cluster.node(2).deployment());
    cluster.close();
    deployments.forEach(DockerCli::removeDeployment);
  }

  @BeforeEach
  void bothAreThereAndAllIsWatched() {
    for (int node = 1; node <= 2; node++) {
      if (!cluster.node(node).isAlive()) {
        cluster.node(node).start();
      }
    }
    eye = ContainerEye.open();
  }

  @AfterEach
  void noObjectHadTwoContainers() throws InterruptedException {
    eye.close();
    assertThat(eye.objects()).isNotEmpty();
    assertThat(eye.twice()).isEmpty();
  }

  private static List<String> names(String prefix) {
    return IntStream.range(0, 3).mapToObj(number -> prefix + number).toList();
  }

  private static String run(NodeProcess node, String box, String script) {
    return node.post("/box/" + box, script).ok();
  }

  /** While the owner is being replaced it may be refused. */
  private static String runAtLast(NodeProcess node, String box, String script) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      NodeProcess.Answer answer = node.post("/box/" + box, script);
      if (answer.status() == 200 || System.nanoTime() > end) {
        return answer.ok();
      }
      NodeProcess.pause(Duration.ofMillis(50));
    }
  }

  /** Without the id, which comes first. */
  private static List<String> log(NodeProcess node, String box) {
    List<String> lines = node.get("/box/" + box).ok().lines().toList();
    return lines.subList(1, lines.size());
  }

  private static String id(NodeProcess node, String box) {
    return node.get("/box/" + box).ok().lines().findFirst().orElseThrow();
  }

  /** The boxes of which a container runs on a node. */
  private static List<String> boxesOn(int node, List<String> boxes) throws IOException {
    List<String> there = DockerCli.allContainersOfDeployment(cluster.node(node).deployment());
    return boxes.stream()
        .filter(box ->
            DockerCli.containersOf(id(cluster.node(2), box)).stream().anyMatch(there::contains))
        .toList();
  }

  @Test
  @Order(1)
  void aContainerRunsOnTheNodeOfItsObjectAndIsReachedFromBoth() throws IOException {
    List<String> boxes = names("both");
    for (String box : boxes) {
      assertThat(run(cluster.node(1), box, "echo one > file; cat file")).isEqualTo("one\n");
      assertThat(run(cluster.node(2), box, "cat file")).isEqualTo("one\n");
      assertThat(log(cluster.node(1), box)).containsExactly("start");
    }
    assertThat(boxesOn(1, boxes)).isNotEmpty();
    assertThat(boxesOn(2, boxes)).isNotEmpty().doesNotContainAnyElementsOf(boxesOn(1, boxes));
  }

  @Test
  @Order(1)
  void anOperatorReachesTheContainersOfAllNodesThroughAny() throws IOException {
    List<String> boxes = names("operated");
    for (String box : boxes) {
      assertThat(run(cluster.node(1), box, "true")).isEmpty();
    }
    for (int node = 1; node <= 2; node++) {
      String listed = cluster.node(node).adminGet("containers?app=boxes").ok();
      for (String box : boxes) {
        assertThat(listed).contains(id(cluster.node(1), box));
      }
      assertThat(listed).contains("\"node\":\"node-1\"", "\"node\":\"node-2\"");
      assertThat(cluster.node(node).adminGet("containers?app=none").ok())
          .isEqualTo("{\"containers\":[]}");
    }
    for (String box : boxes) {
      String one = "containers/boxes/boxes/" + box;
      assertThat(cluster.node(2).adminGet(one + "/logs").status()).isEqualTo(200);
      assertThat(cluster.node(2).admin(one + "/stop", "{}").ok()).isEqualTo("{}");
      assertThat(DockerCli.containersOf(id(cluster.node(1), box))).isEmpty();
      assertThat(cluster.node(1).admin(one + "/stop", "{}").body())
          .contains("container_not_running");
    }
  }

  /** With an id that says on which node it is when its container runs. */
  private record Few(String name, String id) {
    static Few of(String name) {
      String id = cluster.node(1).get("/few/" + name).ok().lines().findFirst().orElseThrow();
      return new Few(name, id);
    }

    NodeProcess.Answer run() {
      return cluster.node(1).post("/few/" + name, "echo " + name);
    }

    void stop() {
      String _ = cluster.node(1).admin("containers/boxes/few/" + name + "/stop", "{}").ok();
    }

    boolean isOn(int node) throws IOException {
      return DockerCli.allContainersOfDeployment(cluster.node(node).deployment()).stream()
          .anyMatch(DockerCli.containersOf(id)::contains);
    }
  }

  @Test
  @Order(1)
  void asManyContainersRunOnAllNodesTogetherAsMay() throws Exception {
    List<Few> first = new ArrayList<>();
    List<Few> second = new ArrayList<>();
    for (int i = 0; i < 20 && (first.isEmpty() || second.size() < 2); i++) {
      Few few = Few.of("few" + i);
      assertThat(few.run().ok()).isEqualTo(few.name() + "\n");
      (few.isOn(1) ? first : second).add(few);
      few.stop();
    }
    assertThat(first.getFirst().run().ok()).isNotEmpty();
    assertThat(second.getFirst().run().ok()).isNotEmpty();
    assertThat(first.getFirst().isOn(1)).isTrue();
    assertThat(second.getFirst().isOn(2)).isTrue();
    CompletableFuture<NodeProcess.Answer> third = CompletableFuture.supplyAsync(second.get(1)::run);
    NodeProcess.pause(Duration.ofSeconds(2));
    assertThat(third).as("two may run, whichever node they are on").isNotDone();
    first.getFirst().stop();
    assertThat(third.get(5, TimeUnit.SECONDS).ok()).isEqualTo(second.get(1).name() + "\n");
    second.forEach(Few::stop);
  }

  @Test
  @Order(2)
  void aNodeThatIsStoppedInOrderHandsContainersOverWithTheirFilesAndWithoutAFailedRequest()
      throws Exception {
    List<String> boxes = names("drain");
    for (String box : boxes) {
      assertThat(run(cluster.node(1), box, "echo " + box + " > file")).isEmpty();
    }
    List<String> moving = boxesOn(1, boxes);
    assertThat(moving).isNotEmpty();
    List<NodeProcess.Answer> answers = Collections.synchronizedList(new ArrayList<>());
    AtomicBoolean enough = new AtomicBoolean();
    List<Thread> clients =
        boxes.stream()
            .map(box ->
                Thread.ofVirtual()
                    .start(() -> {
                      while (!enough.get()) {
                        answers.add(cluster.node(2).post("/box/" + box, "cat file"));
                      }
                    }))
            .toList();
    NodeProcess.pause(Duration.ofSeconds(1));
    String deployment = cluster.node(1).deployment();
    long begun = System.nanoTime();
    int code = cluster.node(1).stop();
    long millis = Duration.ofNanos(System.nanoTime() - begun).toMillis();
    assertThat(DockerCli.allContainersOfDeployment(deployment)).isEmpty();
    NodeProcess.pause(Duration.ofSeconds(1));
    enough.set(true);
    for (Thread client : clients) {
      client.join();
    }
    System.out.printf(
        "containers: %d requests to %d boxes, %d of them moved, while a node was stopped in %d ms%n",
        answers.size(), boxes.size(), moving.size(), millis);
    assertThat(code).isEqualTo(STOPPED);
    assertThat(answers)
        .hasSizeGreaterThan(20)
        .allSatisfy(answer -> assertThat(answer.status()).as(answer.body()).isEqualTo(200))
        .extracting(NodeProcess.Answer::body)
        .allMatch(body -> body.startsWith("drain"));
    for (String box : moving) {
      assertThat(log(cluster.node(2), box))
          .startsWith("start", "stop 143 RUNTIME_SIGNAL")
          .endsWith("start");
    }
  }

  @Test
  @Order(3)
  void theContainersOfANodeThatIsKilledEndAndStartElsewhereFromTheirLastGoodFiles()
      throws Exception {
    List<String> boxes = names("kill");
    for (String box : boxes) {
      assertThat(run(cluster.node(1), box, "echo kept > file")).isEmpty();
    }
    List<String> lost = boxesOn(1, boxes);
    assertThat(lost).isNotEmpty();
    String deployment = cluster.node(1).deployment();
    long begun = System.nanoTime();
    cluster.node(1).kill();
    await("the guard")
        .pollInterval(Duration.ofMillis(20))
        .atMost(GONE_MAX)
        .until(() -> DockerCli.containersOfDeployment(deployment).isEmpty());
    System.out.printf(
        "containers: of a killed node they have ended after %d ms%n",
        Duration.ofNanos(System.nanoTime() - begun).toMillis());
    for (String box : lost) {
      assertThat(runAtLast(cluster.node(2), box, "cat file 2>&1; echo new > file"))
          .as("nothing was kept of what crashed")
          .contains("No such file");
      assertThat(log(cluster.node(2), box))
          .containsExactly("start", "stop 137 RUNTIME_SIGNAL", "start");
    }
    cluster.node(1).start();
    for (String box : lost) {
      assertThat(run(cluster.node(1), box, "cat file")).isEqualTo("new\n");
    }
  }

  @Test
  @Order(4)
  void theContainersOfANodeThatStandsStillEndBeforeOthersHaveItsObjects() throws Exception {
    List<String> boxes = names("still");
    for (String box : boxes) {
      assertThat(run(cluster.node(1), box, "true")).isEmpty();
    }
    assertThat(boxesOn(1, boxes)).isNotEmpty();
    String deployment = cluster.node(1).deployment();
    cluster.node(1).pause();
    try {
      for (String box : boxes) {
        assertThat(runAtLast(cluster.node(2), box, "echo again")).isEqualTo("again\n");
      }
      assertThat(DockerCli.allContainersOfDeployment(deployment)).isEmpty();
    } finally {
      cluster.node(1).resume();
    }
    await("it ends by itself").atMost(PATIENCE).until(() -> !cluster.node(1).isAlive());
  }

  @Test
  @Order(5)
  void nothingIsLeftWhenTheLastNodeStops() throws Exception {
    assertThat(run(cluster.node(1), "last", "echo last > file")).isEmpty();
    assertThat(cluster.node(1).stop()).isEqualTo(STOPPED);
    assertThat(cluster.node(2).stop()).isEqualTo(STOPPED);
    assertThat(DockerCli.allContainersOfDeployment(cluster.node(2).deployment())).isEmpty();
    cluster.node(2).start();
    assertThat(run(cluster.node(2), "last", "cat file")).isEqualTo("last\n");
  }
}
