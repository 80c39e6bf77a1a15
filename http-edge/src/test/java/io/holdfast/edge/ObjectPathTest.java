package io.holdfast.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectPathTest {
  @Test
  void takesAPathApart() {
    assertThat(ObjectPath.parse("/v1/objects/shop.carts/anna/rpc/add"))
        .isEqualTo(new ObjectPath("shop.carts", "anna", "rpc", "/add"));
  }

  @Test
  void decodesNamesAsUtf8AndKeepsAnEncodedSlash() {
    assertThat(ObjectPath.parse("/v1/objects/ns/a%2Fb%20%C3%A4+c/fetch/x%2Fy"))
        .isEqualTo(new ObjectPath("ns", "a/b ä+c", "fetch", "/x%2Fy"));
  }

  @Test
  void knowsTheEmptyName() {
    assertThat(ObjectPath.parse("/v1/objects/ns//rpc/m"))
        .isEqualTo(new ObjectPath("ns", "", "rpc", "/m"));
  }

  @Test
  void takesDotsForNames() {
    assertThat(ObjectPath.parse("/v1/objects/ns/../fetch").name()).isEqualTo("..");
  }

  @Test
  void knowsIds() {
    assertThat(ObjectPath.idHex(ObjectPath.parse("/v1/objects/ns/id:ab/fetch").name()))
        .isEqualTo("ab");
    assertThat(ObjectPath.idHex(ObjectPath.parse("/v1/objects/ns/ab/fetch").name())).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1", "/v1/", "/v1/objects", "/v1/objects/ns", "/v1/objects/ns/name"})
  void hasNoPartsForOtherPaths(String path) {
    assertThat(ObjectPath.parse(path)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"%", "%4", "%zz", "a%4", "%C3", "%ff", "%C0%AF", "%ED%A0%80"})
  void refusesBrokenPercentEncoding(String name) {
    assertThatThrownBy(() -> ObjectPath.parse("/v1/objects/ns/" + name + "/rpc/m"))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
        .hasMessageContaining("found '");
  }
}
