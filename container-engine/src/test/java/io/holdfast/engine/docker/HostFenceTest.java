package io.holdfast.engine.docker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class HostFenceTest {
  @Test
  void doesNotStandAroundBridgesOfAnotherHost() {
    HostFence fence = new HostFence("HF-0", List.of("hf-no-bridge"), "hf-no-bridge", List.of());
    assertThat(fence.raise()).get().asString().contains("bridge hf-no-bridge is not on this host");
  }
}
