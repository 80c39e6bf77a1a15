package io.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Each test that `docs/compatibility.md` names is there: a row cannot outlive its proof.
class CompatibilityTableTest {
  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern TEST =
      Pattern.compile("(?:([a-z]+)\\.)*([A-Z]\\w*(?:Test|Simulation|Contract))(?:\\.(\\w+))?");
  private static final Pattern METHOD = Pattern.compile("\\.?([a-z]\\w{12,})");

  private final Map<String, List<String>> sources = new HashMap<>();

  private void readSources() throws IOException {
    try (Stream<Path> files = Files.walk(PROJECT)) {
      for (Path file :
          files
              .filter(each -> each.toString().matches(".*/(src/test|testkit/src)/.*\\.java"))
              .toList()) {
        String name = file.getFileName().toString().replace(".java", "");
        sources.computeIfAbsent(name, _ -> new ArrayList<>()).add(Files.readString(file));
      }
    }
  }

  @Test
  void everyTestThatProvesARowExists() throws IOException {
    readSources();
    List<String> missing = new ArrayList<>();
    int found = 0;
    for (String line : Files.readAllLines(PROJECT.resolve("docs/compatibility.md"))) {
      String owner = "";
      Matcher code = CODE.matcher(line);
      while (line.startsWith("|") && code.find()) {
        Matcher test = TEST.matcher(code.group(1));
        Matcher method = METHOD.matcher(code.group(1));
        if (test.matches()) {
          owner = test.group(2);
          found++;
          check(owner, test.group(3), missing);
        } else if (method.matches() && code.group(1).startsWith(".")) {
          found++;
          check(owner, method.group(1), missing);
        }
      }
    }
    assertThat(missing).isEmpty();
    assertThat(found).isGreaterThan(100);
  }

  private void check(String owner, String method, List<String> missing) {
    List<String> known = sources.get(owner);
    if (known == null
        || (method != null
            && known.stream().noneMatch(text -> text.contains("void " + method + "(")))) {
      missing.add(owner + (method == null ? "" : "." + method));
    }
  }
}
