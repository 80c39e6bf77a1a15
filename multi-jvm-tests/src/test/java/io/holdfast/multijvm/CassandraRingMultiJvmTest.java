package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.testcassandra.TestCassandra;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two nodes on a ring of three nodes of Cassandra: one of those may be away, or stand still, at
/// any time.
class CassandraRingMultiJvmTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int LEDGERS = 6;

  /** No call takes longer, whatever the node of Cassandra does that it meets. */
  private static final Duration CALL_MAX = Duration.ofSeconds(10);

  @TempDir static Path directory;
  private static TestCluster cluster;

  @BeforeAll
  static void start() throws Exception {
    cluster = TestCluster.onRing(directory, 2, Apps.ledger(directory));
  }

  @AfterAll
  static void stop() throws IOException {
    cluster.close();
  }

  /**
   * Adds to ledgers through both nodes; each addition has a key, and is repeated until it is
   * acknowledged.
   */
  private static final class Load implements AutoCloseable {
    private final String prefix;
    private final AtomicBoolean over = new AtomicBoolean();
    private final List<Thread> clients = new ArrayList<>();
    private final Map<String, ConcurrentLinkedQueue<String>> acknowledged =
        new ConcurrentHashMap<>();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong slowestMillis = new AtomicLong();

    Load(String prefix) {
      this.prefix = prefix;
      for (int number = 0; number < LEDGERS; number++) {
        NodeProcess node = cluster.node(1 + number % 2);
        String ledger = prefix + number;
        acknowledged.put(ledger, new ConcurrentLinkedQueue<>());
        clients.add(Thread.ofVirtual().start(() -> run(node, ledger)));
      }
    }

    private void run(NodeProcess node, String ledger) {
      for (int number = 0; !over.get(); number++) {
        String token = "t" + number;
        while (!added(node, ledger, token)) {
          failed.incrementAndGet();
          NodeProcess.pause(Duration.ofMillis(50));
          if (!node.isAlive()) {
            return; // Which the check tells.
          }
        }
        acknowledged.get(ledger).add(token);
      }
    }

    private boolean added(NodeProcess node, String ledger, String token) {
      long begun = System.nanoTime();
      try {
        return node.post("/ledger/" + ledger + "?token=" + token, "", "idempotency-key", token)
                .status()
            == 200;
      } catch (UncheckedIOException _) {
        return false;
      } finally {
        long took = (System.nanoTime() - begun) / 1_000_000;
        slowestMillis.accumulateAndGet(took, Math::max);
      }
    }

    long count() {
      return acknowledged.values().stream().mapToLong(ConcurrentLinkedQueue::size).sum();
    }

    /** Returns when more was acknowledged. */
    void awaitMore() {
      long before = count();
      await("more is acknowledged").atMost(PATIENCE).until(() -> count() > before + 2 * LEDGERS);
    }

    @Override
    public void close() throws InterruptedException {
      over.set(true);
      for (Thread client : clients) {
        client.join();
      }
    }

    /** All that was acknowledged is there, once, in its order. */
    void check() {
      assertThat(cluster.node(1).isAlive() && cluster.node(2).isAlive())
          .as("no node has lost its objects")
          .isTrue();
      acknowledged.forEach((ledger, tokens) -> {
        List<String> entries =
            cluster
                .node(1)
                .get("/ledger/" + ledger)
                .ok()
                .lines()
                .skip(1)
                .map(line -> line.split(" ")[1])
                .toList();
        assertThat(entries).as("entries of %s", ledger).containsExactlyElementsOf(tokens);
      });
      assertThat(Duration.ofMillis(slowestMillis.get()))
          .as("the slowest call")
          .isLessThan(CALL_MAX);
    }

    void tell(String what) {
      System.out.printf(
          "ring: %s: %d acknowledged, %d refused and repeated, slowest %d ms%n",
          what, count(), failed.get(), slowestMillis.get());
    }
  }

  @Test
  void aNodeOfCassandraIsKilledAndComesBackAndNothingIsLost() throws Exception {
    Load load = new Load("killed");
    try (load) {
      load.awaitMore();
      TestCassandra one = cluster.ring().getFirst();
      one.kill();
      load.awaitMore();
      NodeProcess.pause(Duration.ofSeconds(3));
      load.awaitMore();
      one.restart();
      load.awaitMore();
    }
    load.tell("one was killed and came back");
    load.check();
  }

  @Test
  void aNodeOfCassandraThatStandsStillHoldsNobodyUp() throws Exception {
    Load load = new Load("paused");
    try (load) {
      load.awaitMore();
      TestCassandra one = cluster.ring().get(1);
      one.pause();
      try {
        load.awaitMore();
        NodeProcess.pause(Duration.ofSeconds(8));
        load.awaitMore();
      } finally {
        one.resume();
      }
      load.awaitMore();
    }
    load.tell("one stood still");
    load.check();
  }
}
