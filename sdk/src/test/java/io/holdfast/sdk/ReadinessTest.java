package io.holdfast.sdk;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ReadinessTest {
  @Test
  void refusesPortsAndPathsThatCannotBe() {
    assertThatThrownBy(() -> new Readiness.Tcp(0)).hasMessageContaining("1 to 65535");
    assertThatThrownBy(() -> new Readiness.Http(65_536, "/")).hasMessageContaining("1 to 65535");
    assertThatThrownBy(() -> new Readiness.Http(80, "health")).hasMessageContaining("/health");
    assertThatThrownBy(() -> new Readiness.Http(80, "/a b\r\nX: 1"))
        .hasMessageContaining("/health");
  }
}
