package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `holdfast data`: a single node grows into a cluster, and a cluster shrinks to a single node.
class DataMultiJvmTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int LEDGERS = 40;
  private static final int LONG = 1_200;

  @TempDir Path directory;

  private static void add(NodeProcess node, String ledger, String token) {
    String _ = node.post("/ledger/" + ledger + "?token=" + token, "").ok();
  }

  /** As lines of number and token, behind their count. */
  private static List<String> entries(NodeProcess node, String ledger) {
    return node.get("/ledger/" + ledger).ok().lines().skip(1).toList();
  }

  private static void arm(NodeProcess node, String timer, String token, Duration in) {
    long at = System.currentTimeMillis() + in.toMillis();
    String _ = node.post("/timers/" + timer + "?token=" + token + "&at=" + at, "").ok();
  }

  private static void awaitFired(NodeProcess node, String timer, String token) {
    await(token + " rings")
        .atMost(PATIENCE)
        .until(() -> node.get("/timers/" + timer).ok().contains(token));
  }

  private static String run(NodeProcess node, String script) {
    return node.post("/box/kept", script).ok();
  }

  @Test
  void aSingleNodeGrowsIntoAClusterAndBack() throws Exception {
    Path[] apps = {Apps.ledger(directory), Apps.timers(directory), Apps.boxes(directory)};
    NodeProcess alone = new NodeProcess(directory.resolve("alone"), List.of(apps));
    Path first = directory.resolve("first.holdfast");
    try (alone) {
      alone.start();
      for (int ledger = 0; ledger < LEDGERS; ledger++) {
        add(alone, "l" + ledger, "from-alone");
      }
      // Enough for snapshots, a trimmed history and a second partition of Cassandra.
      IntStream.range(0, LONG).forEach(number -> add(alone, "long", "t" + number));
      arm(alone, "soon", "armed-alone", Duration.ofSeconds(20));
      run(alone, "echo from alone > /home/guest/file");
      assertThat(alone.data(2, "export", first))
          .contains("data_directory_locked")
          .doesNotContain("Exception");
      assertThat(alone.stop()).isEqualTo(128 + 15);
      assertThat(alone.data(0, "export", first)).contains("objects").contains("exported");
    } finally {
      DockerCli.removeDeployment(alone.deployment());
    }

    Path second = directory.resolve("second.holdfast");
    TestCluster cluster = TestCluster.notStarted(directory, 2, apps);
    List<String> deployments = new ArrayList<>();
    try (cluster) {
      NodeProcess one = cluster.node(1);
      NodeProcess two = cluster.node(2);
      assertThat(one.data(0, "import", first)).contains("imported");
      assertThat(one.data(0, "import", first)).as("again").contains("imported");
      cluster.started();
      deployments.addAll(List.of(one.deployment(), two.deployment()));
      assertThat(one.data(2, "import", first)).contains("wrong_state: expected no node to run");

      for (int ledger = 0; ledger < LEDGERS; ledger++) {
        assertThat(entries(ledger % 2 == 0 ? one : two, "l" + ledger))
            .containsExactly("1 from-alone");
        add(ledger % 2 == 0 ? two : one, "l" + ledger, "from-cluster");
      }
      assertThat(entries(two, "long")).hasSize(LONG);
      add(two, "long", "one-more");
      awaitFired(two, "soon", "armed-alone");
      arm(one, "later", "armed-in-cluster", Duration.ofSeconds(25));
      assertThat(run(two, "cat /home/guest/file")).isEqualTo("from alone\n");
      run(two, "echo from cluster > /home/guest/file");
      one.stop();
      two.stop();
      assertThat(two.data(0, "export", second)).contains("exported");
      assertThat(two.data(2, "import", first)).as("it has gone on").contains("other objects");
    } finally {
      for (String deployment : deployments) {
        DockerCli.removeDeployment(deployment);
      }
    }

    NodeProcess again = new NodeProcess(directory.resolve("again"), List.of(apps));
    try (again) {
      assertThat(again.data(0, "import", second)).contains("imported");
      again.start();
      for (int ledger = 0; ledger < LEDGERS; ledger++) {
        assertThat(entries(again, "l" + ledger)).containsExactly("1 from-alone", "2 from-cluster");
      }
      assertThat(entries(again, "long")).hasSize(LONG + 1).endsWith(LONG + 1 + " one-more");
      assertThat(again.get("/timers/soon").ok()).containsOnlyOnce("armed-alone");
      awaitFired(again, "later", "armed-in-cluster");
      assertThat(run(again, "cat /home/guest/file")).isEqualTo("from cluster\n");
    } finally {
      DockerCli.removeDeployment(again.deployment());
    }
  }
}
