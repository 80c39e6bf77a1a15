package io.holdfast.multijvm;

import io.holdfast.testcassandra.TestCassandra;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One Cassandra for all clusters of a test run that need but one, each with a keyspace of its own:
/// a start of it takes as long as that of two nodes.
final class SharedCassandra {
  private static final Duration PAUSE = Duration.ofMillis(10);

  private static @Nullable TestCassandra cassandra;

  private SharedCassandra() {}

  /// Runs also when a test that failed has left it dead or stopped.
  static synchronized TestCassandra running() throws IOException, InterruptedException {
    if (cassandra == null) {
      Path directory = Files.createTempDirectory("holdfast-cassandra");
      TestCassandra started = TestCassandra.start(directory);
      Runtime.getRuntime()
          .addShutdownHook(new Thread(() -> remove(started, directory), "cassandra-remove"));
      cassandra = started;
    } else if (cassandra.isRunning()) {
      cassandra.resume();
    } else {
      cassandra.restart();
    }
    return cassandra;
  }

  /** It ends at the same time, by its own hook. */
  private static void remove(TestCassandra cassandra, Path directory) {
    while (cassandra.isRunning()) {
      LockSupport.parkNanos(PAUSE.toNanos());
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        boolean _ = Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      System.err.println("left behind: " + e);
    }
  }
}
