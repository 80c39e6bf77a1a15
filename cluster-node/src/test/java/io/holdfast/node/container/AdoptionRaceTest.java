package io.holdfast.node.container;

import static io.holdfast.node.container.ContainerFixture.async;
import static io.holdfast.node.container.ContainerFixture.await;
import static io.holdfast.node.container.ContainerFixture.get;
import static io.holdfast.node.container.ContainerFixture.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;

/// Orders that meet the very moment at which a node that starts takes containers over. The seed
/// gives the moments; what the threads make of them it does not.
class AdoptionRaceTest {
  private static final long SEED = 11;
  private static final int ROUNDS = 100;
  private static final int OBJECTS = 8;
  private static final int MOMENT_NANOS_MAX = 1_000_000;

  @Test
  void everyOrderReturnsAndNothingIsLeftBehind() {
    Random random = new Random(SEED);
    try (ContainerFixture fixture = new ContainerFixture()) {
      for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < OBJECTS; i++) {
          run(fixture.supervisor("box", "x" + i));
        }
        fixture.restartsNode();
        ordersMeetTheAdoption(fixture, random);
        await("all to be removed in round " + round + " of seed " + SEED)
            .until(() -> fixture.containers() == 0);
      }
    }
  }

  private static void ordersMeetTheAdoption(ContainerFixture fixture, Random random) {
    CyclicBarrier together = new CyclicBarrier(OBJECTS + 1);
    List<CompletableFuture<Void>> orders = new ArrayList<>();
    for (int i = 0; i < OBJECTS; i++) {
      ContainerSupervisor each = fixture.supervisor("box", "x" + i);
      int nanos = random.nextInt(MOMENT_NANOS_MAX);
      orders.add(
          async(() -> {
            together.await();
            startAndDestroy(each, System.nanoTime() + nanos);
            return null;
          }));
    }
    orders.add(
        async(() -> {
          together.await();
          fixture.host.open();
          return null;
        }));
    orders.forEach(ContainerFixture::get);
    for (int i = 0; i < OBJECTS; i++) {
      ContainerSupervisor each = fixture.supervisor("box", "x" + i);
      get(async(each::destroy));
      assertThat(each.running()).isFalse();
    }
  }

  private static void startAndDestroy(ContainerSupervisor each, long atNanos) {
    while (System.nanoTime() < atNanos) {
      Thread.yield();
    }
    try {
      ContainerFixture.order(each);
    } catch (HoldfastException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.WRONG_STATE);
    }
    each.destroy();
  }
}
