package io.holdfast.protocol;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import java.util.List;
import java.util.Optional;

/// What a caller names one call by, so that a repeat of it is told from another call.
///
/// @param value 1 to 255 characters of printable ASCII, without spaces at its ends; quotes are part
///   of it
public record IdempotencyKey(String value) {
  public static final String HEADER = "idempotency-key";
  public static final int CHARS_MAX = 255;

  public IdempotencyKey {
    if (value.isEmpty() || value.length() > CHARS_MAX) {
      throw invalid("of 1 to " + CHARS_MAX + " characters", "one of " + value.length());
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < ' ' || c > '~') {
        throw invalid("of printable ASCII", "the character 0x%04x in it".formatted((int) c));
      }
    }
    if (value.startsWith(" ") || value.endsWith(" ")) {
      throw invalid("without spaces at its ends", "'" + value + "'");
    }
  }

  /// The key that a request carries.
  ///
  /// @throws HoldfastException `invalid_argument` when it carries several, or one that is none
  public static Optional<IdempotencyKey> of(Headers headers) {
    List<String> found = headers.all(HEADER);
    if (found.size() > 1) {
      throw invalid("once", found.size() + " of them");
    }
    return found.stream().findFirst().map(IdempotencyKey::new);
  }

  private static HoldfastException invalid(String expected, String found) {
    return new HoldfastException(
        ErrorCode.INVALID_ARGUMENT, "expected an idempotency key " + expected + ", found " + found);
  }
}
