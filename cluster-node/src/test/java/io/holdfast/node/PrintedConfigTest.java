package io.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import org.junit.jupiter.api.Test;

class PrintedConfigTest {
  @Test
  void hidesPasswordsAndNothingElse() {
    String printed =
        PrintedConfig.of(
            ConfigFactory.parseString(
                """
                holdfast {
                  # Where it listens.
                  edge.port = 80
                  engine.images.registries = [{host = r.example.com, username = me, password = xyzzy}]
                  names = [a, b]
                }
                """));
    assertThat(printed)
        .contains("# Where it listens.", "80", "r.example.com", "me", "(hidden)", "a")
        .doesNotContain("xyzzy");
  }
}
