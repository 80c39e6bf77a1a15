package io.holdfast.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class AgreementTest {
  @Test
  void allThatIsDifferentIsNamedWithBothValues() {
    Agreement.compare(Map.of("shards", "64"), Map.of("shards", "64"));
    assertThatThrownBy(() ->
            Agreement.compare(
                new TreeMap<>(Map.of("regions", "eu", "shards", "64", "stays", "1")),
                Map.of("regions", "eu, us", "shards", "128", "stays", "1")))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessage(
            "regions: expected eu, us, as the cluster has, found eu;"
                + " shards: expected 128, as the cluster has, found 64");
  }

  @Test
  void whatOnlyOneOfThemHasIsNamedToo() {
    assertThatThrownBy(() -> Agreement.compare(Map.of(), Map.of("the moon", "full")))
        .hasMessage("the moon: expected full, as the cluster has, found nothing");
    assertThatThrownBy(() -> Agreement.compare(Map.of("the moon", "new"), Map.of()))
        .hasMessage("the moon: expected nothing, as the cluster has, found new");
  }

  @Test
  void ofNamespacesOnlyThoseThatBothHaveAreCompared() {
    Agreement.compare(
        Map.of("namespace shop.carts", "no container"),
        Map.of("namespace shop.boxes", "a container"));
    assertThatThrownBy(() ->
            Agreement.compare(
                Map.of("namespace shop.carts", "a container"),
                Map.of("namespace shop.carts", "no container")))
        .hasMessage(
            "namespace shop.carts: expected no container, as the cluster has, found a container");
  }
}
