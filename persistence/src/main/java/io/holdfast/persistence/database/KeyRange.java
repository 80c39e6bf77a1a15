package io.holdfast.persistence.database;

import io.holdfast.sdk.ListOptions;
import java.util.Optional;
import java.util.OptionalInt;

/// A range of keys in UTF-8 order.
///
/// @param start the first key, inclusive
/// @param end the end, exclusive; empty for no end
/// @param order from the first key or from the last
/// @param limit how many pairs at the most; empty for all
public record KeyRange(String start, Optional<String> end, Order order, OptionalInt limit) {
  public enum Order {
    ASCENDING,
    DESCENDING
  }

  public static KeyRange of(ListOptions options) {
    String from = options.start().or(() -> options.startAfter().map(Keys::successor)).orElse("");
    String prefix = options.prefix().orElse("");
    return new KeyRange(
        Keys.ORDER.compare(from, prefix) >= 0 ? from : prefix,
        earlier(options.end(), Keys.endOfPrefix(prefix)),
        options.reverse() ? Order.DESCENDING : Order.ASCENDING,
        options.limit());
  }

  private static Optional<String> earlier(Optional<String> one, Optional<String> other) {
    if (one.isEmpty() || other.isEmpty()) {
      return one.or(() -> other);
    }
    return Keys.ORDER.compare(one.get(), other.get()) <= 0 ? one : other;
  }
}
