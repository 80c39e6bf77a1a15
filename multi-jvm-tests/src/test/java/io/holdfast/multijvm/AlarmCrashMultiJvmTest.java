package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Kills the node at random moments while alarms are armed, due and running: each that was
/// acknowledged fires, none before its time, and what its handler stored is stored once.
///
/// `-Dholdfast.crash.alarm-rounds=N` sets how often, `-Dholdfast.crash.seed=N` repeats the moments
/// of a run.
class AlarmCrashMultiJvmTest {
  private static final int ROUNDS = Integer.getInteger("holdfast.crash.alarm-rounds", 2);
  private static final long SEED = Long.getLong("holdfast.crash.seed", System.nanoTime());
  private static final int CLIENTS = 6;
  private static final int LOAD_MILLIS_MAX = 3_000;
  private static final int DOWN_MILLIS_MAX = 1_500;

  @TempDir Path directory;

  @Test
  void everyAcknowledgedAlarmFiresAndNoneBeforeItsTime() throws Exception {
    System.out.println("alarms: " + ROUNDS + " rounds, repeat with -Dholdfast.crash.seed=" + SEED);
    try (NodeProcess node =
        new NodeProcess(directory, List.of(Apps.timers(directory)))
            .with("holdfast.objects.idle-timeout", "500 ms")) {
      AlarmLoad load = new AlarmLoad(node);
      node.start();
      for (int round = 1; round <= ROUNDS; round++) {
        Random random = new Random(SEED + round);
        load.start(CLIENTS, "r" + round, random.nextLong());
        load.awaitSome(1);
        NodeProcess.pause(Duration.ofMillis(random.nextInt(LOAD_MILLIS_MAX)));
        node.kill();
        load.end();
        NodeProcess.pause(Duration.ofMillis(random.nextInt(DOWN_MILLIS_MAX)));
        node.start();
        System.out.printf("alarms: round %d, %d acknowledged so far%n", round, load.acknowledged());
      }
      System.out.println("alarms: " + load.verify());
      assertThat(load.acknowledged()).as("timers acknowledged").isGreaterThan(ROUNDS);
    }
  }
}
