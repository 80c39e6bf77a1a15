package io.holdfast.node.pace;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PaceTest {
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1); // It overflows on the way.
  private final Pace pace = Pace.afterNow(Duration.ofNanos(5), now::get);

  @Test
  void itIsTimeOnceInAWhileForOne() {
    assertThat(pace.isTime()).isFalse();
    now.addAndGet(5);
    assertThat(pace.isTime()).isTrue();
    assertThat(pace.isTime()).isFalse();
    now.addAndGet(4);
    assertThat(pace.isTime()).isFalse();
    now.addAndGet(1);
    assertThat(pace.isTime()).isTrue();
  }

  @Test
  void theFirstTimeMayBeAtOnce() {
    Pace hourly = Pace.fromNow(Duration.ofHours(1));
    assertThat(hourly.isTime()).isTrue();
    assertThat(hourly.isTime()).isFalse();
  }
}
