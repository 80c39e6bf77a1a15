package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class UnderwayTest {
  private static final Duration MAX = Duration.ofSeconds(3);

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
  private final Underway underway = new Underway(now::get);
  private final Passage passage = new Passage();
  private final AtomicInteger lost = new AtomicInteger();

  private void pass(Duration duration) {
    now.addAndGet(duration.toNanos());
    underway.look();
  }

  @Test
  void whatHasNotArrivedInTimeIsLostOnceAndMustNotArriveLater() {
    underway.watch(passage, MAX, lost::incrementAndGet);
    pass(MAX.minusNanos(1));
    assertThat(lost).hasValue(0);
    pass(Duration.ofNanos(1));
    pass(MAX);
    assertThat(lost).hasValue(1);
    assertThat(passage.end()).isFalse();
  }

  @Test
  void whatHasArrivedOrLeftIsNotLost() {
    underway.watch(passage, MAX, lost::incrementAndGet);
    assertThat(passage.end()).isTrue();
    pass(MAX.multipliedBy(2));
    assertThat(lost).hasValue(0);
    assertThat(passage.end()).as("from the node that held it to its object").isTrue();
  }

  @Test
  void whatIsSentAgainIsOnItsWayAgain() {
    underway.watch(passage, MAX, lost::incrementAndGet);
    assertThat(passage.end()).isTrue();
    underway.watch(passage, MAX, lost::incrementAndGet);
    pass(MAX);
    assertThat(lost).hasValue(1);
    assertThat(passage.end()).isFalse();
  }

  @Test
  void whatWasGivenUpStaysSo() {
    underway.watch(passage, MAX, lost::incrementAndGet);
    pass(MAX);
    underway.watch(passage, MAX, lost::incrementAndGet);
    assertThat(passage.end()).isFalse();
  }
}
