package io.holdfast.persistence.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A log whose end was torn off or overwritten gives back every record before that, and nothing
/// else.
class TornLogTest {
  private static final String ID = "rooms|a";
  private static final int EVENTS = 60;
  private static final int PADDING = 900;

  @TempDir Path directory;
  private Path original;

  /* Where the log ended after each event; the log crosses a block of 32 KiB. */
  private final List<Integer> ends = new ArrayList<>();

  @BeforeEach
  void writeOneRecordPerEvent() throws IOException {
    original = directory.resolve("original");
    try (EmbeddedStore store = Stores.open(original)) {
      for (int number = 1; number <= EVENTS; number++) {
        Stores.append(store, ID, number, PADDING, null).join();
        ends.add((int) Files.size(Stores.newestLog(original)));
      }
      copy(original, directory.resolve("crashed"));
    }
    original = directory.resolve("crashed");
  }

  @Test
  void aLogCutAnywhereInItsLastRecordsGivesBackAllRecordsBefore() throws IOException {
    int size = ends.getLast();
    for (int cut = ends.get(EVENTS - 2) - 3; cut <= size; cut += 53) {
      assertThat(openedAfter(tail(cut, new byte[0]))).isEqualTo(upTo(intactBefore(cut)));
    }
  }

  @Test
  void aLogCutAtEveryByteOfARecordHeaderGivesBackAllRecordsBefore() throws IOException {
    int start = ends.get(EVENTS - 3);
    for (int cut = start; cut <= start + 20; cut += 2) {
      assertThat(openedAfter(tail(cut, new byte[0]))).isEqualTo(upTo(intactBefore(cut)));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void aLogWithGarbageOrZeroesAtItsEndGivesBackAllRecordsBefore(long seed) throws IOException {
    Random random = new Random(seed);
    for (int round = 0; round < 4; round++) {
      int cut = ends.get(EVENTS - 5) + random.nextInt(ends.getLast() - ends.get(EVENTS - 5));
      byte[] garbage = new byte[random.nextInt(40_000)];
      if (random.nextBoolean()) {
        random.nextBytes(garbage);
      }
      assertThat(openedAfter(tail(cut, garbage)))
          .as("seed %d round %d cut %d", seed, round, cut)
          .isEqualTo(upTo(intactBefore(cut)));
    }
  }

  @Test
  void oneWrongByteInTheLastRecordDropsThatRecordAlone() throws IOException {
    for (int at = ends.get(EVENTS - 2); at < ends.getLast(); at += 149) {
      int wrong = at;
      assertThat(openedWith(log -> log[wrong] ^= 0x40)).isEqualTo(upTo(EVENTS - 1));
    }
  }

  @Test
  void oneWrongByteBeforeALaterRecordIsRefusedBecauseAcknowledgedEventsWouldBeLost() {
    for (int at = ends.get(10); at < ends.get(11); at += 149) {
      int wrong = at;
      assertThatThrownBy(() -> openedWith(log -> log[wrong] ^= 0x40))
          .isInstanceOfSatisfying(
              HoldfastException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_CORRUPT))
          .hasMessageContaining("damaged at byte " + ends.get(10));
    }
  }

  @Test
  void aRecordOfSeveralBlocksThatIsTornInItsMiddleIsDroppedWhole() throws IOException {
    Path path = directory.resolve("large");
    int end;
    try (EmbeddedStore store = Stores.open(path)) {
      Stores.append(store, ID, 1).join();
      Stores.append(store, ID, 2, 150_000, null).join();
      end = (int) Files.size(Stores.newestLog(path));
      copy(path, directory.resolve("large-crashed"));
    }
    original = directory.resolve("large-crashed");
    for (int at = 200; at < end; at += 9_973) {
      int wrong = at;
      assertThat(openedWith(log -> log[wrong] ^= 0x40)).isEqualTo(List.of(1L));
    }
  }

  @ParameterizedTest
  @ValueSource(
      ints = {146, 148, 149, 150, 151, 152, 153, 154, 155, 156, 158, 159, 160, 161, 163, 166, 168})
  void recordsWhoseHeadIsSplitBetweenBlocksAreRead(int firstPadding) throws IOException {
    Path path = directory.resolve("split");
    try (EmbeddedStore store = Stores.open(path)) {
      Stores.append(store, ID, 1, 32_550 + firstPadding, null).join();
      Stores.append(store, ID, 2, 500, null).join();
      Stores.append(store, ID, 3, 500, null).join();
      copy(path, directory.resolve("split-crashed"));
    }
    original = directory.resolve("split-crashed");
    assertThat(openedAfter(tail((int) Files.size(Stores.newestLog(original)), new byte[9])))
        .isEqualTo(upTo(3));
    assertThat(openedAfter(tail(32_768 + 20, new byte[0]))).isEqualTo(upTo(1));
  }

  @Test
  void afterATornEndTheStoreGoesOnAndASecondCrashKeepsAll() throws IOException {
    Path path = damaged(tail(ends.get(EVENTS - 2) + 100, new byte[5000]));
    try (EmbeddedStore store = Stores.open(path)) {
      Stores.append(store, ID, EVENTS).join();
      Stores.append(store, ID, EVENTS + 1).join();
      copy(path, directory.resolve("again"));
    }
    try (EmbeddedStore store = Stores.open(directory.resolve("again"))) {
      assertThat(Stores.numbers(store, ID)).isEqualTo(upTo(EVENTS + 1));
    }
  }

  @Test
  void aTornEndBeforeALaterLogWithRecordsIsRefusedAndNothingIsChanged() throws IOException {
    Path path = damaged(tail(ends.getLast() - 7, new byte[0]));
    Path torn = Stores.newestLog(path);
    Path later = path.resolve("999998.log");
    Files.write(later, Files.readAllBytes(Stores.newestLog(original)));
    Path last = path.resolve("999999.log");
    Files.write(last, tail(ends.getFirst() + 3, new byte[0]).of(Files.readAllBytes(later)));
    long tornSize = Files.size(torn);
    assertThatThrownBy(() -> WalTail.settle(torn.getParent()))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_CORRUPT))
        .hasMessageContaining(torn.getFileName() + ": damaged at byte " + ends.get(EVENTS - 2));
    assertThat(Files.size(torn)).isEqualTo(tornSize);
    assertThat(Files.size(last)).isEqualTo(ends.getFirst() + 3);
  }

  @Test
  void aTornEndBeforeALaterLogWithoutRecordsIsCutOff() throws IOException {
    Path path = damaged(tail(ends.getLast() - 7, new byte[0]));
    Path torn = Stores.newestLog(path);
    Files.createFile(torn.resolveSibling("999999.log"));
    WalTail.settle(torn.getParent());
    assertThat(Files.size(torn)).isEqualTo((long) ends.get(EVENTS - 2));
  }

  private List<Long> openedAfter(Damage damage) throws IOException {
    try (EmbeddedStore store = Stores.open(damaged(damage))) {
      return Stores.numbers(store, ID);
    }
  }

  private Path damaged(Damage damage) throws IOException {
    Path path = Files.createTempDirectory(directory, "damaged");
    copy(original, path);
    Path log = Stores.newestLog(path);
    Files.write(log, damage.of(Files.readAllBytes(log)));
    return path;
  }

  @FunctionalInterface
  private interface Change {
    void in(byte[] log);
  }

  @FunctionalInterface
  private interface Damage {
    byte[] of(byte[] log);
  }

  private List<Long> openedWith(Change change) throws IOException {
    Damage damage =
        log -> {
          change.in(log);
          return log;
        };
    return openedAfter(damage);
  }

  private static Damage tail(int cut, byte[] garbage) {
    return log -> {
      byte[] result = Arrays.copyOf(log, cut + garbage.length);
      System.arraycopy(garbage, 0, result, cut, garbage.length);
      return result;
    };
  }

  private int intactBefore(int cut) {
    return (int) ends.stream().filter(end -> end <= cut).count();
  }

  private static List<Long> upTo(long number) {
    return LongStream.rangeClosed(1, number).boxed().toList();
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (var files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.write(to.resolve(file.getFileName()), Files.readAllBytes(file));
      }
    }
  }
}
