package io.holdfast.multijvm;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Kills the node at random moments while WebSockets talk to its objects: what a client was told is
/// stored, in the place it was told, and nothing is told in two places.
///
/// `-Dholdfast.crash.socket-rounds=N` sets how often, `-Dholdfast.crash.seed=N` repeats the moments
/// of a run.
class SocketCrashMultiJvmTest {
  private static final int ROUNDS = Integer.getInteger("holdfast.crash.socket-rounds", 2);
  private static final long SEED = Long.getLong("holdfast.crash.seed", System.nanoTime());
  private static final int CLIENTS = 6;
  private static final int LOAD_MILLIS_MAX = 2_500;

  @TempDir Path directory;

  @Test
  void whatAWebSocketWasToldIsStored() throws Exception {
    System.out.println("sockets: " + ROUNDS + " rounds, repeat with -Dholdfast.crash.seed=" + SEED);
    try (NodeProcess node =
        new NodeProcess(directory, List.of(Apps.rooms(directory)))
            .with("holdfast.objects.idle-timeout", "200 ms")) {
      SocketLoad load = new SocketLoad(node);
      node.start();
      for (int round = 1; round <= ROUNDS; round++) {
        Random random = new Random(SEED + round);
        load.start(CLIENTS, "r" + round, random.nextLong());
        load.awaitSome(CLIENTS);
        NodeProcess.pause(Duration.ofMillis(random.nextInt(LOAD_MILLIS_MAX)));
        node.kill();
        load.end();
        node.start();
        System.out.printf("sockets: round %d, %d frames received so far%n", round, load.received());
      }
      System.out.println("sockets: " + load.verify());
    }
  }
}
