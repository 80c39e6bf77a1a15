package io.holdfast.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ByJurisdictionTest {
  private static final NamespaceId ROOMS = new NamespaceId("app", "rooms");

  private final ByJurisdiction<String> keyspaces =
      ByJurisdiction.apart(
          "all", Map.of(Jurisdiction.EU, "all_eu"), Set.of(Jurisdiction.FEDRAMP_HIGH));

  private static String key(Jurisdiction... law) {
    return new ObjectAddress(
            ROOMS,
            new ObjectIds(ROOMS)
                .named("a", law.length == 0 ? Optional.empty() : Optional.of(law[0])))
        .key();
  }

  @Test
  void anObjectHasThatOfItsJurisdictionOrOfTheRest() {
    assertThat(keyspaces.of(key())).isEqualTo("all");
    assertThat(keyspaces.of(key(Jurisdiction.EU))).isEqualTo("all_eu");
    assertThat(keyspaces.of("object|" + key(Jurisdiction.EU))).isEqualTo("all_eu");
    assertThat(keyspaces.of(key(Jurisdiction.US))).as("not kept apart").isEqualTo("all");
    assertThat(keyspaces.map(String::length).of(key(Jurisdiction.EU))).isEqualTo(6);
    assertThat(ByJurisdiction.together("all").of(key(Jurisdiction.EU))).isEqualTo("all");
  }

  @Test
  void whatMustNotBeHereIsRefused() {
    String key = key(Jurisdiction.FEDRAMP_HIGH);
    assertThatThrownBy(() -> keyspaces.of("object|" + key))
        .isInstanceOfSatisfying(
            HoldfastException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.JURISDICTION_UNAVAILABLE))
        .hasMessage(
            "expected a region of jurisdiction fedramp-high, where Durable Object %s is kept, found one without",
            key);
  }
}
