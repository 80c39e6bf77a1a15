package io.holdfast.persistence.history;

import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Values as people see them: bytes in hex, what is long is cut.
final class Shown {
  static final int CHARS_MAX = 200;

  private Shown() {}

  static Map<String, @Nullable Object> of(Map<String, @Nullable Object> values) {
    Map<String, @Nullable Object> shown = new LinkedHashMap<>();
    values.forEach((name, value) -> shown.put(name, value(value)));
    return Collections.unmodifiableMap(shown);
  }

  private static @Nullable Object value(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case Long number -> number;
      // JSON has no numbers for these.
      case Double number -> Double.isFinite(number) ? number : number.toString();
      case byte[] blob -> blob(blob);
      default -> text(value.toString());
    };
  }

  private static String blob(byte[] blob) {
    int shown = Math.min(blob.length, CHARS_MAX / 2);
    String hex = "x'" + HexFormat.of().formatHex(blob, 0, shown);
    return shown == blob.length ? hex + "'" : hex + "…' (" + blob.length + " bytes)";
  }

  private static String text(String text) {
    if (text.length() <= CHARS_MAX) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(CHARS_MAX - 1)) ? CHARS_MAX - 1 : CHARS_MAX;
    return text.substring(0, end) + "… (" + text.length() + " characters)";
  }
}
