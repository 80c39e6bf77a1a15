package io.holdfast.persistence.writer;

import io.holdfast.persistence.pg1.ChunkMap;
import io.holdfast.persistence.pg1.ImageSnapshot;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The snapshots of one object: when the next is due, which are kept. Belongs to the writer actor.
///
/// One is saved at a time, beside the commits. Which are kept, [SnapshotTrim] says.
final class SnapshotKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotKeeper.class);

  private final String objectKey;
  private final SnapshotSchedule schedule;
  private final SnapshotSaver saver;
  private long newestSequenceNr;
  private long savingSequenceNr;
  private boolean warned;

  /// @param newestSequenceNr that of the newest stored snapshot, 0 if there is none
  SnapshotKeeper(
      String objectKey, SnapshotSchedule schedule, SnapshotSaver saver, long newestSequenceNr) {
    this.objectKey = objectKey;
    this.schedule = schedule;
    this.saver = saver;
    this.newestSequenceNr = newestSequenceNr;
  }

  void logged(int eventBytes) {
    schedule.logged(eventBytes);
  }

  boolean saving() {
    return savingSequenceNr != 0;
  }

  boolean due(ObjectLog log) {
    long imageBytes = log.image().sizeBytes();
    boolean due =
        log.chunks().inUse()
            ? schedule.dueInChunks(log.chunks().bytesExpected(imageBytes))
            : schedule.due(imageBytes);
    return due && !saving() && fits(imageBytes);
  }

  boolean dueOnRelease(ObjectLog log) {
    return schedule.dueOnRelease() && fits(log.image().sizeBytes());
  }

  /// Starts to save what the log is now. [#saved] or [#failed] must follow.
  ///
  /// @param sequenceNr the journal's number of the last event
  /// @return the snapshot, once it is saved
  CompletionStage<ImageSnapshot> start(ObjectLog log, long sequenceNr) {
    savingSequenceNr = sequenceNr;
    schedule.started();
    return saver.save(
        log.image(), log.snapshotHeader(), log.chunks().taken(), sequenceNr, newestSequenceNr);
  }

  void saved(ObjectLog log, ImageSnapshot snapshot) {
    newestSequenceNr = savingSequenceNr;
    savingSequenceNr = 0;
    log.chunks().saved(snapshot.chunks().orElse(ChunkMap.none()));
    schedule.saved(snapshot.bytes().length);
  }

  /// Harmless: recovery replays more events, and the next is tried after as many again.
  void failed(ObjectLog log, Throwable cause) {
    savingSequenceNr = 0;
    log.chunks().failed();
    LOG.warn("object {}: snapshot failed, will be tried again", objectKey, cause);
  }

  private boolean fits(long imageBytes) {
    boolean fits = saver.inChunks() || schedule.fits(imageBytes);
    if (!fits && !warned) {
      warned = true;
      LOG.warn(
          "object {}: no snapshot of {} bytes of database; see"
              + " holdfast.persistence.writer.snapshots.image-bytes-max",
          objectKey,
          imageBytes);
    }
    return fits;
  }
}
