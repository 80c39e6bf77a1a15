package io.holdfast.node.app;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.node.app.Section.Form;
import io.holdfast.node.app.Section.Show;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads `vars` and `secrets` of a descriptor.
final class VariablesReader {
  private static final int VARS_MAX = 1_000;
  private static final int VAR_CHARS_MAX = 65_536;
  private static final Form VARIABLE =
      new Form(
          "[A-Za-z_][A-Za-z0-9_]{0,127}", "the name of an environment variable such as API_TOKEN");
  private static final Form PATH = new Form("[^\\x00]{1,4096}", "the path of a file");

  private VariablesReader() {}

  static Map<String, String> vars(Section root) {
    Map<String, String> vars = new LinkedHashMap<>();
    root.section("vars")
        .ifPresent(section -> {
          for (Map.Entry<String, JsonNode> entry : variables(section)) {
            JsonNode value = entry.getValue();
            if (!value.isValueNode() || value.isNull()) {
              section
                  .problems()
                  .add(
                      section.at(entry.getKey()),
                      "a text, a number or a boolean",
                      section.found(value));
            } else if (value.asText().length() > VAR_CHARS_MAX) {
              section
                  .problems()
                  .add(
                      section.at(entry.getKey()),
                      "at most " + VAR_CHARS_MAX + " characters",
                      value.asText().length() + " characters");
            }
            vars.put(entry.getKey(), value.asText());
          }
        });
    return vars;
  }

  static Map<String, SecretSource> secrets(Section root) {
    Map<String, SecretSource> secrets = new LinkedHashMap<>();
    root.section("secrets", Show.TYPES)
        .ifPresent(section -> {
          for (Map.Entry<String, JsonNode> entry : variables(section)) {
            secretSource(section, entry.getKey())
                .ifPresent(source -> secrets.put(entry.getKey(), source));
          }
        });
    return secrets;
  }

  private static List<Map.Entry<String, JsonNode>> variables(Section section) {
    if (section.node().size() > VARS_MAX) {
      section
          .problems()
          .add(
              section.path(),
              "at most " + VARS_MAX + " keys",
              Integer.toString(section.node().size()));
      return List.of();
    }
    for (Map.Entry<String, JsonNode> entry : section.node().properties()) {
      if (!VARIABLE.pattern().matcher(entry.getKey()).matches()) {
        section
            .problems()
            .add(
                section.at(entry.getKey()),
                "a name of letters, digits and underscores that does not start with a digit, up to 128"
                    + " characters",
                Section.quoted(entry.getKey()));
      }
    }
    return List.copyOf(section.node().properties());
  }

  private static Optional<SecretSource> secretSource(Section secrets, String key) {
    JsonNode value = secrets.node().path(key);
    if (!value.isObject() || value.has("env") == value.has("file")) {
      secrets
          .problems()
          .add(
              secrets.at(key),
              "{\"env\": \"VARIABLE\"} or {\"file\": \"path\"}",
              !value.isObject() ? secrets.found(value) : value.has("env") ? "both" : "neither");
      return Optional.empty();
    }
    Section source = secrets.section(key).orElseThrow();
    source.allowOnly("env", "file");
    return value.has("env")
        ? source.required("env", VARIABLE).map(SecretSource.FromEnv::new)
        : source.required("file", PATH).map(SecretSource.FromFile::new);
  }
}
