package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class TurnQueueTest {
  private static final NamespaceId NAMESPACE = new NamespaceId("app", "things");
  private static final ObjectAddress ADDRESS =
      new ObjectAddress(NAMESPACE, new ObjectIds(NAMESPACE).named("a"));

  private final TurnQueue queue = new TurnQueue();

  private static ObjectEvent event() {
    return new ObjectEvent.Background(ADDRESS, CallContext.of("test"), () -> null);
  }

  @Test
  void theFirstEventGetsTheTurnAndTheNextOnesWaitInOrder() {
    ObjectEvent first = event();
    ObjectEvent second = event();
    ObjectEvent third = event();
    assertThat(queue.enter(first)).isTrue();
    assertThat(queue.enter(second)).isFalse();
    assertThat(queue.enter(third)).isFalse();
    assertThat(queue.length()).isEqualTo(2);
    assertThat(queue.release()).isSameAs(second);
    assertThat(queue.release()).isSameAs(third);
    assertThat(queue.release()).isNull();
    assertThat(queue.enter(event())).isTrue();
  }

  @Test
  void aThreadThatComesBackWaitsBehindThoseThatCameBefore() throws Exception {
    ObjectEvent running = event();
    ObjectEvent queued = event();
    queue.enter(running);
    queue.enter(queued);
    CountDownLatch back = new CountDownLatch(1);
    Thread returning =
        Thread.ofVirtual()
            .start(() -> {
              queue.reacquire();
              back.countDown();
            });
    Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> queue.length() == 2);
    assertThat(queue.release()).isSameAs(queued);
    assertThat(back.getCount()).isEqualTo(1);
    assertThat(queue.release()).isNull();
    assertThat(back.await(5, TimeUnit.SECONDS)).isTrue();
    returning.join();
  }

  @Test
  void closingLetsWaitingThreadsGoAndReturnsEventsThatHadNotBegun() throws Exception {
    ObjectEvent queued = event();
    queue.enter(event());
    queue.enter(queued);
    Thread returning = Thread.ofVirtual().start(queue::reacquire);
    Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> queue.length() == 2);
    assertThat(queue.close()).containsExactly(queued);
    assertThat(returning.join(Duration.ofSeconds(5))).isTrue();
  }

  @Test
  void aSealedQueueGivesTheTurnToNobodyAndKeepsWhatWaits() {
    ObjectEvent queued = event();
    queue.enter(event());
    queue.enter(queued);
    queue.seal();
    assertThat(queue.release()).isNull();
    assertThat(queue.enter(event())).isFalse();
    assertThat(queue.close()).hasSize(2).first().isSameAs(queued);
  }

  @Test
  void neverTwoHoldTheTurn() throws Exception {
    AtomicInteger holders = new AtomicInteger();
    List<Integer> seen = Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads = new ArrayList<>();
    queue.enter(event());
    for (int i = 0; i < 50; i++) {
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                for (int round = 0; round < 100; round++) {
                  queue.reacquire();
                  seen.add(holders.incrementAndGet());
                  holders.decrementAndGet();
                  assertThat(queue.release()).isNull();
                }
              }));
    }
    assertThat(queue.release()).isNull();
    for (Thread thread : threads) {
      assertThat(thread.join(Duration.ofSeconds(20))).isTrue();
    }
    assertThat(seen).hasSize(5_000).containsOnly(1);
  }
}
