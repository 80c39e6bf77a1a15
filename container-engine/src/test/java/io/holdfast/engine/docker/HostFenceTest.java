package io.holdfast.engine.docker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HostFenceTest {
  @Test
  void doesNotStandAroundBridgesOfAnotherHost() {
    HostFence fence = new HostFence("no-bridge-at", List.of());
    assertThat(fence.raise(Map.of()))
        .get()
        .asString()
        .contains("bridge hfno-bridge-ati is not on this host");
  }
}
