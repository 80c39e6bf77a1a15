package io.holdfast.persistence.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HistoryConfigTest {
  @Test
  void theDefaultsAreThoseOfTheReference() {
    HistoryConfig config = HistoryConfig.from(ConfigFactory.load());
    assertThat(config)
        .isEqualTo(new HistoryConfig(Duration.ofDays(30), 1 << 20, Duration.ofSeconds(10), 100));
    assertThat(config.isOn()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "retention = -1 s",
        "retention = 4000 days",
        "retention = long",
        "replay-bytes-max = 1",
        "sweep-interval = 0",
        "sweep-objects-max = 0"
      })
  void aBadValueIsRefusedByTheNameOfItsKey(String setting) {
    Config bad =
        ConfigFactory.parseString("holdfast.persistence.history." + setting)
            .withFallback(ConfigFactory.load());
    assertThatThrownBy(() -> HistoryConfig.from(bad))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContaining(setting.substring(0, setting.indexOf(' ')));
  }
}
