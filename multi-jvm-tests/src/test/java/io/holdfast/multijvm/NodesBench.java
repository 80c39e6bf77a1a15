package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What it costs to reach an object through another node than its own: one node that has no objects
/// and one that has them, on one Cassandra, each asked by turns for the same with `wrk`. Prints
/// rows of a table.
///
/// Not part of CI: `scripts/measure nodes`. Needs `wrk`; `-Dmeasure.box=true` also measures a
/// container of the image `bench/tiny`, which `images/build.sh` of the bench folder makes.
class NodesBench {
  private static final int RUNS = Integer.getInteger("measure.runs", 10);
  private static final int SECONDS = Integer.getInteger("measure.seconds", 3);

  /** Until the JVMs are warm. */
  private static final int WARM_UP_RUNS = 4;

  /** Tests give their nodes the quick compiler only. */
  private static final String AS_SHIPPED = "-XX:TieredStopAtLevel=4";

  private static final Pattern LATENCY = Pattern.compile("\\s50%\\s+([0-9.]+)(us|ms|s)\\s");
  private static final Pattern RATE = Pattern.compile("Requests/sec:\\s+([0-9.]+)");
  private static final Pattern FAILED = Pattern.compile("Non-2xx|Socket errors");

  @TempDir static Path directory;

  private record Sample(long micros, long perSecond) {}

  @Test
  void aCallThroughAnotherNode() throws Exception {
    try (TestCluster cluster =
        TestCluster.notStarted(
            directory, 2, Apps.project().resolve("benchmarks/target/bench-app.jar"))) {
      NodeProcess _ = cluster.node(1).withList("holdfast.cluster.roles", List.of("edge"));
      NodeProcess _ = cluster.node(1).withJvmFlags(AS_SHIPPED);
      NodeProcess _ = cluster.node(2).withJvmFlags(AS_SHIPPED);
      cluster.started();
      warmUp(cluster);
      measure(cluster, "W2, from memory", "/echo/alice", 1);
      measure(cluster, "W2, from memory", "/echo/alice", 16);
      measure(cluster, "a durable write", "/inc/alice", 1);
      if (Boolean.getBoolean("measure.box")) {
        measure(cluster, "W8, a container", "/c/alice/", 1);
        measure(cluster, "W8, a container", "/c/alice/", 16);
      }
    }
  }

  private static void warmUp(TestCluster cluster) throws Exception {
    cluster.node(1).get("/echo/alice").ok();
    for (int run = 0; run < WARM_UP_RUNS; run++) {
      Sample _ = wrk(cluster.node(1), "/echo/alice", 16);
      Sample _ = wrk(cluster.node(2), "/echo/alice", 16);
    }
  }

  private static void measure(TestCluster cluster, String what, String path, int clients)
      throws Exception {
    cluster.node(2).get(path).ok();
    List<Sample> direct = new ArrayList<>();
    List<Sample> through = new ArrayList<>();
    for (int run = -1; run < RUNS; run++) {
      Sample one = wrk(cluster.node(2), path, clients);
      Sample other = wrk(cluster.node(1), path, clients);
      if (run >= 0) {
        direct.add(one);
        through.add(other);
      }
    }
    print(what, clients, "direct", direct);
    print(what, clients, "through the other node", through);
    System.out.printf(
        "nodes: | %s | c=%d | p50 through / direct | %.2f |%n",
        what, clients, (double) median(through) / median(direct));
  }

  private static long median(List<Sample> samples) {
    return Quantiles.of(samples.stream().map(Sample::micros).toList(), 0.5);
  }

  private static void print(String what, int clients, String way, List<Sample> samples) {
    List<Long> micros = samples.stream().map(Sample::micros).toList();
    List<Long> rates = samples.stream().map(Sample::perSecond).toList();
    System.out.printf(
        "nodes: | %s | c=%d | %s | %d µs (%d-%d) | %d/s (%d-%d) |%n",
        what,
        clients,
        way,
        Quantiles.of(micros, 0.5),
        Quantiles.of(micros, 0),
        Quantiles.of(micros, 1),
        Quantiles.of(rates, 0.5),
        Quantiles.of(rates, 0),
        Quantiles.of(rates, 1));
  }

  private static Sample wrk(NodeProcess node, String path, int clients)
      throws IOException, InterruptedException {
    Process wrk =
        new ProcessBuilder(
                "wrk",
                "-t1",
                "-c" + clients,
                "-d" + SECONDS + "s",
                "--latency",
                node.uri(path).toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(wrk.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(wrk.waitFor()).as(said).isZero();
    assertThat(FAILED.matcher(said).find()).as(said).isFalse();
    Matcher latency = LATENCY.matcher(said);
    Matcher rate = RATE.matcher(said);
    assertThat(latency.find() && rate.find()).as(said).isTrue();
    double unit =
        switch (latency.group(2)) {
          case "us" -> 1;
          case "ms" -> 1e3;
          default -> 1e6;
        };
    return new Sample(
        Math.round(Double.parseDouble(latency.group(1)) * unit),
        Math.round(Double.parseDouble(rate.group(1))));
  }
}
