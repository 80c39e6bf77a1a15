package io.holdfast.persistence.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/// Ranges of rows whose keys are texts in UTF-8.
final class TextKeys {
  private TextKeys() {}

  /// The first key that can begin so.
  static byte[] from(String prefix) {
    return prefix.getBytes(UTF_8);
  }

  /// A key behind all that begin so: no UTF-8 has its last byte.
  static byte[] behind(String prefix) {
    byte[] bytes = prefix.getBytes(UTF_8);
    byte[] end = Arrays.copyOf(bytes, bytes.length + 1);
    end[bytes.length] = (byte) 0xFF;
    return end;
  }
}
