package io.holdfast.node.metering;

import java.time.Duration;

/// A span of time, cut at each midnight (UTC).
final class DaySpans {
  static final long DAY_MILLIS = Duration.ofDays(1).toMillis();

  private DaySpans() {}

  /// What is done with the part of a span that lies in one day.
  @FunctionalInterface
  interface Part {
    void on(long epochDay, long millis);
  }

  static long day(long epochMillis) {
    return Math.floorDiv(epochMillis, DAY_MILLIS);
  }

  /// Does nothing when the end is not after the beginning.
  static void each(long fromMillis, long toMillis, Part part) {
    long at = fromMillis;
    while (at < toMillis) {
      long day = day(at);
      long end = Math.min(toMillis, (day + 1) * DAY_MILLIS);
      part.on(day, end - at);
      at = end;
    }
  }
}
