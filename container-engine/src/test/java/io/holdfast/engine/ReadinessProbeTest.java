package io.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReadinessProbeTest {
  @ParameterizedTest
  @CsvSource({"0, 1000", "100, 1000", "200, 2000", "500, 5000", "2000, 20000", "60000, 20000"})
  void asksOftenAtFirstAndLessOftenTheLongerItTakes(long elapsedMillis, long micros) {
    assertThat(ReadinessProbe.pauseMicros(Duration.ofMillis(elapsedMillis).toNanos()))
        .isEqualTo(micros);
  }

  @Test
  void addsAtMostFiveMillisecondsToAnyStartOfHalfASecond() {
    for (long millis = 0; millis <= 500; millis++) {
      assertThat(ReadinessProbe.pauseMicros(millis * 1_000_000)).isLessThanOrEqualTo(5_000);
    }
  }
}
