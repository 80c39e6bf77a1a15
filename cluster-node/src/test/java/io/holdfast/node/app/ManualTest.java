package io.holdfast.node.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Keeps docs/apps.md true.
class ManualTest {
  private final String manual = read();

  private static String read() {
    try {
      return Files.readString(Path.of("..", "docs", "apps.md"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void showsADescriptorThatIsTaken() {
    int start = manual.indexOf("```jsonc\n") + "```jsonc\n".length();
    String text = manual.substring(start, manual.indexOf("```", start));
    AppDescriptor app = AppDescriptor.parse("manual", text.getBytes(StandardCharsets.UTF_8));
    assertThat(app.name()).isEqualTo("shop");
    assertThat(app.objects()).hasSize(3);
  }

  @Test
  void explainsEveryKey() {
    for (String key :
        List.of(
            "name",
            "worker",
            "routes",
            "objects",
            "vars",
            "secrets",
            "$schema",
            "class",
            "container",
            "image",
            "images",
            "instanceType",
            "maxInstances",
            "vcpu",
            "memoryMib",
            "diskMb",
            "app",
            "namespace")) {
      assertThat(manual).contains("| `" + key + "` |");
    }
  }

  @Test
  void showsMessagesAsTheyAre() {
    String text =
        """
        {"name":"shop","wroker":"W","objects":[{"name":"a","class":"A"},
          {"name":"b","class":"B","container":{"image":"i","instanceType":"huge"}}]}
        """;
    try {
      AppDescriptor.parse("/srv/apps/shop.jar", text.getBytes(StandardCharsets.UTF_8));
      throw new AssertionError("expected a refusal");
    } catch (io.holdfast.sdk.HoldfastException e) {
      assertThat(manual).contains(e.getMessage());
    }
  }
}
