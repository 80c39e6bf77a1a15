package io.holdfast.node.app;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Guesses which known key an unknown one was meant to be.
final class Nearest {
  /// What wrangler users write; the text before [#plain].
  private static final Map<String, String> OTHER_NAMES =
      Map.of(
          "main", "worker",
          "classname", "class",
          "scriptname", "app",
          "binding", "name",
          "bindings", "objects",
          "durableobjects", "objects",
          "environment", "env");

  private Nearest() {}

  static String of(String found, List<String> known) {
    String other = OTHER_NAMES.get(plain(found));
    if (other != null && known.contains(other)) {
      return other;
    }
    return known.stream()
        .min(Comparator.comparingInt(key -> distance(plain(found), plain(key))))
        .orElseThrow();
  }

  private static String plain(String key) {
    return key.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
  }

  /// How many characters must be put in, taken out or changed to make `b` of `a`.
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
