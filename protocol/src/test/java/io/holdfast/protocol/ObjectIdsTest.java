package io.holdfast.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectId;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectIdsTest {
  private final ObjectIds ids = new ObjectIds(new NamespaceId("shop", "carts"));

  /// Another derivation would orphan every named object that was ever stored.
  @Test
  void aNameHasTheSameIdForever() {
    assertThat(ids.named("alice").hex())
        .isEqualTo("01000054b66383cbc22c41305cb6f3e5ee4d751c5ff5e214369fd58e86ab5325");
    assertThat(ids.named("").hex())
        .isEqualTo("01000064038080c25af405fbf9dd74ae323968ef880cc5e9be2be5342df42ec0");
  }

  @Test
  void namesAndNamespacesHaveIdsOfTheirOwn() {
    ObjectIds others = new ObjectIds(new NamespaceId("shop", "orders"));
    assertThat(ids.named("alice")).isEqualTo(ids.named("alice")).isNotEqualTo(ids.named("bob"));
    assertThat(ids.named("alice").hex()).isNotEqualTo(others.named("alice").hex());
    Set<String> unique = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      unique.add(ids.unique(0, Optional.empty()).hex());
    }
    assertThat(unique).hasSize(1_000).allMatch(hex -> hex.matches("[0-9a-f]{64}"));
  }

  @Test
  void aNameOfUpTo1024BytesIsKnown() {
    assertThat(ids.named("x".repeat(1024)).name()).contains("x".repeat(1024));
    assertThat(ids.named("x".repeat(1025)).name()).isEmpty();
    assertThat(ids.named("\u00e9".repeat(513)).name()).isEmpty();
  }

  @Test
  void anIdIsReadWithoutItsName() {
    ObjectId read = ids.parse(ids.named("alice").hex());
    assertThat(read.hex()).isEqualTo(ids.named("alice").hex());
    assertThat(read.name()).isEmpty();
    assertThat(ObjectIds.isNamed(read)).isTrue();
    assertThat(ObjectIds.isNamed(ids.parse(ids.unique(0, Optional.empty()).hex()))).isFalse();
  }

  @Test
  void aJurisdictionStandsInTheIdAndGivesTheSameNameAnotherOne() {
    ObjectId under = ids.named("alice", Optional.of(Jurisdiction.EU));
    assertThat(under).isNotEqualTo(ids.named("alice"));
    assertThat(under)
        .isEqualTo(ids.named("alice", Optional.of(Jurisdiction.EU)))
        .isNotEqualTo(ids.named("alice", Optional.of(Jurisdiction.US)));
    assertThat(Jurisdiction.of(ids.parse(under.hex()))).contains(Jurisdiction.EU);
    assertThat(Jurisdiction.of(ids.named("alice"))).isEmpty();
  }

  @Test
  void aUniqueIdSaysWhereItsObjectBegan() {
    ObjectId unique = ids.unique(200, Optional.of(Jurisdiction.FEDRAMP_HIGH));
    assertThat(ObjectIds.region(ids.parse(unique.hex()))).isEqualTo(200);
    assertThat(Jurisdiction.of(unique)).contains(Jurisdiction.FEDRAMP_HIGH);
    assertThat(ObjectIds.region(ids.named("alice"))).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "alice", "00", "zz"})
  void refusesWhatIsNoId(String text) {
    assertThatThrownBy(() -> ids.parse(text))
        .isInstanceOf(HoldfastException.class)
        .hasMessage("Invalid Durable Object ID: must be 64 hex digits");
  }

  @Test
  void refusesIdsOfOthersAndIdsThatSomebodyMade() {
    String foreign = new ObjectIds(new NamespaceId("shop", "orders")).named("alice").hex();
    String own = ids.named("alice").hex();
    String forged = own.substring(0, 20) + (own.charAt(20) == '0' ? '1' : '0') + own.substring(21);
    for (String hex : new String[] {foreign, forged}) {
      assertThatThrownBy(() -> ids.parse(hex))
          .hasMessage("Durable Object ID is not valid for this namespace.")
          .satisfies(e ->
              assertThat(((HoldfastException) e).code()).isEqualTo(ErrorCode.INVALID_OBJECT_ID));
    }
  }
}
