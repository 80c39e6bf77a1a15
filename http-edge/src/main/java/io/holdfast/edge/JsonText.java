package io.holdfast.edge;

import com.fasterxml.jackson.core.io.JsonStringEncoder;

/// Texts in the small JSON that the edge writes by itself.
final class JsonText {
  private JsonText() {}

  /// The text as a JSON string, quotes included.
  static String quoted(String text) {
    StringBuilder quoted = new StringBuilder(text.length() + 8);
    append(quoted, text);
    return quoted.toString();
  }

  /// Appends the text as a JSON string, quotes included.
  static void append(StringBuilder json, String text) {
    json.append('"');
    JsonStringEncoder.getInstance().quoteAsString(text, json);
    json.append('"');
  }
}
