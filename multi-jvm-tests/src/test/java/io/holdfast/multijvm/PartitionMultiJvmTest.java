package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two nodes that reach the store and not each other, or whose connections break: nothing that
/// either of them has acknowledged is lost or there twice.
class PartitionMultiJvmTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int CLIENTS = 8;
  private static final int BREAKS = 12;
  private static final List<String> LEDGERS =
      IntStream.range(0, 8).mapToObj(number -> "p" + number).toList();

  @TempDir Path directory;

  /** Adds to all ledgers in turn through one node. */
  private static AddingClient client(NodeProcess node, String name, Queue<String> acknowledged) {
    return AddingClient.start(
        node,
        acknowledged,
        number -> {
          String ledger = LEDGERS.get(number % LEDGERS.size());
          return new AddingClient.Addition("/ledger/" + ledger, ledger + "-" + name + number);
        });
  }

  @Test
  void oneGoesOnAndNothingAcknowledgedIsLostOrThereTwice() throws Exception {
    try (TestCluster cluster = TestCluster.gated(directory, 2, Apps.ledger(directory))) {
      Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
      List<AddingClient> clients =
          List.of(
              client(cluster.node(1), "a", acknowledged),
              client(cluster.node(2), "b", acknowledged));
      NodeProcess.pause(Duration.ofSeconds(2));
      int before = acknowledged.size();
      cluster.gate(1).cut();
      cluster.gate(2).cut();
      Awaitility.await("one ends")
          .atMost(PATIENCE)
          .until(() -> cluster.node(1).isAlive() != cluster.node(2).isAlive());
      int ended = cluster.node(1).isAlive() ? 2 : 1;
      int during = acknowledged.size();
      Awaitility.await("the other goes on")
          .atMost(PATIENCE)
          .until(() -> acknowledged.size() > during + 4 * LEDGERS.size());
      for (AddingClient client : clients) {
        client.stop();
      }
      assertThat(cluster.node(ended).exitCode()).as("to be started again").isEqualTo(3);
      cluster.gate(1).heal();
      cluster.gate(2).heal();
      cluster.node(ended).start();
      System.out.printf(
          "partition: node %d ended; %d acknowledged before, %d until then, %d in all%n",
          ended, before, during, acknowledged.size());

      assertAllThereOnce(cluster.node(ended), acknowledged);
    }
  }

  @Test
  void connectionsThatBreakWhileCallsAreOnTheirWayCarryNoneOutTwice() throws Exception {
    try (TestCluster cluster = TestCluster.gated(directory, 2, Apps.ledger(directory))) {
      Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
      List<AddingClient> clients =
          IntStream.range(0, CLIENTS)
              .mapToObj(
                  number -> client(cluster.node(1 + number % 2), "c" + number + "-", acknowledged))
              .toList();
      NodeProcess.pause(Duration.ofSeconds(2));
      for (int time = 0; time < BREAKS; time++) {
        cluster.gate(1 + time % 2).breakPeers();
        NodeProcess.pause(Duration.ofMillis(700));
      }
      int during = acknowledged.size();
      Awaitility.await("all go on")
          .atMost(PATIENCE)
          .until(() -> acknowledged.size() > during + 4 * LEDGERS.size());
      int refused = 0;
      for (AddingClient client : clients) {
        refused += client.stop();
      }
      System.out.printf(
          "broken connections: %d acknowledged, %d of unknown end%n", acknowledged.size(), refused);
      assertAllThereOnce(cluster.node(1), acknowledged);
      assertThat(cluster.node(1).isAlive() && cluster.node(2).isAlive()).isTrue();
    }
  }

  private static void assertAllThereOnce(NodeProcess node, Queue<String> acknowledged) {
    for (String ledger : LEDGERS) {
      List<String> lines = node.get("/ledger/" + ledger).ok().lines().toList();
      List<String> tokens = lines.stream().skip(1).map(line -> line.split(" ")[1]).toList();
      assertThat(tokens).doesNotHaveDuplicates();
      assertThat(tokens)
          .containsAll(
              acknowledged.stream().filter(token -> token.startsWith(ledger + "-")).toList());
      assertThat(lines.getFirst()).isEqualTo(Integer.toString(tokens.size()));
    }
  }
}
