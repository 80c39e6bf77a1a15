package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// Four nodes with roles: one is an edge, one has objects, two run containers, of which one has
/// room for one only; a real Cassandra and a real Docker Engine.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RolesMultiJvmTest {
  private static final List<String> ROLES = List.of("edge", "objects", "containers", "containers");
  private static final List<String> ROOM = List.of("1", "1", "1", "8");
  private static final int BOXES = 6;
  private static final Predicate<String> REFUSED =
      line -> line.startsWith("holdfast_container_starts_refused_total{reason=\"timeout\"}");

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Without a word about the role it would be {@code Underway}'s 10 s. */
  private static final Duration AT_ONCE = Duration.ofSeconds(3);

  @TempDir static Path directory;
  private static TestCluster cluster;

  @BeforeAll
  static void startCluster() throws Exception {
    cluster =
        TestCluster.notStarted(
            directory, ROLES.size(), Apps.example("counter"), Apps.boxes(directory));
    for (int node = 1; node <= ROLES.size(); node++) {
      NodeProcess _ =
          cluster
              .node(node)
              .withList("holdfast.cluster.roles", List.of(ROLES.get(node - 1)))
              .with("holdfast.cluster.zone", "zone-" + node % 2)
              .with("holdfast.containers.budget.instances", ROOM.get(node - 1))
              .with("holdfast.containers.queue-timeout", "1 s")
              .with("holdfast.cluster.silent-max", "4 s");
    }
    start(1, 2);
  }

  private static void start(int... nodes) {
    for (int node : nodes) {
      cluster.node(node).spawn();
    }
    for (int node : nodes) {
      cluster.node(node).awaitReady();
    }
  }

  @AfterAll
  static void stopCluster() throws IOException {
    List<String> deployments = List.of(cluster.node(3).deployment(), cluster.node(4).deployment());
    cluster.close();
    deployments.forEach(DockerCli::removeDeployment);
  }

  private static NodeProcess edge() {
    return cluster.node(1);
  }

  private static List<String> containersOf(int node) throws IOException {
    return DockerCli.containersOfDeployment(cluster.node(node).deployment());
  }

  @Test
  @Order(1)
  void whatNoNodeIsThereForIsRefusedAtOnceAndTheRestGoesOn() {
    long begun = System.nanoTime();
    NodeProcess.Answer refused = edge().post("/box/one", "true");
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(AT_ONCE);
    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.body())
        .contains("object_unavailable")
        .contains("by holdfast.cluster.roles, found none");
    assertThat(edge().post("/counter/one/inc", "").ok()).isEqualTo("{\"value\":1}");
  }

  @Test
  @Order(2)
  void eachNodeDoesWhatItsRoleIs() throws IOException {
    start(3, 4);
    assertThat(edge().post("/counter/one/inc", "").ok()).isEqualTo("{\"value\":2}");
    assertThat(edge().post("/box/one", "echo here").ok()).isEqualTo("here\n");
    assertThat(containersOf(2)).isEmpty();
    assertThat(containersOf(3).size() + containersOf(4).size()).isEqualTo(1);
    for (int node = 2; node <= 4; node++) {
      assertThat(cluster.node(node).get("/counter/one/get").status()).isEqualTo(421);
      assertThat(cluster.node(node).get("/counter/one/get").body()).contains("not_an_edge");
      assertThat(cluster.node(node).adminGet("containers?app=boxes").ok())
          .contains("\"node\":\"node-");
    }
  }

  @Test
  @Order(3)
  void aContainerThatFindsNoRoomOnItsNodeStartsWhereRoomIs() throws IOException {
    for (int box = 0; box < BOXES; box++) {
      String _ = edge().get("/box/box" + box).ok(); // Has a node now, and no container.
    }
    long begun = System.nanoTime();
    for (int box = 0; box < BOXES; box++) {
      runAtLast("box" + box);
    }
    System.out.printf(
        "roles: %d containers found room in %d ms, of which one node has little; there %s%n",
        BOXES,
        Duration.ofNanos(System.nanoTime() - begun).toMillis(),
        cluster.node(3).get("/metrics").ok().lines().filter(REFUSED).findFirst().orElseThrow());
    assertThat(containersOf(3)).hasSizeLessThanOrEqualTo(1);
    assertThat(containersOf(3).size() + containersOf(4).size()).isEqualTo(BOXES + 1);
  }

  /** While there is no room where it is, it is refused for the moment. */
  private static void runAtLast(String box) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      NodeProcess.Answer answer = edge().post("/box/" + box, "echo here");
      if (answer.status() == 200 || System.nanoTime() > end) {
        assertThat(answer.ok()).isEqualTo("here\n");
        return;
      }
      NodeProcess.pause(Duration.ofMillis(200));
    }
  }
}
