package io.holdfast.engine.docker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class HostFenceTest {
  @Test
  void saysWhatIsMissingWhenItCannotStand() {
    // No iptables, no root, or, where both are there, a name of a chain that is too long.
    HostFence fence =
        new HostFence("HF-" + "x".repeat(40), List.of("hf-no-bridge"), "hf-no-bridge", List.of());
    assertThat(fence.raise()).get().asString().contains("iptables-restore");
  }
}
