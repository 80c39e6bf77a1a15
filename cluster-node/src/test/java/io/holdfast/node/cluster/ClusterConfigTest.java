package io.holdfast.node.cluster;

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

class ClusterConfigTest {
  private static Config config(String store, String cluster) {
    return ConfigFactory.parseString(
            "holdfast { store = %s, cluster { %s } }".formatted(store, cluster))
        .withFallback(ConfigFactory.defaultReference());
  }

  @Test
  void aNodeIsAClusterOfItsOwnUnlessToldOtherwise() {
    ClusterConfig config = ClusterConfig.from(ConfigFactory.defaultReference());
    assertThat(config.seeds()).isEmpty();
    assertThat(config.silentMax()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.regionLostAfter()).isEmpty();
    assertThat(config.roles()).containsExactlyInAnyOrder(NodeRole.values());
  }

  @Test
  void aNodeOfAClusterMayHaveSomeRolesOnly() {
    assertThat(ClusterConfig.from(config("cassandra", "roles = [edge, objects]")).roles())
        .containsExactlyInAnyOrder(NodeRole.EDGE, NodeRole.OBJECTS);
    assertThat(ClusterConfig.from(config("cassandra", "roles.0 = containers")).roles())
        .containsExactly(NodeRole.CONTAINERS);
  }

  @Test
  void aLoneNodeHasAllRoles() {
    assertThatThrownBy(() -> ClusterConfig.from(config("embedded", "roles = [edge, objects]")))
        .hasMessageContaining("roles: expected all with holdfast.store = embedded");
  }

  @Test
  void seedsMayBeGivenOneByOne() {
    ClusterConfig config =
        ClusterConfig.from(
            config("cassandra", "port = 7600, seeds.0 = \"a:7600\", seeds.1 = \"b:7600\""));
    assertThat(config.seeds()).containsExactly("a:7600", "b:7600");
  }

  @Test
  void aStoreThatThereIsNotIsNamed() {
    assertThatThrownBy(() -> ClusterConfig.from(config("paper", "")))
        .hasMessage("holdfast.store: expected embedded or cassandra, found 'paper'");
  }

  @Test
  void theEmbeddedStoreIsOfOneNode() {
    assertThatThrownBy(
            () -> ClusterConfig.from(config("embedded", "port = 7600, seeds = [\"a:7600\"]")))
        .hasMessageContaining("seeds: expected none with holdfast.store = embedded");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "seeds = [a], port = 7600          | seeds: expected host:port",
        "seeds = [\"dns:a\"], port = 7600      | or dns:name:port for all addresses of a name, found 'dns:a'",
        "seeds = [\"a:7600\"]              | port: expected a port when there are seeds, found 0",
        "silent-max = 100 ms               | silent-max: expected 500 ms to 1 min, found PT0.1S",
        "silent-max = soon                 | silent-max",
        "region-lost-after = 9 s           | region-lost-after: expected never, or 10 s to 1 d, found PT9S",
        "region-lost-after = soon          | region-lost-after",
        "roles = []                        | roles: expected some of [edge, objects, containers], found none",
        "roles = [edge, cook]              | roles: expected some of [edge, objects, containers], found 'cook'",
        "zone = \"\"                         | zone: expected 1 to 63 letters, digits and dashes, found ''",
        "zone = \"a b\"                      | zone: expected 1 to 63 letters, digits and dashes, found 'a b'",
      })
  void whatIsWrongIsNamed(String text, String message) {
    assertThatThrownBy(() -> ClusterConfig.from(config("cassandra", text)))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContaining(message);
  }
}
