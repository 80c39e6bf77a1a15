package io.holdfast.persistence.writer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.holdfast.protocol.ByJurisdiction;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WriterConfigTest {
  @Test
  void theDefaultsAreThoseOfTheReference() {
    assertThat(WriterConfig.from(ConfigFactory.load()))
        .isEqualTo(
            new WriterConfig(
                ByJurisdiction.together(""),
                "",
                ClaimPolicy.ON_FIRST_WRITE,
                new SnapshotPolicy(64 << 10, 500, 50, 64 << 20)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "snapshots.log-bytes-min = 0",
        "snapshots.events-max = 0",
        "snapshots.release-events-min = 1000001",
        "snapshots.image-bytes-max = 2 GiB",
        "snapshots.events-max = many",
        "claim = SOMETIMES"
      })
  void aBadValueIsRefusedByTheNameOfItsKey(String setting) {
    Config bad =
        ConfigFactory.parseString("holdfast.persistence.writer." + setting)
            .withFallback(ConfigFactory.load());
    String key = setting.substring(0, setting.indexOf(' ')).replace("snapshots.", "");
    assertThatThrownBy(() -> WriterConfig.from(bad))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContaining(key);
  }
}
