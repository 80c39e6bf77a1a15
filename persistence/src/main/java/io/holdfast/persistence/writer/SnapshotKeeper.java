package io.holdfast.persistence.writer;

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

  boolean due(long imageBytes) {
    return schedule.due(imageBytes) && !saving() && fits(imageBytes);
  }

  boolean dueOnRelease(long imageBytes) {
    return schedule.dueOnRelease() && fits(imageBytes);
  }

  /// Starts to save what the log is now. [#saved] or [#failed] must follow.
  ///
  /// @param sequenceNr the journal's number of the last event
  /// @return the snapshot's size, once it is saved
  CompletionStage<Integer> start(ObjectLog log, long sequenceNr) {
    savingSequenceNr = sequenceNr;
    schedule.started();
    return saver.save(log.image(), log.snapshotHeader(), sequenceNr, newestSequenceNr);
  }

  void saved(int bytes) {
    newestSequenceNr = savingSequenceNr;
    savingSequenceNr = 0;
    schedule.saved(bytes);
  }

  /// Harmless: recovery replays more events, and the next is tried after as many again.
  void failed(Throwable cause) {
    savingSequenceNr = 0;
    LOG.warn("object {}: snapshot failed, will be tried again", objectKey, cause);
  }

  private boolean fits(long imageBytes) {
    boolean fits = schedule.fits(imageBytes);
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
