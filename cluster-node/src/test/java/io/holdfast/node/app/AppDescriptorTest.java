package io.holdfast.node.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.InstanceType;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AppDescriptorTest {
  private static AppDescriptor parse(String text) {
    return AppDescriptor.parse("x.jar", text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void readsADescriptorThatUsesEveryKey() throws Exception {
    AppDescriptor found;
    try (var golden = getClass().getResourceAsStream("/apps/full.holdfast.jsonc")) {
      found = AppDescriptor.parse("full", golden.readAllBytes());
    }
    assertThat(found)
        .isEqualTo(
            new AppDescriptor(
                "shop",
                Optional.of("com.example.shop.ShopWorker"),
                List.of("shop.example.com/*", "*.shop.example.com/api/*", "/counter"),
                List.of(
                    new ObjectBinding.Own("carts", "com.example.shop.Cart", Optional.empty()),
                    new ObjectBinding.Own(
                        "sandboxes",
                        "com.example.shop.Sandbox",
                        Optional.of(
                            new ContainerConfig(
                                "registry.example.com:5000/sandbox:1.2",
                                InstanceType.STANDARD_1,
                                100_000))),
                    new ObjectBinding.Own(
                        "models",
                        "com.example.shop.Model$Runner",
                        Optional.of(
                            new ContainerConfig(
                                "model", new InstanceType("custom", 0.5, 2_048, 10_000), 20))),
                    new ObjectBinding.Own(
                        "small",
                        "com.example.shop.Small",
                        Optional.of(new ContainerConfig("small", InstanceType.LITE, 20))),
                    new ObjectBinding.OfOtherApp("ROOMS", new NamespaceId("chat", "rooms"))),
                Map.of("GREETING", "hello", "LIMIT", "12", "RATIO", "1.50", "DEBUG", "false"),
                Map.of(
                    "API_TOKEN", new SecretSource.FromEnv("SHOP_API_TOKEN"),
                    "SIGNING_KEY", new SecretSource.FromFile("secrets/signing.key"))));
  }

  @Test
  void readsFurtherImagesByName() {
    AppDescriptor found =
        parse(
            """
            {"name":"a","objects":[{"name":"b","class":"B","container":
              {"image":"i","images":{"small":"host:5000/small:1","large":"large@sha256:12"}}}]}
            """);
    assertThat(found.objects())
        .containsExactly(
            new ObjectBinding.Own(
                "b",
                "B",
                Optional.of(
                    new ContainerConfig(
                        "i",
                        Map.of("small", "host:5000/small:1", "large", "large@sha256:12"),
                        InstanceType.LITE,
                        20))));
  }

  @Test
  void takesTheSmallestDescriptor() {
    AppDescriptor found = parse("{\"name\":\"a\",\"worker\":\"W\"}");
    assertThat(found)
        .isEqualTo(
            new AppDescriptor("a", Optional.of("W"), List.of(), List.of(), Map.of(), Map.of()));
  }

  @Test
  void keepsTheOrderOfVariables() {
    AppDescriptor found =
        parse("{'name':'a','worker':'W','vars':{'Z':1,'A':2,'M':3}}".replace('\'', '"'));
    assertThat(found.vars().keySet()).containsExactly("Z", "A", "M");
  }

  static Stream<Arguments> hostile() {
    return Hostile.table();
  }

  @ParameterizedTest(name = "[{index}] {0}")
  @MethodSource("hostile")
  void refusesWith(String text, String message) {
    assertThatThrownBy(() -> parse(text.replace('\'', '"')))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.APP_INVALID))
        .hasMessage("x.jar: " + message.replace('\'', '"').replace('’', '\''));
  }

  @Test
  void reportsAllProblemsAtOnce() {
    String text =
        """
        { "name": "Shop", "wroker": "W",
          "objects": [ { "name": "a", "class": "A", "container": { "maxInstances": 0 } } ] }
        """;
    assertThatThrownBy(() -> parse(text))
        .hasMessage(
            """
            x.jar: 4 problems
              wroker: expected one of the keys name, worker, routes, objects, vars, secrets, $schema, found "wroker"; did you mean "worker"?
              name: expected a name of lower-case letters, digits and dashes that starts with a letter, up to 63 characters, found "Shop"
              objects[0].container.image: expected an image reference of 1 to 4096 printable characters, found nothing
              objects[0].container.maxInstances: expected a whole number from 1 to 100000, found 0\
            """);
  }

  @Test
  void refusesADescriptorOverOneMebibyte() {
    assertThatThrownBy(() -> parse(" ".repeat(AppDescriptor.BYTES_MAX + 1)))
        .hasMessage("x.jar: holdfast.jsonc: expected at most 1048576 bytes, found 1048577 bytes");
  }

  @Test
  void refusesBytesThatAreNotUtf8() {
    assertThatThrownBy(() -> AppDescriptor.parse("x.jar", new byte[] {'{', (byte) 0xff, '}'}))
        .hasMessage("x.jar: holdfast.jsonc: expected UTF-8 text, found other bytes");
  }

  @Test
  void skipsAByteOrderMark() {
    assertThat(parse("\uFEFF{\"name\":\"a\",\"worker\":\"W\"}").name()).isEqualTo("a");
  }

  @Test
  void refusesWhatIsNestedTooDeepInsteadOfOverflowing() {
    assertThatThrownBy(() -> parse("[".repeat(100_000)))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("Document nesting depth (101) exceeds the maximum allowed (100");
  }

  @Test
  void neverQuotesWhatStandsInSecrets() {
    String text =
        """
        { "name": "a", "worker": "W", "secrets": {
            "A": "hunter2", "B": 4711, "C": { "env": "hunter2!" }, "D": { "file": ["hunter2"] },
            "E": { "env": 4711 }, "F": [ "hunter2" ], "G": true } }
        """;
    assertThatThrownBy(() -> parse(text))
        .hasMessageContaining("7 problems")
        .satisfies(
            e -> assertThat(e.getMessage()).doesNotContain("hunter2").doesNotContain("4711"));
  }
}
