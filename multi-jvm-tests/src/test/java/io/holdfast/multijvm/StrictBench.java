package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What strict appends cost: a node with, one without, each on the same Cassandra with a keyspace
/// of its own, by turns. Prints rows of a table.
///
/// Not part of CI: `scripts/measure strict`.
class StrictBench {
  private static final int RUNS = Integer.getInteger("measure.runs", 10);
  private static final int WRITES = 200;
  private static final int CLIENTS = 16;
  private static final Duration LENGTH = Duration.ofSeconds(5);

  @TempDir static Path directory;

  @Test
  void aWriteWithStrictAppendsAndWithout() throws Exception {
    try (TestCluster plain = cluster("off");
        TestCluster strict = cluster("on")) {
      Figures ofPlain = new Figures("plain", plain.node(1));
      Figures ofStrict = new Figures("strict", strict.node(1));
      for (int run = 0; run <= RUNS; run++) {
        ofPlain.measure(run);
        ofStrict.measure(run);
      }
      ofPlain.print();
      ofStrict.print();
    }
  }

  private record Figures(String name, NodeProcess node, List<Long> micros, List<Long> rates) {
    Figures(String name, NodeProcess node) {
      this(name, node, new ArrayList<>(), new ArrayList<>());
    }

    void measure(int run) throws InterruptedException {
      long alone = alone(node, "a" + run);
      long together = together(node, "t" + run);
      if (run > 0) { // The JVM was cold.
        micros.add(alone);
        rates.add(together);
      }
    }

    void print() {
      System.out.printf(
          "strict: | %s | %d | %s | %s |%n", name, RUNS, row(micros, "µs"), row(rates, "/s"));
    }
  }

  private static TestCluster cluster(String strict) throws Exception {
    Path own = Files.createDirectory(directory.resolve(strict));
    return TestCluster.of(
        own,
        1,
        node -> node.with("holdfast.persistence.cassandra.strict-append", strict),
        Apps.places(own));
  }

  /** The median of writes that follow one another, to one object. */
  private static long alone(NodeProcess node, String name) {
    List<Long> micros = new ArrayList<>();
    for (int write = 0; write < WRITES; write++) {
      long begun = System.nanoTime();
      assertThat(node.post("/place/" + name + "?token=" + write, "").status()).isEqualTo(200);
      micros.add((System.nanoTime() - begun) / 1_000);
    }
    return Quantiles.of(micros, 0.5);
  }

  /** Writes a second of clients that have an object each. */
  private static long together(NodeProcess node, String prefix) throws InterruptedException {
    Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
    List<AddingClient> clients =
        IntStream.range(0, CLIENTS)
            .mapToObj(client ->
                AddingClient.start(
                    node,
                    acknowledged,
                    number -> new AddingClient.Addition("/place/" + prefix + client, "" + number)))
            .toList();
    NodeProcess.pause(LENGTH);
    for (AddingClient client : clients) {
      assertThat(client.stop()).isZero();
    }
    return acknowledged.size() / LENGTH.toSeconds();
  }

  private static String row(List<Long> values, String unit) {
    return "%d (%d-%d) %s"
        .formatted(
            Quantiles.of(values, 0.5), Quantiles.of(values, 0), Quantiles.of(values, 1), unit);
  }
}
