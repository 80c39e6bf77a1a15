package io.holdfast.edge;

import java.util.ArrayDeque;
import java.util.Deque;

/// Takes `.` and `..` segments out of paths, also percent-encoded ones, so that a route means what
/// it says.
final class Paths {
  /// The path without dot segments; the same object when it has none.
  static String withoutDotSegments(String path) {
    return mayHaveDotSegments(path) ? removed(path) : path;
  }

  private static boolean mayHaveDotSegments(String path) {
    for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      if (slash + 1 < path.length()) {
        char next = path.charAt(slash + 1);
        if (next == '.' || (next == '%' && path.regionMatches(true, slash + 1, "%2e", 0, 3))) {
          return true;
        }
      }
    }
    return false;
  }

  private static String removed(String path) {
    Deque<String> kept = new ArrayDeque<>();
    String[] segments = path.substring(1).split("/", -1);
    for (int i = 0; i < segments.length; i++) {
      boolean last = i == segments.length - 1;
      switch (dots(segments[i])) {
        case 1 -> keepTrailingSlash(kept, last);
        case 2 -> {
          kept.pollLast();
          keepTrailingSlash(kept, last);
        }
        default -> kept.addLast(segments[i]);
      }
    }
    return "/" + String.join("/", kept);
  }

  private static void keepTrailingSlash(Deque<String> kept, boolean last) {
    if (last) {
      kept.addLast("");
    }
  }

  /** 1 or 2 for a segment of so many dots, else 0. */
  private static int dots(String segment) {
    if (segment.length() > 6) {
      return 0;
    }
    return switch (segment.replaceAll("(?i)%2e", ".")) {
      case "." -> 1;
      case ".." -> 2;
      default -> 0;
    };
  }

  private Paths() {}
}
