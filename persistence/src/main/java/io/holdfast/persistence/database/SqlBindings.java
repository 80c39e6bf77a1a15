package io.holdfast.persistence.database;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import org.jspecify.annotations.Nullable;

/// Parameters of the app as SQLite stores them.
final class SqlBindings {
  private SqlBindings() {}

  /// @throws HoldfastException `invalid_argument` for a value that has no form in SQL
  static @Nullable Object[] of(@Nullable Object @Nullable [] values) {
    if (values == null) {
      // What Java makes of exec(query, null).
      return new @Nullable Object[] {null};
    }
    @Nullable Object[] bindings = new Object[values.length];
    for (int i = 0; i < values.length; i++) {
      bindings[i] = stored(values[i], i + 1);
    }
    return bindings;
  }

  private static @Nullable Object stored(@Nullable Object value, int position) {
    return switch (value) {
      case null -> null;
      case String text -> text(text, position);
      case Long number -> number;
      case Integer number -> number.longValue();
      case Short number -> number.longValue();
      case Byte number -> number.longValue();
      case Double number -> real(number, position);
      case Float number -> real(number.doubleValue(), position);
      case Boolean flag -> flag.toString();
      case byte[] bytes -> bytes;
      default -> throw unexpected(position, "a value of " + value.getClass().getName());
    };
  }

  private static String text(String text, int position) {
    if (!Keys.isWellFormed(text)) {
      throw unexpected(position, "half of a surrogate pair");
    }
    return text;
  }

  private static Double real(double number, int position) {
    if (Double.isNaN(number)) {
      throw unexpected(position, "NaN, which SQLite has no value for");
    }
    return number;
  }

  private static HoldfastException unexpected(int position, String found) {
    return new HoldfastException(
        ErrorCode.INVALID_ARGUMENT,
        "expected null, a String, an integer, a floating-point number, a boolean or a byte[] as"
            + " parameter "
            + position
            + ", found "
            + found);
  }
}
