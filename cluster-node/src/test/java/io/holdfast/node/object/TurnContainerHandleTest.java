package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TurnContainerHandleTest {
  private final TurnContainerHandle handle = new TurnContainerHandle(null, null);

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 65_536, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void portsOutOfRangeAreRefused(int port) {
    assertThatThrownBy(() -> handle.port(port))
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .hasMessage("expected a port from 1 to 65535, found " + port);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8080, 65_535})
  void anyPortCanBeAskedForWithoutDeclaringIt(int port) {
    assertThat(handle.port(port)).isNotNull();
  }
}
