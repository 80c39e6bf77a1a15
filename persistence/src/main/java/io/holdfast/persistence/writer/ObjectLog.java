package io.holdfast.persistence.writer;

import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.pg1.DeltaEncoder;
import io.holdfast.persistence.pg1.DeltaHeader;
import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.pg1.PageDelta;
import io.holdfast.persistence.pg1.PageHashes;
import io.holdfast.protocol.event.AlarmChange;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// The chain of one object's commits as its writer continues it: image, number, epoch, sum, alarm.
///
/// One commit is under way at a time: [#begin], then [#stored]. A commit that could not be stored
/// is the end of this object; recovery makes a new one. Not thread-safe.
public final class ObjectLog {
  private final String objectKey;
  private final long epoch;
  private final PageHashes hashes;
  private final DeltaEncoder encoder = new DeltaEncoder();
  private final ChunkLedger chunks;
  private DatabaseImage image;
  private OptionalLong alarm;
  private long txSeq;
  private @Nullable Commit underWay;

  /// Continues what was recovered, with the next epoch.
  public ObjectLog(String objectKey, StoredObject from) {
    this.objectKey = objectKey;
    this.epoch = from.epoch() + 1;
    this.hashes = from.hashes();
    this.image = from.image();
    this.chunks = new ChunkLedger(from.log().chunks());
    this.alarm = from.alarm();
    this.txSeq = from.txSeq();
  }

  /// The events of a commit, to be stored in this order.
  ///
  /// @throws HoldfastException `internal` when the commit does not start from [#image()], or
  ///   another one is under way
  public List<PageDelta> begin(Commit commit, long wallMillis) {
    return begin(commit, wallMillis, 0);
  }

  /// The events that put another state in the place of this one.
  public List<PageDelta> beginReplacement(
      DatabaseImage next, OptionalLong nextAlarm, long wallMillis) {
    int flags = txSeq == 0 ? 0 : DeltaHeader.RESTORE;
    return begin(new Commit(image, next, 1, nextAlarm), wallMillis, flags);
  }

  private List<PageDelta> begin(Commit commit, long wallMillis, int flags) {
    if (underWay != null) {
      throw bug("expected no second commit before the first is durable");
    }
    // A wrong base would be found at the next recovery only, when it is too late.
    if (!commit.before().hasSamePages(image)) {
      throw bug(
          "expected a commit on the image of txSeq " + txSeq + ", found one on another image");
    }
    underWay = commit;
    DeltaEncoder.Stamp stamp = new DeltaEncoder.Stamp(txSeq + 1, epoch, wallMillis, flags);
    return encoder.encode(commit, hashes, stamp, alarmChange(commit.alarm()));
  }

  /// The event that changes nothing but makes the epoch known.
  public List<PageDelta> beginClaim(long wallMillis) {
    return begin(new Commit(image, image, 0, alarm), wallMillis);
  }

  /// All events of the commit under way are durable.
  public void stored() {
    Commit commit = underWay;
    if (commit == null) {
      throw bug("expected a commit under way, found none");
    }
    image = commit.after();
    chunks.changed(commit);
    alarm = commit.alarm();
    txSeq++;
    underWay = null;
  }

  /// What of the image is stored in chunks, and what is not.
  ChunkLedger chunks() {
    return chunks;
  }

  public DatabaseImage image() {
    return image;
  }

  public long txSeq() {
    return txSeq;
  }

  public long epoch() {
    return epoch;
  }

  public OptionalLong alarm() {
    return alarm;
  }

  /// What a snapshot of the image says. Not while a commit is under way.
  public ImageSnapshot.Header snapshotHeader() {
    if (underWay != null) {
      throw bug("expected no commit under way while a snapshot is taken");
    }
    long alarmMillis = alarm.orElse(DeltaHeader.NO_ALARM);
    return new ImageSnapshot.Header(txSeq, epoch, hashes.sum(), alarmMillis);
  }

  private @Nullable AlarmChange alarmChange(OptionalLong next) {
    if (next.equals(alarm)) {
      return null;
    }
    return next.isPresent()
        ? new AlarmChange.Set(objectKey, next.getAsLong())
        : new AlarmChange.Cleared(objectKey);
  }

  private HoldfastException bug(String what) {
    return new HoldfastException(ErrorCode.INTERNAL, "object " + objectKey + ": " + what);
  }
}
