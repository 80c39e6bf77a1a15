package io.holdfast.persistence.database;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Comparator;
import java.util.Optional;

/// Keys of the key-value side: well-formed text in the order of its UTF-8 bytes, which is the order
/// of its code points (and not that of Java's chars).
public final class Keys {
  public static final Comparator<String> ORDER = Keys::compare;

  private Keys() {}

  /// The key itself.
  ///
  /// @throws HoldfastException `invalid_argument` for half of a surrogate pair, which has no UTF-8
  ///   form
  public static String checked(String key) {
    if (!isWellFormed(key)) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a key of well-formed Unicode, found half of a surrogate pair");
    }
    return key;
  }

  /// The bytes of a well-formed text in UTF-8.
  public static int utf8Length(String text) {
    int length = text.length();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        length += c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
      }
    }
    return length;
  }

  static boolean isWellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (Character.isLowSurrogate(c)
            || i + 1 == text.length()
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  /// The key directly after this one.
  static String successor(String key) {
    return key + '\0';
  }

  /// The first key after all that begin so; empty when there is none.
  static Optional<String> endOfPrefix(String prefix) {
    int end = prefix.length();
    while (end > 0) {
      int last = prefix.codePointBefore(end);
      end -= Character.charCount(last);
      if (last < Character.MAX_CODE_POINT) {
        int next = last + 1 == Character.MIN_SURROGATE ? Character.MAX_SURROGATE + 1 : last + 1;
        return Optional.of(
            new StringBuilder().append(prefix, 0, end).appendCodePoint(next).toString());
      }
    }
    return Optional.empty();
  }

  private static int compare(String one, String other) {
    int shorter = Math.min(one.length(), other.length());
    for (int i = 0; i < shorter; i++) {
      char a = one.charAt(i);
      char b = other.charAt(i);
      if (a != b) {
        // A surrogate stands for a code point above all chars that are none.
        boolean aIsHigh = Character.isSurrogate(a);
        return aIsHigh == Character.isSurrogate(b) ? Character.compare(a, b) : aIsHigh ? 1 : -1;
      }
    }
    return Integer.compare(one.length(), other.length());
  }
}
