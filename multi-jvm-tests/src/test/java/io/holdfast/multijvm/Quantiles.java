package io.holdfast.multijvm;

import java.util.List;

/// What part of some figures is at most so large.
final class Quantiles {
  private Quantiles() {}

  /// @param figures at least one
  /// @param share 0 for the smallest, 0.5 for the median, 1 for the largest
  static long of(List<Long> figures, double share) {
    List<Long> sorted = figures.stream().sorted().toList();
    return sorted.get((int) Math.min(sorted.size() - 1, sorted.size() * share));
  }
}
