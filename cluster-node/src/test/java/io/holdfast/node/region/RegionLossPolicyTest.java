package io.holdfast.node.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// A node of `eu` that watches `us`.
class RegionLossPolicyTest {
  private static final Duration AFTER = Duration.ofMinutes(5);

  private final MemoryRegionStates states = new MemoryRegionStates();
  private final Regions regions =
      Regions.from(RegionsTest.config("eu", "eu { number = 1 }, us { number = 2 }"));
  private final Region us = regions.named("us").orElseThrow();
  private final LostRegions lost = states.lost(regions);
  private final AtomicLong nanos = new AtomicLong(-7);
  private boolean reachable = true;
  private String sign = "node-1 1";
  private final RegionLossPolicy policy =
      new RegionLossPolicy(
          regions,
          region -> region.equals(regions.self()) || reachable,
          lost,
          region -> {
            if (sign.isEmpty()) {
              throw new HoldfastException(ErrorCode.STORAGE_FAILED, "away");
            }
            return region + sign;
          },
          AFTER,
          nanos::get);

  private void passes(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private boolean isLostAfter(Duration time) {
    passes(time);
    policy.look();
    lost.poll().join();
    return lost.isLost(us);
  }

  private void fallsSilent() {
    policy.look();
    reachable = false;
    policy.look();
  }

  @Test
  void aSilentRegionIsGivenUpAfterThatTimeAndNotBefore() {
    fallsSilent();
    assertThat(isLostAfter(AFTER.minusMillis(1))).isFalse();
    assertThat(isLostAfter(Duration.ofMillis(1))).isTrue();
    assertThat(lost.isLost(regions.self())).isFalse();
  }

  @Test
  void aRegionThatIsSeenByCassandraAloneIsNotGivenUp() {
    fallsSilent();
    for (int minute = 1; minute < 30; minute++) {
      sign = "node-1 " + minute;
      assertThat(isLostAfter(Duration.ofMinutes(1))).isFalse();
    }
    assertThat(isLostAfter(AFTER)).isTrue();
  }

  @Test
  void timeBeginsAnewWhenItIsReached() {
    fallsSilent();
    assertThat(isLostAfter(Duration.ofMinutes(4))).isFalse();
    reachable = true;
    assertThat(isLostAfter(Duration.ofMinutes(4))).isFalse();
    reachable = false;
    assertThat(isLostAfter(Duration.ofMinutes(4))).isFalse();
    assertThat(isLostAfter(Duration.ofMinutes(1))).isTrue();
  }

  @Test
  void aRegionThatThisNodeHasNeverSeenMayBeStarting() {
    reachable = false;
    policy.look();
    assertThat(isLostAfter(AFTER.multipliedBy(2))).isFalse();
  }

  @Test
  void whileSignsCannotBeReadNobodyIsSilent() {
    fallsSilent();
    passes(AFTER);
    sign = "";
    assertThatThrownBy(policy::look).hasMessageContaining("away");
    sign = "node-1 1";
    assertThat(isLostAfter(Duration.ofMinutes(4))).isFalse();
    assertThat(isLostAfter(Duration.ofMinutes(1))).isTrue();
  }

  @Test
  void aRegionThatWasTakenBackIsGivenUpOnlyAfterItWasSeenAgain() {
    fallsSilent();
    assertThat(isLostAfter(AFTER)).isTrue();
    policy.look();
    lost.declare(us, false).join();
    lost.poll().join();
    states.passes(LostRegions.BACK_GRACE);
    assertThat(isLostAfter(AFTER)).isFalse();
    reachable = true;
    assertThat(isLostAfter(AFTER)).isFalse();
    reachable = false;
    policy.look();
    assertThat(isLostAfter(AFTER)).isTrue();
  }
}
