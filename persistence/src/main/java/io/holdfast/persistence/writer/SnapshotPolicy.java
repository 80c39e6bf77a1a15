package io.holdfast.persistence.writer;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;

/// When a snapshot of the image is stored.
///
/// @param logBytesMin never before that many bytes of events; above, when the events are half as
///   large as the snapshot would be
/// @param eventsMax at the latest after that many events
/// @param releaseEventsMin when the object is released, after that many events
/// @param imageBytesMax larger images are not stored: recovery replays the events
public record SnapshotPolicy(
    long logBytesMin, long eventsMax, long releaseEventsMin, long imageBytesMax) {
  public SnapshotPolicy {
    check("log-bytes-min", logBytesMin, 1, 1L << 30);
    check("events-max", eventsMax, 1, 1_000_000);
    check("release-events-min", releaseEventsMin, 1, 1_000_000);
    check("image-bytes-max", imageBytesMax, 0, 1L << 30);
  }

  private static void check(String key, long value, long min, long max) {
    if (value < min || value > max) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID,
          "holdfast.persistence.writer.snapshots.%s: expected %d to %d, found %d"
              .formatted(key, min, max, value));
    }
  }
}
