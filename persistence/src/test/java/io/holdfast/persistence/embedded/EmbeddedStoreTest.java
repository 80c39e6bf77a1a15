package io.holdfast.persistence.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

@Timeout(60)
class EmbeddedStoreTest {
  @TempDir Path directory;
  private final FaultyDisk disk = new FaultyDisk();
  private EmbeddedStore store;

  @AfterEach
  void close() {
    disk.resume();
    if (store != null) {
      store.close();
    }
  }

  @Test
  void whatWasAcknowledgedIsThereAfterReopening() {
    open();
    Stores.append(store, "a", 1).join();
    Stores.append(store, "a", 2).join();
    store.close();
    open();
    assertThat(Stores.numbers(store, "a")).containsExactly(1L, 2L);
  }

  @Test
  void writesThatWaitTogetherShareOneSync() {
    open();
    disk.pause();
    List<CompletableFuture<Void>> first = appendOnce("first", 1);
    disk.awaitCommits(1);
    List<CompletableFuture<Void>> rest = appendOnce("rest", 500);
    disk.resume();
    join(first);
    join(rest);
    assertThat(store.figures().commits()).isEqualTo(2);
    assertThat(store.figures().writes()).isEqualTo(501);
    assertThat(syncs()).as("RocksDB synced its log").isEqualTo(2);
  }

  @Test
  void aThousandConcurrentWritersNeedFewSyncs() {
    open();
    int writers = 1000;
    int each = 20;
    List<CompletableFuture<Void>> all =
        IntStream.range(0, writers)
            .mapToObj(writer ->
                CompletableFuture.runAsync(
                    () -> appendSeries(writer, each), Thread::startVirtualThread))
            .toList();
    join(all);
    StoreFigures figures = store.figures();
    assertThat(figures.writes()).isEqualTo((long) writers * each);
    assertThat(figures.writes() / figures.commits()).as("writes per sync").isGreaterThan(20);
    assertThat(syncs()).as("every commit is synced").isGreaterThanOrEqualTo(figures.commits());
    assertThat(Stores.numbers(store, "object-999")).hasSize(each);
  }

  @Test
  void aLargeGroupIsCutAtTheStatedBytesInOrder() {
    open("group-bytes-max = 64k");
    disk.pause();
    List<CompletableFuture<Void>> first = appendOnce("first", 1);
    disk.awaitCommits(1);
    List<CompletableFuture<Void>> large = new ArrayList<>();
    for (int number = 1; number <= 10; number++) {
      large.add(Stores.append(store, "large", number, 30_000, null));
    }
    disk.resume();
    join(first);
    join(large);
    assertThat(store.figures().commits()).isEqualTo(1 + 5);
  }

  @Test
  void aSlowDiskMakesWritersWaitInGroupsAndThenRefusesWithACode() {
    open("queue-length-max = 100");
    disk.delay(Duration.ofMillis(500));
    List<CompletableFuture<Void>> taken = appendOnce("taken", 100);
    CompletableFuture<Void> refused = Stores.append(store, "refused", 1);
    assertThat(refused).isCompletedExceptionally();
    assertThat(codeOf(refused)).isEqualTo(ErrorCode.STORAGE_OVERLOADED);
    join(taken);
    assertThat(store.figures().commits()).as("groups").isLessThanOrEqualTo(2);
    disk.delay(Duration.ZERO);
    Stores.append(store, "refused", 1).join();
    assertThat(Stores.numbers(store, "refused")).containsExactly(1L);
  }

  @Test
  void bytesThatWaitAreBoundedToo() {
    open("queue-bytes-max = 64k");
    disk.pause();
    CompletableFuture<Void> taken = Stores.append(store, "taken", 1, 60_000, null);
    assertThat(codeOf(Stores.append(store, "refused", 1, 60_000, null)))
        .isEqualTo(ErrorCode.STORAGE_OVERLOADED);
    disk.resume();
    taken.join();
  }

  @Test
  void aReadWaitsForWritesOfItsIdThatAreOnTheirWay() {
    open();
    disk.pause();
    CompletableFuture<Void> write = Stores.append(store, "a", 1);
    CompletableFuture<List<Long>> read = Stores.numbersLater(store, "a");
    CompletableFuture<List<Long>> other = Stores.numbersLater(store, "b");
    assertThat(other.join()).as("another id does not wait").isEmpty();
    assertThat(read).isNotDone();
    assertThat(write).isNotDone();
    disk.resume();
    assertThat(read.join()).containsExactly(1L);
    assertThat(write).isDone();
  }

  @Test
  void aFailedCommitFailsItsGroupAndTheStoreComesBackByItself() {
    open();
    Stores.append(store, "a", 1).join();
    disk.failBefore(1);
    assertThat(codeOf(Stores.append(store, "a", 2))).isEqualTo(ErrorCode.STORAGE_FAILED);
    awaitNoFault();
    assertThat(Stores.numbers(store, "a")).as("was not in the log").containsExactly(1L);
    Stores.append(store, "a", 2).join();
    assertThat(Stores.numbers(store, "a")).containsExactly(1L, 2L);
    assertThat(store.figures().failures()).isEqualTo(1);
  }

  @Test
  void aCommitThatFailedAfterItReachedTheLogIsSettledBeforeAnyoneReads() {
    open("retry-interval = 1 ms");
    disk.failAfter(1);
    CompletableFuture<Void> failed = Stores.append(store, "a", 1);
    assertThat(codeOf(failed)).isEqualTo(ErrorCode.STORAGE_FAILED);
    awaitNoFault();
    List<Long> seen = Stores.numbers(store, "a");
    store.close();
    open();
    assertThat(Stores.numbers(store, "a")).as("the same after the next open").isEqualTo(seen);
  }

  @Test
  void whileItCannotOpenItselfReadsAndWritesAreRefusedWithTheReason() {
    open();
    disk.failBefore(1, Status.SubCode.NoSpace);
    disk.blockReopening(directory);
    assertThat(codeOf(Stores.append(store, "a", 1))).isEqualTo(ErrorCode.STORAGE_FULL);
    assertThat(codeOf(Stores.append(store, "a", 1)))
        .isIn(ErrorCode.STORAGE_FULL, ErrorCode.STORAGE_FAILED);
    assertThatThrownBy(() -> Stores.numbers(store, "a"))
        .hasCauseInstanceOf(HoldfastException.class);
    disk.allowReopening(directory);
    awaitNoFault();
    Stores.append(store, "a", 1).join();
    assertThat(Stores.numbers(store, "a")).containsExactly(1L);
  }

  @Test
  void aDiskBelowTheStatedFreeBytesRefusesWritesAndServesReads() {
    open();
    Stores.append(store, "a", 1).join();
    store.close();
    open("free-bytes-min = 1024g");
    CompletableFuture<Void> refused = Stores.append(store, "a", 2);
    assertThat(codeOf(refused)).isEqualTo(ErrorCode.STORAGE_FULL);
    assertThat(Stores.numbers(store, "a")).containsExactly(1L);
    assertThat(store.fault()).isNull();
  }

  @Test
  void closeCommitsWhatIsQueuedAndRefusesTheRest() {
    open();
    disk.delay(Duration.ofMillis(50));
    List<CompletableFuture<Void>> queued = appendOnce("queued", 50);
    store.close();
    assertThat(queued).allMatch(future -> future.isDone() && !future.isCompletedExceptionally());
    assertThat(codeOf(Stores.append(store, "late", 1))).isEqualTo(ErrorCode.STORAGE_FAILED);
    assertThatThrownBy(() -> Stores.numbers(store, "queued-0")).hasMessageContaining("closed");
    store.close();
  }

  @Test
  void closeAtAFaultDoesNotHang() {
    open();
    disk.failBefore(1);
    disk.blockReopening(directory);
    assertThat(codeOf(Stores.append(store, "a", 1))).isEqualTo(ErrorCode.STORAGE_FAILED);
    store.close();
    disk.allowReopening(directory);
  }

  private void open(String... settings) {
    store = EmbeddedStore.open(directory.resolve("journal"), Stores.config(settings), disk);
  }

  private List<CompletableFuture<Void>> appendOnce(String name, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> Stores.append(store, name + "-" + i, 1))
        .toList();
  }

  private void appendSeries(int writer, int count) {
    for (int number = 1; number <= count; number++) {
      Stores.append(store, "object-" + writer, number).join();
    }
  }

  private void awaitNoFault() {
    await("the store opens itself again")
        .atMost(Duration.ofSeconds(20))
        .until(() -> store.fault() == null);
  }

  private long syncs() {
    return store.read("", Tables::syncs).join();
  }

  private static void join(List<CompletableFuture<Void>> futures) {
    CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new)).join();
  }

  private static ErrorCode codeOf(CompletableFuture<Void> future) {
    try {
      future.join();
    } catch (CompletionException e) {
      return ((HoldfastException) e.getCause()).code();
    }
    throw new AssertionError("expected a failure, the write was done");
  }

  /// A disk with knobs.
  private static final class FaultyDisk implements CommitHook {
    private final AtomicInteger commits = new AtomicInteger();
    private final AtomicInteger failuresBefore = new AtomicInteger();
    private final AtomicInteger failuresAfter = new AtomicInteger();
    private volatile CompletableFuture<Void> gate = CompletableFuture.completedFuture(null);
    private volatile Duration delay = Duration.ZERO;
    private volatile Status.SubCode reason = Status.SubCode.None;

    void pause() {
      gate = new CompletableFuture<>();
    }

    void resume() {
      gate.complete(null);
    }

    void delay(Duration each) {
      delay = each;
    }

    void failBefore(int times) {
      failBefore(times, Status.SubCode.None);
    }

    void failBefore(int times, Status.SubCode why) {
      reason = why;
      failuresBefore.set(times);
    }

    void failAfter(int times) {
      failuresAfter.set(times);
    }

    void awaitCommits(int count) {
      await("a commit begins").atMost(Duration.ofSeconds(10)).until(() -> commits.get() >= count);
    }

    /* RocksDB cannot open when its CURRENT file names nothing. */
    void blockReopening(Path directory) {
      Path current = directory.resolve("journal/CURRENT");
      current.toFile().renameTo(directory.resolve("CURRENT").toFile());
      directory.resolve("journal/CURRENT/x").toFile().mkdirs();
    }

    void allowReopening(Path directory) {
      Path current = directory.resolve("journal/CURRENT");
      current.resolve("x").toFile().delete();
      current.toFile().delete();
      directory.resolve("CURRENT").toFile().renameTo(current.toFile());
    }

    @Override
    public void beforeCommit(int writes) throws RocksDBException {
      commits.incrementAndGet();
      gate.join();
      if (!delay.isZero()) {
        CompletableFuture.supplyAsync(
                () -> "", CompletableFuture.delayedExecutor(delay.toNanos(), TimeUnit.NANOSECONDS))
            .join();
      }
      fail(failuresBefore);
    }

    @Override
    public void afterCommit() throws RocksDBException {
      fail(failuresAfter);
    }

    private void fail(AtomicInteger failures) throws RocksDBException {
      if (failures.get() > 0) {
        failures.decrementAndGet();
        throw new RocksDBException("injected", new Status(Status.Code.IOError, reason, "injected"));
      }
    }
  }
}
