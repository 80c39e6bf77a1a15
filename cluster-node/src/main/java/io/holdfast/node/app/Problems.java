package io.holdfast.node.app;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.List;

/// Collects all that is wrong with one app, so that its author hears of it at once.
final class Problems {
  private final String source;
  private final List<String> found = new ArrayList<>();

  /// @param source what is being checked, such as the path of a jar
  Problems(String source) {
    this.source = source;
  }

  void add(String path, String expected, String found) {
    add(path + ": expected " + expected + ", found " + found);
  }

  void add(String problem) {
    found.add(problem);
  }

  /// @throws HoldfastException `app_invalid` when there is any
  void throwIfAny() {
    if (!found.isEmpty()) {
      throw new HoldfastException(ErrorCode.APP_INVALID, text());
    }
  }

  private String text() {
    return found.size() == 1
        ? source + ": " + found.getFirst()
        : source + ": " + found.size() + " problems\n  " + String.join("\n  ", found);
  }
}
