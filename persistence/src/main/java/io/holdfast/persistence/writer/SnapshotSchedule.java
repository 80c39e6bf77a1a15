package io.holdfast.persistence.writer;

/// What was logged since the newest snapshot, and whether that is enough for the next.
final class SnapshotSchedule {
  /// How much smaller compression makes an image, as long as no snapshot has told.
  private static final int RATIO_GUESS = 4;

  private final SnapshotPolicy policy;
  private long events;
  private long bytes;
  private long snapshotBytes;

  SnapshotSchedule(SnapshotPolicy policy, StoredObject.Log log) {
    this.policy = policy;
    this.events = log.events();
    this.bytes = log.bytes();
    this.snapshotBytes = log.snapshotBytes();
  }

  void logged(int eventBytes) {
    events++;
    bytes += eventBytes;
  }

  boolean due(long imageBytes) {
    return events >= policy.eventsMax()
        || bytes >= Math.max(policy.logBytesMin(), snapshotBytesExpected(imageBytes) / 2);
  }

  /// As [#due], when only what changed is written anew.
  ///
  /// @param expectedBytes how much that is
  boolean dueInChunks(long expectedBytes) {
    return events >= policy.eventsMax()
        || bytes >= Math.max(policy.logBytesMin(), expectedBytes / 2);
  }

  boolean dueOnRelease() {
    return events >= policy.releaseEventsMin();
  }

  boolean fits(long imageBytes) {
    return imageBytes <= policy.imageBytesMax();
  }

  /// Counting starts anew; a snapshot that fails is so tried again after as many events.
  void started() {
    events = 0;
    bytes = 0;
  }

  void saved(int size) {
    snapshotBytes = size;
  }

  private long snapshotBytesExpected(long imageBytes) {
    return snapshotBytes > 0 ? snapshotBytes : imageBytes / RATIO_GUESS;
  }
}
