package io.holdfast.persistence.archive;

import java.util.Set;
import java.util.function.UnaryOperator;

/// How an archive is unpacked; all paths without leading slash.
///
/// @param placed where a path of the archive goes
/// @param fixed directories that are there and cannot be replaced, such as mount points, by where
///   they are
/// @param hidden what goes into these directories is left out, and they too: something else takes
///   their place
public record Placement(UnaryOperator<String> placed, Set<String> fixed, Set<String> hidden) {
  /// Everything where it was.
  public static final Placement SAME = new Placement(UnaryOperator.identity(), Set.of(), Set.of());

  public Placement {
    fixed = Set.copyOf(fixed);
    hidden = Set.copyOf(hidden);
  }

  boolean hides(String path) {
    return hidden.stream()
        .anyMatch(directory -> path.equals(directory) || path.startsWith(directory + "/"));
  }
}
