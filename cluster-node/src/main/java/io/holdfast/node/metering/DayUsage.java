package io.holdfast.node.metering;

import java.util.HashMap;
import java.util.Map;

/// Usage by day that was not yet taken over into the totals. Not thread-safe.
final class DayUsage {
  private Map<Long, Usage> byDay = new HashMap<>();

  void add(long epochDay, Usage usage) {
    byDay.merge(epochDay, usage, Usage::plus);
  }

  /// What has gathered since the last call.
  Map<Long, Usage> drain() {
    Map<Long, Usage> drained = byDay;
    byDay = new HashMap<>();
    return drained;
  }
}
