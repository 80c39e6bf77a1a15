package io.holdfast.persistence.writer;

import io.holdfast.protocol.SettingGroup;

/// When a snapshot of the image is stored.
///
/// @param logBytesMin never before that many bytes of events; above, when the events are half as
///   large as the snapshot would be
/// @param eventsMax at the latest after that many events
/// @param releaseEventsMin when the object is released, after that many events
/// @param imageBytesMax larger images are not stored: recovery replays the events
public record SnapshotPolicy(
    long logBytesMin, long eventsMax, long releaseEventsMin, long imageBytesMax) {
  private static final SettingGroup SETTINGS =
      new SettingGroup("holdfast.persistence.writer.snapshots");

  public SnapshotPolicy {
    SETTINGS.check("log-bytes-min", logBytesMin, 1, 1L << 30);
    SETTINGS.check("events-max", eventsMax, 1, 1_000_000);
    SETTINGS.check("release-events-min", releaseEventsMin, 1, 1_000_000);
    SETTINGS.check("image-bytes-max", imageBytesMax, 0, 1L << 30);
  }
}
