package io.holdfast.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectId;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class JurisdictionTest {
  @ParameterizedTest
  @EnumSource
  void isReadAsItIsWritten(Jurisdiction each) {
    assertThat(Jurisdiction.parse(each.toString())).isEqualTo(each);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "EU", "fedramp_high", "mars"})
  void anUnknownOneIsNamedWithThoseThatThereAre(String text) {
    assertThatThrownBy(() -> Jurisdiction.parse(text))
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .hasMessage(
            "expected a jurisdiction of eu, us, fedramp, fedramp-high, found '" + text + "'");
  }

  @Test
  void anIdOfANewerBuildIsRefused() {
    ObjectId id = new ObjectId("01ff" + "00".repeat(30), Optional.empty());
    assertThatThrownBy(() -> Jurisdiction.of(id)).hasMessageContaining("found number 255");
  }
}
