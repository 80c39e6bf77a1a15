package io.holdfast.persistence.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.protocol.event.AlarmChange;
import io.holdfast.protocol.event.AlarmIndex.DueAlarm;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A process that is killed with SIGKILL while it writes leaves every acknowledged event, its
/// alarm, and no gap.
@Timeout(120)
class KilledWriterTest {
  private static final int WRITERS = 20;
  private static final int ROUNDS = 4;
  private static final int PADDING = 700;

  @TempDir Path directory;

  @Test
  void everyAcknowledgedEventIsThereAfterKillMinusNineAtRandomMoments() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      Map<String, Long> acknowledged = writeUntilKilled(500 + random.nextInt(8_000));
      verify(acknowledged, "seed " + seed + " round " + round);
    }
  }

  private Map<String, Long> writeUntilKilled(int linesBeforeKill) throws Exception {
    Process child = ChildJvm.start(Writer.class, directory.toString());
    Map<String, Long> acknowledged = new HashMap<>();
    try (BufferedReader lines = child.inputReader()) {
      for (int line = 0; line < linesBeforeKill; line++) {
        acknowledge(lines.readLine(), acknowledged);
      }
      child
          .toHandle()
          .destroyForcibly(); // unlike Process, its handle leaves the pipe open for the rest
      lines.lines().forEach(line -> acknowledge(line, acknowledged));
    } finally {
      child.destroyForcibly();
    }
    assertThat(child.waitFor(20, TimeUnit.SECONDS)).isTrue();
    return acknowledged;
  }

  /* The last line may be cut. */
  private static void acknowledge(String line, Map<String, Long> acknowledged) {
    String[] parts = line.split(" ");
    if (parts.length == 3) {
      acknowledged.merge(parts[0], Long.parseLong(parts[1]), Math::max);
    }
  }

  private void verify(Map<String, Long> acknowledged, String about) {
    try (EmbeddedStore store = Stores.open(directory)) {
      for (int writer = 0; writer < WRITERS; writer++) {
        String id = "object-" + writer;
        List<Long> stored = Stores.numbers(store, id);
        long known = acknowledged.getOrDefault(id, 0L);
        assertThat(stored)
            .as(about)
            .isEqualTo(LongStream.rangeClosed(1, stored.size()).boxed().toList());
        assertThat((long) stored.size()).as(about).isGreaterThanOrEqualTo(known);
        if (known > 0) {
          assertThat(stored.size() - known)
              .as("%s, one may be on its way", about)
              .isLessThanOrEqualTo(1);
        }
        assertThat(alarmOf(store, id)).as(about).isEqualTo(stored.size());
      }
    }
  }

  /* Each event sets the alarm to its number. */
  private static long alarmOf(EmbeddedStore store, String id) {
    List<DueAlarm> alarms =
        store.alarms().dueBy(Long.MAX_VALUE, Integer.MAX_VALUE).stream()
            .filter(alarm -> alarm.objectKey().equals(id))
            .toList();
    return alarms.isEmpty() ? 0 : alarms.size() == 1 ? alarms.getFirst().atMillis() : -1;
  }

  /// Goes on where the store ends and says each event that was acknowledged.
  static final class Writer {
    private Writer() {}

    public static void main(String[] args) throws InterruptedException {
      EmbeddedStore store = Stores.open(Path.of(args[0]));
      List<Thread> threads =
          IntStream.range(0, WRITERS)
              .mapToObj(writer -> Thread.ofPlatform().start(() -> write(store, "object-" + writer)))
              .toList();
      for (Thread thread : threads) {
        thread.join();
      }
    }

    private static void write(EmbeddedStore store, String id) {
      for (long number = Stores.numbers(store, id).size() + 1; ; number++) {
        Stores.append(store, id, number, PADDING, new AlarmChange.Set(id, number)).join();
        System.out.println(id + " " + number + " .");
      }
    }
  }
}
