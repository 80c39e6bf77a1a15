package io.holdfast.multijvm;

import static io.holdfast.multijvm.Places.add;
import static io.holdfast.multijvm.Places.all;
import static io.holdfast.multijvm.Places.awaitAnswer;
import static io.holdfast.multijvm.Places.move;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// How long a move and the loss of a region take, many times over, and how long a call takes from
/// each region to each. A node in `eu`, one in `us`, one in `ap`, one Cassandra, all on this
/// machine. Prints rows of tables.
///
/// Not part of CI: `scripts/measure regions`.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RegionsBench {
  private static final int RUNS = Integer.getInteger("measure.runs", 10);
  private static final List<String> REGIONS = List.of("eu", "us", "ap");
  private static final int OBJECTS = 20;
  private static final int CALLS = 50;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /**
   * Held up on the way into each region, so that there and back it is 80 ms between `eu` and `us`,
   * 150 ms between `eu` and `ap`, 220 ms between `us` and `ap`.
   */
  private static final Map<String, Duration> DELAYS =
      Map.of("eu", Duration.ofMillis(5), "us", Duration.ofMillis(75), "ap", Duration.ofMillis(145));

  @TempDir static Path directory;
  private static TestCluster cluster;
  private static final Map<String, NodeProcess> nodes = new LinkedHashMap<>();

  @BeforeAll
  static void start() throws Exception {
    cluster = TestCluster.ofRegions(directory, REGIONS, Apps.places(directory));
    for (int node = 1; node <= REGIONS.size(); node++) {
      nodes.put(REGIONS.get(node - 1), cluster.node(node));
    }
    awaitAll();
  }

  @AfterAll
  static void stop() throws IOException {
    cluster.close();
  }

  /** Until each region reaches each. */
  private static void awaitAll() {
    Map<String, String> hints = Map.of("eu", "weur", "us", "enam", "ap", "apac");
    nodes.forEach((from, node) ->
        hints.forEach((to, hint) ->
            Awaitility.await(from + " reaches " + to)
                .atMost(PATIENCE)
                .until(() ->
                    node.post("/place/seen-" + to + "?token=x&hint=" + hint, "")
                        .body()
                        .equals(to))));
  }

  /** Until the word that a region is back has come through, new objects begin elsewhere. */
  private static void awaitBeginsIn(NodeProcess node, String region) {
    Awaitility.await("objects begin in " + region)
        .atMost(PATIENCE)
        .until(
            () -> node.post("/place/n" + System.nanoTime() + "?token=x", "").body().equals(region));
  }

  private static List<String> names(String prefix) {
    return IntStream.range(0, OBJECTS).mapToObj(number -> prefix + number).toList();
  }

  private static long millis(long sinceNanos) {
    return (System.nanoTime() - sinceNanos) / 1_000_000;
  }

  private static void row(String what, List<Long> millis) {
    System.out.printf(
        "regions: | %s | %d | %d | %d | %d |%n",
        what,
        millis.size(),
        Quantiles.of(millis, 0),
        Quantiles.of(millis, 0.5),
        Quantiles.of(millis, 1));
  }

  @Test
  @Order(1)
  void aCallFromEachRegionToEach() {
    for (String region : nodes.keySet()) {
      assertThat(add(nodes.get(region), "of-" + region, "x")).isEqualTo(region);
    }
    gates(DELAYS);
    nodes.forEach((from, node) ->
        nodes
            .keySet()
            .forEach(to -> {
              List<Long> micros = new ArrayList<>();
              for (int call = 0; call < CALLS; call++) {
                long begun = System.nanoTime();
                assertThat(all(node, "of-" + to)).startsWith(to);
                micros.add((System.nanoTime() - begun) / 1_000);
              }
              System.out.printf(
                  "regions: | from %s | to %s | p50 %.1f ms | p99 %.1f ms |%n",
                  from, to, Quantiles.of(micros, 0.5) / 1e3, Quantiles.of(micros, 0.99) / 1e3);
            }));
    gates(Map.of());
  }

  private static void gates(Map<String, Duration> delays) {
    for (int node = 1; node <= REGIONS.size(); node++) {
      cluster.gate(node).delay(delays.getOrDefault(REGIONS.get(node - 1), Duration.ZERO));
    }
  }

  @Test
  @Order(2)
  void aMove() {
    NodeProcess eu = nodes.get("eu");
    List<Long> took = new ArrayList<>();
    assertThat(add(eu, "mover", "x")).isEqualTo("eu");
    for (int run = 0; run < RUNS; run++) {
      String to = run % 2 == 0 ? "us" : "eu";
      long begun = System.nanoTime();
      move(eu, "mover", to);
      assertThat(all(eu, "mover")).startsWith(to);
      took.add(millis(begun));
    }
    row("move of an object, until it has answered", took);
  }

  @Test
  @Order(3)
  void aRegionThatIsLost() {
    NodeProcess eu = nodes.get("eu");
    NodeProcess us = nodes.get("us");
    List<Long> first = new ArrayList<>();
    List<Long> last = new ArrayList<>();
    for (int run = 0; run < RUNS; run++) {
      List<String> places = names("l" + run + "-");
      places.forEach(place -> assertThat(add(us, place, "x")).isEqualTo("us"));
      us.kill();
      Awaitility.await("calls are refused")
          .atMost(PATIENCE)
          .until(() -> eu.get("/place/" + places.getFirst()).body().startsWith("region_unr"));
      long begun = System.nanoTime();
      assertThat(eu.admin("regions/us/lost", "{}").ok()).contains("\"lost\":true");
      awaitAnswer(eu, places.getFirst());
      first.add(millis(begun));
      places.forEach(place -> awaitAnswer(eu, place));
      last.add(millis(begun));
      places.forEach(place -> assertThat(all(eu, place)).contains("x"));
      us.start();
      assertThat(eu.admin("regions/us/back", "{}").ok()).contains("\"lost\":false");
      awaitBeginsIn(us, "us");
    }
    row("`regions lost`, until the first object has answered", first);
    row("`regions lost`, until the last of 20 objects has answered", last);
  }
}
