package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.holdfast.sdk.HoldfastException;
import org.junit.jupiter.api.Test;

class AlarmSettingsTest {
  private static AlarmSettings with(String settings) {
    Config given = ConfigFactory.parseString(settings);
    return AlarmSettings.from(given.withFallback(ConfigFactory.load()));
  }

  @Test
  void fewerAlarmsBeginAtOneTimeWhenAllNodesShareAStore() {
    assertThat(with("").beginsPerProcessor()).isEqualTo(4);
    assertThat(with("holdfast.store = cassandra").beginsPerProcessor()).isEqualTo(1);
    assertThat(
            with("holdfast.store = cassandra, holdfast.alarms.begins-per-processor = 7")
                .beginsPerProcessor())
        .isEqualTo(7);
  }

  @Test
  void aNumberThatIsNoneIsNamed() {
    assertThatThrownBy(() -> with("holdfast.alarms.begins-per-processor = -1"))
        .isInstanceOf(HoldfastException.class)
        .hasMessage(
            "holdfast.alarms.begins-per-processor: expected 1 to 1000, or 0 for as many as fit the"
                + " store, found -1");
  }
}
