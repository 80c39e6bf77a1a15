package io.holdfast.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EdgeConfigTest {
  private static Config with(String line) {
    return ConfigFactory.parseString("holdfast.edge." + line)
        .withFallback(ConfigFactory.defaultReference());
  }

  @Test
  void readsTheDefaults() {
    EdgeConfig config = EdgeConfig.from(ConfigFactory.defaultReference());
    assertThat(config.host()).isEqualTo("127.0.0.1");
    assertThat(config.bodyBytesMax()).isEqualTo(100 << 20);
    assertThat(config.uriBytesMax()).isEqualTo(16 << 10);
    assertThat(config.headerBytesMax()).isEqualTo(32 << 10);
    assertThat(config.waitUntilTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(config.metricsAccess()).isEqualTo(EdgeConfig.MetricsAccess.ANYONE);
    assertThat(config.forwarded()).isEqualTo(EdgeConfig.Forwarded.REMOVED);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "port = 70000 | port: expected a value from 0 to 65535, found 70000",
        "port = many | port: expected a number, found 'many'",
        "host = \"\" | host: expected a text, found ''",
        "uri-bytes-max = 1 | uri-bytes-max: expected a value from 64 to 1048576, found 1",
        "idle-timeout = 1 ms | idle-timeout: expected a duration from 10 ms to 86400000 ms, found 1 ms",
        "idle-timeout = soon | idle-timeout: expected a duration such as 30 s, found 'soon'",
        "trust-forwarded = maybe | trust-forwarded: expected on or off, found 'maybe'",
        "access-log.format = xml | access-log.format: expected one of logfmt, json, found 'xml'",
      })
  void refusesAValueOutOfRangeNamingTheKey(String line, String message) {
    assertThatThrownBy(() -> EdgeConfig.from(with(line)))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessage("holdfast.edge." + message);
  }

  @Test
  void namesAMissingKey() {
    Config without = ConfigFactory.defaultReference().withoutPath("holdfast.edge.backlog");
    assertThatThrownBy(() -> EdgeConfig.from(without))
        .hasMessage("holdfast.edge.backlog: expected a number, found nothing");
  }
}
