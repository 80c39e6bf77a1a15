package io.holdfast.node.metering;

import java.time.LocalDate;
import java.util.Comparator;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What was used, by day and namespace. Thread-safe.
@FunctionalInterface
public interface UsageTotals {
  /// The totals of those days, in the order of days and names. May block.
  ///
  /// @param to the last of them
  /// @throws io.holdfast.sdk.HoldfastException when a store cannot be read
  SortedMap<MeterRows.Key, Usage> totals(LocalDate from, LocalDate to);

  /// Sums by their keys, in that order.
  static SortedMap<MeterRows.Key, Usage> ordered(Map<MeterRows.Key, Usage> sums) {
    SortedMap<MeterRows.Key, Usage> ordered =
        new TreeMap<>(
            Comparator.comparingLong(MeterRows.Key::epochDay)
                .thenComparing(key -> key.namespace().app())
                .thenComparing(key -> key.namespace().name()));
    ordered.putAll(sums);
    return ordered;
  }
}
