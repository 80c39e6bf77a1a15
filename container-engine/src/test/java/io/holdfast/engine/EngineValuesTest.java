package io.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EngineValuesTest {
  private static final String OBJECT = "ab".repeat(32);
  private static final ContainerOwner OWNER =
      new ContainerOwner("app", "Rooms", OBJECT, "node-1", 3);
  private static final Deployment DEPLOYMENT = new Deployment("data-1");

  private static void assertInvalid(ThrowingRunnable action, String message) {
    assertThatThrownBy(action::run)
        .hasMessageContaining(message)
        .satisfies(
            e -> assertThat(((HoldfastException) e).code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
  }

  private interface ThrowingRunnable {
    void run();
  }

  // Names.

  @Test
  void namesContainersByWhatDockerAllowsWhateverTheAppIsCalled() {
    for (String hostile :
        List.of("../../etc/passwd", "a b\n", "\u0000", "ünï", "x".repeat(256), "-", "$(rm)")) {
      ContainerOwner.Key key = new ContainerOwner.Key(hostile, hostile, OBJECT);
      assertThat(ContainerName.of("holdfast", DEPLOYMENT, key)).matches("[a-z0-9][a-z0-9-]{1,100}");
    }
  }

  @Test
  void neverGivesTwoObjectsOneName() {
    Set<String> names = new HashSet<>();
    for (String[] pair :
        new String[][] {{"a", "bc"}, {"ab", "c"}, {"a-b", "c"}, {"a", "b-c"}, {"A", "bc"}}) {
      names.add(
          ContainerName.of(
              "holdfast", DEPLOYMENT, new ContainerOwner.Key(pair[0], pair[1], OBJECT)));
    }
    names.add(
        ContainerName.of(
            "holdfast", new Deployment("data-2"), new ContainerOwner.Key("a", "bc", OBJECT)));
    assertThat(names).hasSize(6);
  }

  // Labels.

  @Test
  void readsBackTheOwnerItWroteAsLabels() {
    ContainerOwner odd = new ContainerOwner("a b", "ü/\n", OBJECT, "node 1", Long.MAX_VALUE);
    Map<String, String> labels =
        ContainerLabels.of(DEPLOYMENT, ContainerSpec.of(odd, "image").build());
    assertThat(ContainerLabels.owner(labels)).contains(odd);
  }

  @Test
  void readsBackTheInstanceTypeItWroteAsLabel() {
    for (InstanceType type :
        List.of(InstanceType.LITE, InstanceType.STANDARD_4, InstanceType.custom(1.5, 5_000, 1))) {
      Map<String, String> labels =
          ContainerLabels.of(
              DEPLOYMENT, ContainerSpec.of(OWNER, "image").instanceType(type).build());
      assertThat(ContainerLabels.size(labels)).contains(type);
    }
    assertThat(ContainerLabels.size(Map.of())).isEmpty();
    assertThat(ContainerLabels.size(Map.of(ContainerLabels.SIZE, "lite/x/1/1"))).isEmpty();
    assertThat(ContainerLabels.size(Map.of(ContainerLabels.SIZE, "lite"))).isEmpty();
  }

  @Test
  void letsNoUserLabelReplaceAnOwnersLabel() {
    ContainerSpec spec = ContainerSpec.of(OWNER, "image").labels(Map.of("epoch", "99")).build();
    Map<String, String> labels = ContainerLabels.of(DEPLOYMENT, spec);
    assertThat(labels)
        .containsEntry("io.holdfast.epoch", "3")
        .containsEntry("io.holdfast.user.epoch", "99");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ContainerLabels.APP,
        ContainerLabels.OBJECT,
        ContainerLabels.NODE,
        ContainerLabels.EPOCH
      })
  void findsNoOwnerInBrokenLabels(String label) {
    Map<String, String> labels =
        new HashMap<>(ContainerLabels.of(DEPLOYMENT, ContainerSpec.of(OWNER, "image").build()));
    labels.remove(label);
    assertThat(ContainerLabels.owner(labels)).isEmpty();
    labels.put(ContainerLabels.EPOCH, "three");
    assertThat(ContainerLabels.owner(labels)).isEmpty();
  }

  @Test
  void knowsAContainerAgainOnlyWhenAllOfItIsAsAskedFor() {
    ContainerSpec spec = ContainerSpec.of(OWNER, "image").env(Map.of("A", "1")).build();
    Map<String, String> labels = ContainerLabels.of(DEPLOYMENT, spec);
    assertThat(ContainerLabels.match(labels, spec)).isTrue();
    assertThat(ContainerLabels.match(labels, ContainerSpec.of(OWNER, "image").build())).isFalse();
    assertThat(
            ContainerLabels.match(
                labels, ContainerSpec.of(OWNER, "image").env(Map.of("A", "2")).build()))
        .isFalse();
  }

  @Test
  void tellsSpecificationsApartThatLookAlikeWhenJoined() {
    ContainerSpec one = ContainerSpec.of(OWNER, "image").entrypoint("a", "b").build();
    ContainerSpec other =
        ContainerSpec.of(OWNER, "image").entrypoint("a").env(Map.of("b", "")).build();
    ContainerSpec third = ContainerSpec.of(OWNER, "image").entrypoint("ab").build();
    assertThat(Set.of(one.fingerprint(), other.fingerprint(), third.fingerprint())).hasSize(3);
  }

  // Specifications.

  @Test
  void refusesWhatCannotBeStarted() {
    assertInvalid(() -> ContainerSpec.of(OWNER, "").build(), "image reference");
    assertInvalid(() -> ContainerSpec.of(OWNER, "a b").build(), "image reference");
    assertInvalid(() -> ContainerSpec.of(OWNER, "x".repeat(4097)).build(), "image reference");
    assertInvalid(() -> ContainerSpec.of(OWNER, "i").env(Map.of("A=B", "1")).build(), "'A=B'");
    assertInvalid(() -> ContainerSpec.of(OWNER, "i").env(Map.of("A", "1\0")).build(), "NUL");
    assertInvalid(() -> ContainerSpec.of(OWNER, "i").entrypoint("a\0").build(), "NUL");
    assertInvalid(
        () -> ContainerSpec.of(OWNER, "i").labels(Map.of("x".repeat(17), "")).build(), "16 bytes");
    assertInvalid(
        () -> ContainerSpec.of(OWNER, "i").labels(Map.of("a", "x".repeat(65))).build(), "64 bytes");
  }

  @Test
  void keepsSecretsOutOfItsText() {
    ContainerSpec spec = ContainerSpec.of(OWNER, "image").env(Map.of("TOKEN", "hunter2")).build();
    assertThat(spec.toString()).contains("TOKEN").doesNotContain("hunter2");
  }

  // Instance types.

  @ParameterizedTest
  @CsvSource({
    "lite, 0.0625, 256, 2000", "basic, 0.25, 1024, 4000", "standard-1, 0.5, 4096, 8000",
    "standard-2, 1, 6144, 12000", "standard-3, 2, 8192, 16000", "standard-4, 4, 12288, 20000",
    "dev, 0.0625, 256, 2000", "standard, 0.5, 4096, 8000"
  })
  void knowsTheNamedInstanceTypes(String name, double vcpu, int memoryMib, int diskMb) {
    InstanceType type = InstanceType.of(name);
    assertThat(type.vcpu()).isEqualTo(vcpu);
    assertThat(type.memoryMib()).isEqualTo(memoryMib);
    assertThat(type.diskMb()).isEqualTo(diskMb);
  }

  @Test
  void refusesInstanceTypesOutsideTheirBounds() {
    assertInvalid(() -> InstanceType.of("huge"), "lite, basic");
    assertInvalid(() -> InstanceType.custom(0.5, 4096, 100), "1 to 4 vCPU");
    assertInvalid(() -> InstanceType.custom(1, 13_000, 100), "12288");
    assertInvalid(() -> InstanceType.custom(2, 4096, 100), "3072 MiB memory per vCPU");
    assertInvalid(() -> InstanceType.custom(1, 3072, 6_001), "2000 MB disk per GiB");
    assertThat(InstanceType.custom(1, 3072, 6_000).memoryBytes()).isEqualTo(3L << 30);
  }

  // Settings.

  @Test
  void readsTheDefaults() {
    EngineConfig config = EngineConfig.of(ConfigFactory.load());
    assertThat(config.fence()).isEqualTo(EngineConfig.FencePolicy.AUTO);
    assertThat(config.limits().logFileBytes()).isEqualTo(1024 * 1024);
    assertThat(config.http().bufferedBodyBytesMax()).isEqualTo(64 * 1024);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "holdfast.engine.limits.pids-max = 3 | holdfast.engine.limits.pids-max: expected a number from 16 to 100000, found '3'",
        "holdfast.engine.network.fence = maybe | holdfast.engine.network.fence: expected one of [auto, require, warn], found 'maybe'",
        "holdfast.engine.docker.host = nowhere | holdfast.engine.docker.host: expected a value of the form",
        "holdfast.engine.docker.request-timeout = 2h | holdfast.engine.docker.request-timeout: expected a duration from 1000 to 600000 ms",
        "holdfast.engine.http.connect-timeout = soon | holdfast.engine.http.connect-timeout: ",
        "holdfast.engine.network.blocked-ranges = [\"10.0.0.0/8 -j ACCEPT\"] | blocked-ranges: expected a value"
      })
  void namesTheBadKey(String setting, String message) {
    assertThatThrownBy(() ->
            EngineConfig.of(ConfigFactory.parseString(setting).withFallback(ConfigFactory.load())))
        .hasMessageContaining(message)
        .satisfies(
            e -> assertThat(((HoldfastException) e).code()).isEqualTo(ErrorCode.CONFIG_INVALID));
  }
}
