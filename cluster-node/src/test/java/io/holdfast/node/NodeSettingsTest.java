package io.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeSettingsTest {
  @TempDir Path directory;

  private static NodeConfig read(String... arguments) {
    return NodeConfig.from(NodeArguments.parse(arguments).config());
  }

  @Test
  void theDefaultsAreInRange() {
    assertThat(read().node()).isEqualTo("node-1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "holdfast.objects.shards=0",
        "holdfast.objects.shards=many",
        "holdfast.containers.stop-grace=-5s",
        "holdfast.containers.stop-grace=2h",
        "holdfast.containers.shutdown-timeout=41s",
        "holdfast.containers.on-shutdown=explode",
        "holdfast.node=node 1",
        "holdfast.edge.prot=1",
        "holdfast.objekts.shards=1"
      })
  void aBadSettingIsRefusedByItsName(String setting) {
    String key = setting.substring(0, setting.indexOf('='));
    String lastPart = key.substring(key.lastIndexOf('.') + 1);
    assertThatThrownBy(() -> read("--set", setting))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining(lastPart)
        .satisfies(
            e -> assertThat(((HoldfastException) e).code()).isEqualTo(ErrorCode.CONFIG_INVALID));
  }

  @Test
  void aFileMayReferToOtherSettings() throws IOException {
    Path file = directory.resolve("node.conf");
    Files.writeString(
        file, "holdfast { node = \"n-7\", api.token-file = ${holdfast.data-directory}/token }");
    Config config = NodeArguments.parse("--config", file.toString()).config();
    assertThat(NodeConfig.from(config).tokenFile()).contains(Path.of("data/token"));
  }

  @Test
  void aSlipInAFileIsRefused() throws IOException {
    Path file = directory.resolve("node.conf");
    Files.writeString(file, "holdfast { edge { port = 1, prot = 2 } }");
    assertThatThrownBy(() -> read("--config", file.toString()))
        .hasMessageContaining("holdfast.edge.prot: there is no such setting");
  }
}
