package io.holdfast.persistence.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A real disk that is really full: a small tmpfs that the test mounts, which takes root.
@Timeout(120)
class FullDiskTest {
  private static final String ID = "a";
  private static final String[] SMALL = {
    "free-bytes-min = 0",
    "retry-interval = 20 ms",
    "write-buffer-bytes = 256k",
    "write-buffers-bytes-max = 1m",
    "log-bytes-max = 1m",
  };

  @TempDir Path temp;
  private Path mount;
  private long acknowledged;

  @BeforeEach
  void mountSmallDisk() throws Exception {
    mount = Files.createDirectory(temp.resolve("disk"));
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting a tmpfs takes root");
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", mount.toString()) == 0,
        "this machine does not let us mount a tmpfs");
  }

  @AfterEach
  void unmount() throws Exception {
    run("umount", mount.toString());
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 5_000, 300_000})
  void aFullDiskRefusesWritesAndGoesOnWhenThereIsSpace(int eventBytes) throws IOException {
    try (EmbeddedStore store = open()) {
      fillUp(store, eventBytes);
      for (int round = 0; round < 3; round++) {
        assertThat(refused(store, eventBytes)).isEqualTo(ErrorCode.STORAGE_FULL);
        Files.delete(filler());
        await("the store opens itself again")
            .atMost(Duration.ofSeconds(30))
            .until(() -> store.fault() == null);
        settle(store);
        append(store, eventBytes);
        append(store, eventBytes);
        assertThat(Stores.numbers(store, ID)).isEqualTo(upTo(acknowledged));
        fillUp(store, eventBytes);
      }
      Files.delete(filler());
    }
    try (EmbeddedStore store = open()) {
      settle(store);
      assertThat(Stores.numbers(store, ID)).isEqualTo(upTo(acknowledged));
    }
  }

  @Test
  void aDiskThatIsFullWhenTheProcessStartsIsSaidClearlyAndHarmsNothing() throws IOException {
    try (EmbeddedStore store = open()) {
      for (int i = 0; i < 100; i++) {
        append(store, 1000);
      }
    }
    fillDisk();
    try (EmbeddedStore store = open()) {
      assertThat(Stores.numbers(store, ID)).isEqualTo(upTo(acknowledged));
    } catch (HoldfastException e) {
      assertThat(e.code()).as(e.getMessage()).isEqualTo(ErrorCode.STORAGE_FULL);
    }
    Files.delete(filler());
    try (EmbeddedStore store = open()) {
      assertThat(Stores.numbers(store, ID)).isEqualTo(upTo(acknowledged));
    }
  }

  @Test
  void theStatedFreeBytesKeepReadsGoingBeforeTheDiskIsFull() throws IOException {
    String[] settings = SMALL.clone();
    settings[0] = "free-bytes-min = 4m";
    try (EmbeddedStore store =
        EmbeddedStore.open(mount.resolve("journal"), Stores.config(settings), CommitHook.NONE)) {
      append(store, 1000);
      fillDiskUpTo(2 << 20);
      // It looks at the disk now and then, and writes into the reserve meanwhile.
      await("a write to be refused").until(() -> refused(store, 1000) == ErrorCode.STORAGE_FULL);
      assertThat(Stores.numbers(store, ID)).isEqualTo(upTo(acknowledged));
      assertThat(store.figures().failures()).as("RocksDB saw no full disk").isZero();
      Files.delete(filler());
      append(store, 1000);
      assertThat(Stores.numbers(store, ID)).isEqualTo(upTo(acknowledged));
    }
  }

  private EmbeddedStore open() {
    return Stores.open(mount.resolve("journal"), SMALL);
  }

  private void append(EmbeddedStore store, int bytes) {
    Stores.append(store, ID, acknowledged + 1, bytes, null).join();
    acknowledged++;
  }

  /* An event that was refused may be there, once; its successor takes its number. As an object does, read before going on. */
  private void settle(EmbeddedStore store) {
    long stored = Stores.numbers(store, ID).size();
    assertThat(stored).isBetween(acknowledged, acknowledged + 1);
    acknowledged = stored;
  }

  private void fillUp(EmbeddedStore store, int eventBytes) throws IOException {
    fillDisk();
    boolean full = false;
    for (int i = 0; i < 100_000 && !full; i++) {
      full = tryAppend(store, eventBytes) == ErrorCode.STORAGE_FULL;
    }
    assertThat(full).as("the disk filled up").isTrue();
  }

  private ErrorCode refused(EmbeddedStore store, int eventBytes) {
    return tryAppend(store, eventBytes);
  }

  private ErrorCode tryAppend(EmbeddedStore store, int eventBytes) {
    try {
      append(store, eventBytes);
      return null;
    } catch (CompletionException e) {
      return ((HoldfastException) e.getCause()).code();
    }
  }

  private Path filler() {
    return mount.resolve("filler");
  }

  private void fillDiskUpTo(int freeBytes) throws IOException {
    long bytes = mount.toFile().getUsableSpace() - freeBytes;
    Files.write(filler(), new byte[Math.toIntExact(bytes)]);
  }

  private void fillDisk() throws IOException {
    try (OutputStream out = Files.newOutputStream(filler())) {
      byte[] page = new byte[4096];
      while (true) {
        out.write(page);
      }
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("No space left");
    }
  }

  private static List<Long> upTo(long number) {
    return LongStream.rangeClosed(1, number).boxed().toList();
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }
}
