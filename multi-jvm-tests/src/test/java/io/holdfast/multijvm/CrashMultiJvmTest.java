package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Kills the node at random moments, again and again, under clients that count.
///
/// `-Dholdfast.crash.rounds=N` sets how often, `-Dholdfast.crash.seed=N` repeats the moments of a
/// run.
class CrashMultiJvmTest {
  private static final int ROUNDS = Integer.getInteger("holdfast.crash.rounds", 6);
  private static final long SEED = Long.getLong("holdfast.crash.seed", System.nanoTime());
  private static final int CLIENTS = 8;
  private static final int COUNTERS = 4;

  /// New counters now and then, so that their tables stay small enough to be read whole after each
  /// round.
  private static final int ROUNDS_PER_COUNTER = 10;

  private static final int LOAD_MILLIS_MAX = 1_500;
  private static final int START_MILLIS_MAX = 3_000;

  @TempDir Path directory;

  @Test
  void everyAcknowledgedIncrementSurvivesAndNoneCountsTwice() throws Exception {
    System.out.println("crash: " + ROUNDS + " rounds, repeat with -Dholdfast.crash.seed=" + SEED);
    try (NodeProcess node = new NodeProcess(directory, List.of(Apps.ledger(directory)))) {
      CrashLoad load = new CrashLoad(node);
      Duration ready = node.start();
      for (int round = 1; round <= ROUNDS; round++) {
        Random random = new Random(SEED + round);
        List<String> counters = counters(round);
        CrashLoad.Run run = load.start(CLIENTS, counters, "r" + round, random.nextLong());
        run.awaitFirstAnswer();
        int killAfterMillis = random.nextInt(LOAD_MILLIS_MAX);
        NodeProcess.pause(Duration.ofMillis(killAfterMillis));
        run.aboutToKill();
        node.kill();
        String outcome = run.end();
        String again = random.nextInt(5) == 0 ? killWhileStarting(node, random) : "";
        System.out.printf(
            "crash: round %d seed %d: ready in %d ms, killed %d ms after the first answer%s: %s%n",
            round, SEED + round, ready.toMillis(), killAfterMillis, again, outcome);
        ready = node.start();
        for (String counter : counters) {
          load.verify(counter);
        }
      }
      for (int round = 1; round <= ROUNDS; round += ROUNDS_PER_COUNTER) {
        for (String counter : counters(round)) {
          load.verify(counter);
        }
      }
      System.out.println("crash: " + load.summary());
      assertThat(load.acknowledged())
          .as("increments acknowledged in all rounds")
          .isGreaterThan(ROUNDS);
    }
  }

  /// Recovery can be interrupted like anything else.
  private static String killWhileStarting(NodeProcess node, Random random) {
    int millis = random.nextInt(START_MILLIS_MAX);
    node.spawn();
    NodeProcess.pause(Duration.ofMillis(millis));
    node.kill();
    return " and again " + millis + " ms into the restart";
  }

  private static List<String> counters(int round) {
    int generation = (round - 1) / ROUNDS_PER_COUNTER;
    return java.util.stream.IntStream.range(0, COUNTERS)
        .mapToObj(counter -> "g" + generation + "c" + counter)
        .toList();
  }
}
