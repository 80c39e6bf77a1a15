package io.holdfast.node.region;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/// As a node of `eu` and one of `us` see it.
class LostRegionsTest {
  private static final String BOTH = "eu { number = 1 }, us { number = 2 }";

  private final MemoryRegionStates states = new MemoryRegionStates();
  private final Regions inEu = Regions.from(RegionsTest.config("eu", BOTH));
  private final Region us = inEu.named("us").orElseThrow();
  private final LostRegions eu = states.lost(inEu);
  private final LostRegions inUs = states.lost(Regions.from(RegionsTest.config("us", BOTH)));

  private void bothLook() {
    eu.poll().join();
    inUs.poll().join();
  }

  @Test
  void aRegionOfWhichNobodyHasSaidAnythingRunsItsObjects() {
    assertThat(inUs.isCurrent(inUs.generation())).isTrue();
    assertThat(eu.isLost(us)).isFalse();
    assertThat(eu.isGivenUp(us)).isFalse();
  }

  @Test
  void aLostRegionStopsBeforeOthersTakeItsObjects() {
    long generation = inUs.generation();
    eu.declare(us, true).join();
    eu.poll().join();
    assertThat(eu.isLost(us)).isTrue();
    assertThat(eu.isGivenUp(us)).isFalse();
    states.passes(LostRegions.FRESH_MAX);
    assertThat(inUs.isCurrent(generation)).as("it has not looked").isFalse();
    assertThat(eu.isGivenUp(us)).isFalse();
    states.passes(Duration.ofMillis(1001));
    eu.poll().join();
    assertThat(eu.isGivenUp(us)).isTrue();
  }

  @Test
  void aNodeThatLooksStopsAtOnce() {
    long generation = inUs.generation();
    eu.declare(us, true).join();
    assertThat(inUs.isCurrent(generation)).isTrue();
    bothLook();
    assertThat(inUs.isCurrent(generation)).isFalse();
    assertThat(inUs.isLost(us)).isTrue();
  }

  @Test
  void aNodeThatCannotLookStopsAndGoesOnWhenItCan() {
    long generation = inUs.generation();
    states.isAway(true);
    states.passes(LostRegions.FRESH_MAX);
    assertThat(inUs.poll()).isCompletedExceptionally();
    assertThat(inUs.isCurrent(generation)).isFalse();
    states.isAway(false);
    bothLook();
    assertThat(inUs.isCurrent(generation)).isTrue();
  }

  @Test
  void whatRanBeforeDoesNotGoOnWhenTheRegionIsTakenBack() {
    long generation = inUs.generation();
    eu.declare(us, true).join();
    bothLook();
    eu.declare(us, false).join();
    bothLook();
    states.passes(LostRegions.BACK_GRACE);
    bothLook();
    assertThat(inUs.isCurrent(generation)).isFalse();
    assertThat(inUs.isCurrent(inUs.generation())).isTrue();
    assertThat(eu.isLost(us)).isFalse();
    eu.declare(us, true).join();
    eu.poll().join();
    assertThat(eu.isGivenUp(us)).as("the time begins anew").isFalse();
  }

  @Test
  void aRegionThatIsTakenBackRunsNothingWhileOthersMayStillGiveItUp() {
    eu.declare(us, true).join();
    bothLook();
    states.passes(Duration.ofSeconds(10));
    eu.poll().join();
    assertThat(eu.isGivenUp(us)).isTrue();
    eu.declare(us, false).join();
    inUs.poll().join();
    for (int millis = 0; millis < LostRegions.BACK_GRACE.toMillis(); millis += 100) {
      assertThat(inUs.isCurrent(inUs.generation())).isFalse();
      assertThat(inUs.isLost(us)).isTrue();
      boolean isStale = millis >= LostRegions.FRESH_MAX.toMillis();
      assertThat(eu.isGivenUp(us)).as("of one that has not looked").isEqualTo(!isStale);
      states.passes(Duration.ofMillis(100));
      inUs.poll().join();
    }
    assertThat(inUs.isCurrent(inUs.generation())).isTrue();
    assertThat(inUs.isLost(us)).isFalse();
    assertThat(eu.isGivenUp(us)).isFalse();
  }

  @Test
  void nothingIsCurrentBeforeTheFirstLook() {
    LostRegions blind = new LostRegions(inEu, states, () -> 0);
    assertThat(blind.isCurrent(0)).isFalse();
    states.isAway(true);
    assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> blind.poll().join()))
        .isInstanceOf(CompletionException.class);
  }
}
