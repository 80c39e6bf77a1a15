package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How long it takes until the objects of a node that is killed answer elsewhere, many times over.
/// Two nodes and a Cassandra on this machine. Prints a row of a table.
///
/// Not part of CI: `scripts/measure failover`.
class FailoverBench {
  private static final int RUNS = Integer.getInteger("measure.runs", 10);
  private static final int OBJECTS = 20;

  /** For shards to be even again. */
  private static final Duration REST = Duration.ofSeconds(10);

  @TempDir static Path directory;

  @Test
  void aNodeThatDies() throws Exception {
    List<Long> millis = new ArrayList<>();
    try (TestCluster cluster = TestCluster.of(directory, 2, Apps.places(directory))) {
      for (int run = 0; run < RUNS; run++) {
        NodeProcess stays = cluster.node(1 + run % 2);
        NodeProcess dies = cluster.node(2 - run % 2);
        String prefix = "f" + run + "-";
        List<String> places = IntStream.range(0, OBJECTS).mapToObj(i -> prefix + i).toList();
        places.forEach(place -> assertThat(Places.add(stays, place, "x")).isEqualTo("local"));
        long begun = System.nanoTime();
        dies.kill();
        for (String place : places) {
          Places.awaitAnswer(stays, place);
        }
        millis.add(Duration.ofNanos(System.nanoTime() - begun).toMillis());
        places.forEach(place -> assertThat(Places.all(stays, place)).containsExactly("local", "x"));
        dies.start();
        NodeProcess.pause(REST);
      }
    }
    System.out.printf("failover: all %d objects answered after ms: %s%n", OBJECTS, millis);
  }
}
