package io.holdfast.persistence.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.persistence.embedded.WriteQueue.Offer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class WriteQueueTest {
  private final WriteQueue queue = new WriteQueue(3, 100);

  @Test
  void handsWritesOutInTheOrderInWhichTheyCame() {
    queue.offer(write("a", 1));
    queue.offer(write("b", 1));
    queue.offer(write("c", 1));
    assertThat(ids(queue.take())).containsExactly("a", "b", "c");
  }

  @Test
  void isFullAtTheStatedLengthUntilWritesAreFinished() {
    queue.offer(write("a", 1));
    queue.offer(write("b", 1));
    queue.offer(write("c", 1));
    assertThat(queue.offer(write("d", 1))).isEqualTo(Offer.FULL);
    queue.drain();
    assertThat(queue.offer(write("d", 1))).as("drained is not finished").isEqualTo(Offer.FULL);
    queue.release(3, 3);
    assertThat(queue.offer(write("d", 1))).isEqualTo(Offer.TAKEN);
  }

  @Test
  void isFullAtTheStatedBytesButTakesASingleLargerWriteWhenEmpty() {
    assertThat(queue.offer(write("a", 500))).isEqualTo(Offer.TAKEN);
    assertThat(queue.offer(write("b", 1))).isEqualTo(Offer.FULL);
    assertThat(queue.bytes()).isEqualTo(500);
    assertThat(queue.length()).isEqualTo(1);
  }

  @Test
  void knowsWhatIsInFlightUntilItIsFinished() {
    StoreWrite write = write("a", 1);
    assertThat(queue.hasInFlight("a")).isFalse();
    queue.offer(write);
    assertThat(queue.hasInFlight("a")).isTrue();
    queue.drain();
    assertThat(queue.hasInFlight("a")).isTrue();
    queue.finished(write);
    assertThat(queue.hasInFlight("a")).isFalse();
  }

  @Test
  void aRefusedWriteIsNotInFlight() {
    queue.offer(write("a", 100));
    assertThat(queue.offer(write("b", 1))).isEqualTo(Offer.FULL);
    assertThat(queue.hasInFlight("b")).isFalse();
  }

  @Test
  @Timeout(10)
  void afterCloseHandsOutTheRestAndRefusesMore() {
    queue.offer(write("a", 1));
    queue.close();
    assertThat(queue.offer(write("b", 1))).isEqualTo(Offer.CLOSED);
    assertThat(ids(queue.take())).containsExactly("a");
    assertThat(queue.take()).isNull();
    FutureWrite late = write("c", 1);
    queue.offerBeyondBounds(late);
    assertThat(late.result).isCompletedExceptionally();
  }

  @Test
  @Timeout(30)
  void losesNothingAndKeepsTheOrderOfEachWriterUnderContention() throws InterruptedException {
    WriteQueue wide = new WriteQueue(1_000_000, Long.MAX_VALUE);
    int writers = 8;
    int each = 5_000;
    CountDownLatch offered = new CountDownLatch(writers);
    for (int writer = 0; writer < writers; writer++) {
      int number = writer;
      Thread.ofVirtual()
          .start(() -> {
            for (int i = 0; i < each; i++) {
              wide.offer(write(Integer.toString(number), i));
            }
            offered.countDown();
          });
    }
    int[] next = new int[writers];
    for (int seen = 0; seen < writers * each; ) {
      for (StoreWrite write = wide.take(); write != null; write = write.next) {
        assertThat(write.bytes).isEqualTo(next[Integer.parseInt(write.persistenceId)]++);
        seen++;
      }
    }
    offered.await();
    assertThat(wide.drain()).isNull();
  }

  private static FutureWrite write(String id, int bytes) {
    return new FutureWrite(id, bytes, _ -> {});
  }

  private static List<String> ids(@Nullable StoreWrite first) {
    List<String> ids = new ArrayList<>();
    for (StoreWrite write = first; write != null; write = write.next) {
      ids.add(write.persistenceId);
    }
    return ids;
  }
}
