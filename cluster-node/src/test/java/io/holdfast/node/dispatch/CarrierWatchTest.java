package io.holdfast.node.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.management.VirtualThreadSchedulerMXBean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class CarrierWatchTest {
  private static final int CARRIERS = 2;

  private long begun;
  private boolean free = true;
  private int parallelism = CARRIERS;
  private final CarrierWatch watch =
      new CarrierWatch(
          () -> begun,
          () -> {
            if (free) {
              begun++;
            }
          },
          CARRIERS,
          count -> parallelism = count);

  private void look(int times) {
    for (int i = 0; i < times; i++) {
      watch.look();
    }
  }

  @Test
  void leavesCarriersAloneWhileAnythingBegins() {
    look(100_000);
    free = false;
    for (int i = 0; i < 1_000; i++) {
      begun++; // A long queue: the ping waits, others begin.
      watch.look();
    }

    assertThat(parallelism).isEqualTo(CARRIERS);
  }

  @Test
  void addsOneAtATimeWhileNothingBegins() {
    look(1);
    free = false;
    look(4);
    assertThat(parallelism).isEqualTo(CARRIERS + 1);

    look(2);
    assertThat(parallelism).isEqualTo(CARRIERS + 2);
  }

  @Test
  void addsNoMoreThanItsMaximum() {
    look(1);
    free = false;
    look(10_000);

    assertThat(parallelism).isEqualTo(CARRIERS + CarrierWatch.ADDED_MAX);
  }

  @Test
  void takesBackWhatItAddedAfterAWhileOfCalm() {
    look(1);
    free = false;
    look(5);
    free = true;
    begun++;
    look(150);
    assertThat(parallelism).isGreaterThan(CARRIERS);

    look(10_000);
    assertThat(parallelism).isEqualTo(CARRIERS);
  }

  @Test
  @Timeout(60)
  void loopsOnAllCarriersDoNotStopOthers() throws Exception {
    CarrierWatch.ensureStarted();
    int carriers =
        ManagementFactory.getPlatformMXBean(VirtualThreadSchedulerMXBean.class).getParallelism();
    AtomicBoolean over = new AtomicBoolean();
    CountDownLatch loops = new CountDownLatch(carriers + 2);
    for (int i = 0; i < carriers + 2; i++) {
      Thread.startVirtualThread(() -> {
        loops.countDown();
        while (!over.get()) {
          Thread.onSpinWait();
        }
      });
    }
    try {
      assertThat(loops.await(30, TimeUnit.SECONDS)).as("all loops run").isTrue();
      CountDownLatch others = new CountDownLatch(1);
      Thread.startVirtualThread(others::countDown);
      assertThat(others.await(30, TimeUnit.SECONDS)).as("others run beside them").isTrue();
    } finally {
      over.set(true);
    }
  }
}
