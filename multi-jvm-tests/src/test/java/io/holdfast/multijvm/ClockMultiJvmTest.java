package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two nodes whose wall clocks are hours apart, and are set in between.
class ClockMultiJvmTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Pattern ACCESS = Pattern.compile("(?m)^time=(\\S+) id=");

  @TempDir static Path directory;
  private static TestCluster cluster;
  private static NodeProcess node1;
  private static NodeProcess node2;

  @BeforeAll
  static void start() throws Exception {
    cluster =
        TestCluster.of(
            directory,
            2,
            NodeProcess::withJumpingClock,
            Apps.ledger(directory),
            Apps.timers(directory));
    node1 = cluster.node(1);
    node2 = cluster.node(2);
  }

  @AfterAll
  static void stop() throws Exception {
    cluster.close();
  }

  private static void setClock(NodeProcess node, Duration off) {
    node.setClock(off);
    Awaitility.await("its access log has the time that was set")
        .atMost(PATIENCE)
        .until(() -> {
          String _ = node.get("/timers/clock").body();
          Instant set = Instant.now().plus(off);
          return ACCESS
              .matcher(node.log())
              .results()
              .map(found -> Duration.between(set, Instant.parse(found.group(1))).abs())
              .anyMatch(apart -> apart.compareTo(PATIENCE) < 0);
        });
  }

  private static void add(NodeProcess node, String ledger, String token) {
    String _ = node.post("/ledger/" + ledger + "?token=" + token, "").ok();
  }

  /** As a client does that gets an error which says so. */
  private static List<String> entries(NodeProcess node, String ledger) {
    return Awaitility.await(ledger + " answers")
        .atMost(PATIENCE)
        .ignoreException(UncheckedIOException.class)
        .until(() -> node.get("/ledger/" + ledger), answer -> answer.status() == 200)
        .ok()
        .lines()
        .toList();
  }

  @Test
  void nothingIsLostWhenTheClockOfAnOwnerIsHoursFromThatOfTheNext() {
    List<String> ledgers = IntStream.range(0, 20).mapToObj(number -> "l" + number).toList();
    setClock(node1, Duration.ofHours(2));
    for (String ledger : ledgers) {
      add(node1, ledger, "a");
    }
    node1.kill();
    for (String ledger : ledgers) {
      assertThat(entries(node2, ledger)).containsExactly("1", "1 a");
      add(node2, ledger, "b");
    }
    node1.start();
    setClock(node1, Duration.ofHours(-2));
    node2.kill();
    for (String ledger : ledgers) {
      assertThat(entries(node1, ledger)).containsExactly("2", "1 a", "2 b");
      add(node1, ledger, "c");
    }
    long due = System.currentTimeMillis() + 1_000;
    String _ = node1.post("/timers/clock?token=x&at=" + due, "").ok();
    setClock(node1, Duration.ZERO);
    Awaitility.await("the alarm rings once the clock is right")
        .atMost(PATIENCE)
        .until(() -> node1.get("/timers/clock").ok().contains("x " + due + " "));
    node2.start();
    for (String ledger : ledgers) {
      assertThat(entries(node2, ledger)).containsExactly("3", "1 a", "2 b", "3 c");
    }
  }
}
