package io.holdfast.node.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One JSON object of a descriptor. Each reader reports what does not fit and then returns empty.
///
/// @param path where it stands, such as `objects[1].container`; empty for the root
/// @param show whether messages may quote the values found in it
record Section(JsonNode node, String path, Show show, Problems problems) {
  private static final Pattern PLAIN_KEY = Pattern.compile("[A-Za-z_$][A-Za-z0-9_$-]*");
  private static final int QUOTED_CHARS_MAX = 80;

  enum Show {
    VALUES,
    /** Only their JSON types: they may be secret. */
    TYPES
  }

  /// A text of a form.
  ///
  /// @param expected how messages put the form
  record Form(Pattern pattern, String expected) {
    Form(String regex, String expected) {
      this(Pattern.compile(regex), expected);
    }
  }

  /// The node as a section; empty when it is no object.
  static Optional<Section> of(JsonNode node, String path, Show show, Problems problems) {
    Section section = new Section(node, path, show, problems);
    if (node.isObject()) {
      return Optional.of(section);
    }
    problems.add(path.isEmpty() ? "the document" : path, "an object", section.found(node));
    return Optional.empty();
  }

  boolean has(String key) {
    return node.has(key);
  }

  /// Reports all keys but these.
  void allowOnly(String... keys) {
    List<String> known = List.of(keys);
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (!known.contains(entry.getKey())) {
        problems.add(
            at(entry.getKey()),
            "one of the keys " + String.join(", ", known),
            quoted(entry.getKey())
                + "; did you mean "
                + quoted(nearest(entry.getKey(), known))
                + "?");
      }
    }
  }

  /// All keys that have the form; reports the others, and more than `max` of them.
  List<String> keys(int max, Form form) {
    if (node.size() > max) {
      problems.add(path, "at most " + max + " keys", Integer.toString(node.size()));
      return List.of();
    }
    List<String> keys = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (form.pattern().matcher(entry.getKey()).matches()) {
        keys.add(entry.getKey());
      } else {
        problems.add(at(entry.getKey()), form.expected(), quoted(entry.getKey()));
      }
    }
    return keys;
  }

  Optional<String> required(String key, Form form) {
    return text(node.path(key), at(key), form);
  }

  Optional<String> optional(String key, Form form) {
    return has(key) ? required(key, form) : Optional.empty();
  }

  /// The items of an array of texts, up to `max`, no two of them the same.
  List<String> texts(String key, int max, Form form) {
    List<String> texts = new ArrayList<>();
    List<JsonNode> items = items(key, max);
    for (int i = 0; i < items.size(); i++) {
      String where = at(key) + "[" + i + "]";
      for (String text : text(items.get(i), where, form).stream().toList()) {
        if (texts.contains(text)) {
          problems.add(where, "no two the same", quoted(text) + " twice");
        }
        texts.add(text);
      }
    }
    return texts;
  }

  /// The items of an array of objects, up to `max`.
  List<Section> sections(String key, int max) {
    List<Section> sections = new ArrayList<>();
    List<JsonNode> items = items(key, max);
    for (int i = 0; i < items.size(); i++) {
      of(items.get(i), at(key) + "[" + i + "]", show, problems).ifPresent(sections::add);
    }
    return sections;
  }

  /// The object of that key, if there is any.
  Optional<Section> section(String key, Show how) {
    return has(key) ? of(node.path(key), at(key), how, problems) : Optional.empty();
  }

  Optional<Section> section(String key) {
    return section(key, show);
  }

  OptionalInt integer(String key, int min, int max) {
    JsonNode value = node.path(key);
    if (value.isIntegralNumber()
        && value.canConvertToInt()
        && inRange(value.intValue(), min, max)) {
      return OptionalInt.of(value.intValue());
    }
    problems.add(at(key), "a whole number from " + min + " to " + max, found(value));
    return OptionalInt.empty();
  }

  /// False when it is not there.
  boolean flag(String key) {
    JsonNode value = node.path(key);
    if (has(key) && !value.isBoolean()) {
      problems.add(at(key), "true or false", found(value));
    }
    return value.asBoolean(false);
  }

  OptionalDouble number(String key, double min, int max) {
    JsonNode value = node.path(key);
    if (value.isNumber() && inRange(value.doubleValue(), min, max)) {
      return OptionalDouble.of(value.doubleValue());
    }
    problems.add(at(key), "a number from " + min + " to " + max, found(value));
    return OptionalDouble.empty();
  }

  private static boolean inRange(double value, double min, double max) {
    return value >= min && value <= max;
  }

  private Optional<String> text(JsonNode value, String where, Form form) {
    if (value.isTextual() && form.pattern().matcher(value.textValue()).matches()) {
      return Optional.of(value.textValue());
    }
    problems.add(where, form.expected(), found(value));
    return Optional.empty();
  }

  private List<JsonNode> items(String key, int max) {
    JsonNode array = has(key) ? node.path(key) : JsonNodeFactory.instance.arrayNode();
    if (!array.isArray()) {
      problems.add(at(key), "an array", found(array));
      return List.of();
    }
    if (array.size() > max) {
      problems.add(at(key), "at most " + max + " items", Integer.toString(array.size()));
      return List.of();
    }
    return array.valueStream().toList();
  }

  /// The path of a key of this section.
  String at(String key) {
    if (!PLAIN_KEY.matcher(key).matches()) {
      return path + "[" + quoted(key) + "]";
    }
    return path.isEmpty() ? key : path + "." + key;
  }

  /// A value as messages put it.
  String found(@Nullable JsonNode value) {
    if (value == null || value.isMissingNode()) {
      return "nothing";
    }
    return switch (value.getNodeType()) {
      case OBJECT -> "an object";
      case ARRAY -> "an array";
      case NULL -> "null";
      case STRING -> show == Show.TYPES ? "a text" : quoted(value.textValue());
      case NUMBER -> show == Show.TYPES ? "a number" : cut(value.asText());
      case BOOLEAN -> show == Show.TYPES ? "a boolean" : value.asText();
      case BINARY, MISSING, POJO -> value.getNodeType().name();
    };
  }

  static String quoted(String text) {
    return TextNode.valueOf(cut(text)).toString();
  }

  private static String cut(String text) {
    return text.length() <= QUOTED_CHARS_MAX ? text : text.substring(0, QUOTED_CHARS_MAX) + "…";
  }

  private static String nearest(String key, List<String> known) {
    return Nearest.of(key, known);
  }
}
