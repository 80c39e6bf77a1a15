package io.holdfast.sdk;

import java.util.Optional;
import java.util.OptionalInt;

/// Which pairs [Storage#list] returns, in which order.
///
/// @param start the first key, inclusive
/// @param startAfter the key before the first; not together with `start`
/// @param end the end, exclusive
/// @param prefix only keys that begin so
/// @param reverse from the last to the first; `start` and `end` keep their meaning
/// @param limit how many at the most, 1 or more
public record ListOptions(
    Optional<String> start,
    Optional<String> startAfter,
    Optional<String> end,
    Optional<String> prefix,
    boolean reverse,
    OptionalInt limit) {
  public static final ListOptions ALL =
      new ListOptions(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          false,
          OptionalInt.empty());

  public ListOptions {
    if (start.isPresent() && startAfter.isPresent()) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "list() cannot be called with both start and startAfter values.");
    }
    if (limit.isPresent() && limit.getAsInt() <= 0) {
      throw new HoldfastException(ErrorCode.INVALID_ARGUMENT, "List limit must be positive.");
    }
  }

  public ListOptions start(String key) {
    return new ListOptions(Optional.of(key), startAfter, end, prefix, reverse, limit);
  }

  public ListOptions startAfter(String key) {
    return new ListOptions(start, Optional.of(key), end, prefix, reverse, limit);
  }

  public ListOptions end(String key) {
    return new ListOptions(start, startAfter, Optional.of(key), prefix, reverse, limit);
  }

  public ListOptions prefix(String text) {
    return new ListOptions(start, startAfter, end, Optional.of(text), reverse, limit);
  }

  public ListOptions reversed() {
    return new ListOptions(start, startAfter, end, prefix, true, limit);
  }

  public ListOptions limit(int max) {
    return new ListOptions(start, startAfter, end, prefix, reverse, OptionalInt.of(max));
  }
}
