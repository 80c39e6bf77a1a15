package io.holdfast.persistence.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EmbeddedConfigTest {
  @Test
  void readsTheDefaults() {
    EmbeddedConfig config = Stores.config();
    assertThat(config.directory()).isEqualTo(Path.of("data"));
    assertThat(config.queueLengthMax()).isEqualTo(32_768);
    assertThat(config.queueBytesMax()).isEqualTo(64L << 20);
    assertThat(config.retryInterval()).isEqualTo(Duration.ofMillis(250));
  }

  @ParameterizedTest
  @CsvSource({
    "queue-length-max, 0",
    "queue-bytes-max, 1k",
    "group-bytes-max, 2g",
    "free-bytes-min, -1",
    "retry-interval, 0s",
    "reader-threads, 0",
    "write-buffer-bytes, 1k",
    "log-bytes-max, 2g",
    "directory, \"\"",
    "queue-length-max, many",
  })
  void namesTheKeyOfAValueOutOfRange(String key, String value) {
    assertThatThrownBy(() -> Stores.config(key + " = " + (value.isEmpty() ? "\"\"" : value)))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContaining(key);
  }
}
