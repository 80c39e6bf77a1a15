package io.holdfast.cassandra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplicationTest {
  @Test
  void namesCopiesByDataCenter() {
    assertThat(Replication.parse("us=3, eu=2").cql())
        .isEqualTo("{'class': 'NetworkTopologyStrategy', 'eu': 2, 'us': 3}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "eu",
        "eu=",
        "=3",
        "eu=0",
        "eu=101",
        "eu=x",
        "eu=3,eu=3",
        "e u=3",
        "eu'=3",
        "eu=3,"
      })
  void refusesWhatIsNone(String text) {
    assertThatThrownBy(() -> Replication.parse(text))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageStartingWith("replication: expected ");
  }
}
