package io.holdfast.node.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.holdfast.sdk.HoldfastException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeBudgetTest {
  private static final NodeBudget.Machine MACHINE =
      new NodeBudget.Machine(2_000, 10L << 30, 100_000_000_000L);

  private static Config with(String settings) {
    return ConfigFactory.load(ConfigFactory.parseString(settings));
  }

  @Test
  void isAPartOfTheMachineUnlessSaidOtherwise() {
    assertThat(NodeBudget.from(with(""), MACHINE).resources())
        .isEqualTo(new Resources(8_000, 8L << 30, 90_000_000_000L, 1_000));
  }

  @Test
  void isWhatTheOperatorSays() {
    String settings =
        "holdfast.containers.budget { cpu = 1.5, memory = 3 GiB, disk = 1 GB, instances = 7 }";
    assertThat(NodeBudget.from(with(settings), MACHINE).resources())
        .isEqualTo(new Resources(1_500, 3L << 30, 1_000_000_000L, 7));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cpu = 0",
        "cpu = much",
        "memory = -1",
        "memory = \"0%\"",
        "disk = \"x%\"",
        "instances = 0"
      })
  void refusesWhatIsNoAmountAndNamesTheKey(String setting) {
    assertThatThrownBy(
            () -> NodeBudget.from(with("holdfast.containers.budget." + setting), MACHINE))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("holdfast.containers.budget." + setting.split(" ")[0]);
  }

  @Test
  void knowsTheMachineItRunsOn() {
    NodeBudget.Machine here = NodeBudget.Machine.here(Path.of("."));
    assertThat(here.cpuMillis()).isGreaterThanOrEqualTo(1_000);
    assertThat(here.memoryBytes()).isGreaterThan(1L << 26);
    assertThat(here.diskBytes()).isGreaterThan(1L << 26);
  }
}
