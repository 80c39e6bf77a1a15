package io.holdfast.persistence.writer;

import io.holdfast.persistence.pg1.ChunkMap;
import io.holdfast.persistence.pg1.DeltaHeader;
import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.pg1.PageDelta;
import io.holdfast.persistence.pg1.PageImage;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Folds the newest snapshot and the events after it into an image, or fails with
/// `storage_corrupt`.
///
/// Only reads. Not thread-safe; after an exception there is no use for it.
public final class Recovery {
  /*
   * Which events count
   * ------------------
   * Each incarnation of a writer has an epoch above all it saw. A writer that lives on although it
   * was superseded (a zombie) can still store events: their epoch is lower.
   *
   *  - An event below the highest epoch seen so far is skipped.
   *  - A zombie's event may also lie before the first event of its successor, when it was stored
   *    between the successor's reading and its first writing. The successor has then continued from
   *    the commit before: its first group carries a txSeq that was there already. So the last group
   *    is held back, unapplied, and dropped when a higher epoch replaces it. One is enough, because
   *    an object persists one group at a time and stops when the acknowledgement finds its lease
   *    run out. A successor that misses more than one has not read the journal's end: what it missed
   *    may have been acknowledged, so that is corruption.
   *  - Parts count when their LAST is there. A group that stays open was cut by a crash and dropped
   *    by a higher epoch or by the end.
   *  - Everything that counts must continue the chain: txSeq + 1, and preSum the postSum before.
   *    The image must have that postSum after each group.
   */
  private final String object;
  private PageImage image = PageImage.empty();
  private long txSeq;
  private long alarmMillis = DeltaHeader.NO_ALARM;

  private long epoch;
  private @Nullable Group held;
  private @Nullable Group open;

  private long events;
  private long bytes;
  private long snapshotBytes;
  private ChunkMap chunks = ChunkMap.none();

  private record Group(DeltaHeader header, List<PageDelta> parts) {}

  /// @param object names the object in messages
  public Recovery(String object) {
    this.object = object;
  }

  /// Starts from a snapshot. Comes before all events.
  public void start(ImageSnapshot snapshot) {
    try {
      image = PageImage.of(snapshot);
    } catch (HoldfastException e) {
      throw corruptAt(snapshot.header().txSeq(), e.getMessage(), e);
    }
    txSeq = snapshot.header().txSeq();
    epoch = snapshot.header().epoch();
    alarmMillis = snapshot.header().alarmMillis();
    snapshotBytes = snapshot.bytes().length;
    chunks = snapshot.chunks().orElse(chunks);
  }

  /// Takes the next stored event.
  public void add(PageDelta part) {
    events++;
    bytes += part.bytes().length;
    DeltaHeader header = part.header();
    if (header.epoch() < epoch) {
      return;
    }
    if (header.epoch() > epoch) {
      epoch = header.epoch();
      open = null;
      dropReplacedBy(header);
    }
    Group group = header.has(DeltaHeader.FIRST) ? begun(header) : opened(header);
    group.parts.add(part);
    open = group;
    if (header.has(DeltaHeader.LAST)) {
      open = null;
      applyHeld();
      held = group;
    }
  }

  /// The result, once all events were taken. Ends this object's life.
  public StoredObject finish() {
    open = null;
    applyHeld();
    OptionalLong alarm =
        alarmMillis == DeltaHeader.NO_ALARM ? OptionalLong.empty() : OptionalLong.of(alarmMillis);
    StoredObject.StoredChunks stored = new StoredObject.StoredChunks(chunks, image.dirtyChunks());
    StoredObject.Log log = new StoredObject.Log(events, bytes, snapshotBytes, stored);
    PageImage last = image;
    image = PageImage.empty();
    return new StoredObject(last.toImage(), last.hashes(), txSeq, epoch, alarm, log);
  }

  private void dropReplacedBy(DeltaHeader successor) {
    if (held != null && held.header.txSeq() == successor.txSeq()) {
      held = null;
    }
  }

  private Group begun(DeltaHeader header) {
    if (open != null) {
      throw corruptAt(
          open.header.txSeq(),
          "expected the last of its parts, found the first part of txSeq " + header.txSeq(),
          null);
    }
    long expected = lastTxSeq() + 1;
    if (header.txSeq() != expected) {
      throw corruptAt(expected, "expected this commit, found txSeq " + header.txSeq(), null);
    }
    expectSum(expected, "before", header.preSum(), lastSum());
    return new Group(header, new ArrayList<>(1));
  }

  private Group opened(DeltaHeader header) {
    if (open == null || !open.header.sameGroup(header)) {
      throw corruptAt(
          header.txSeq(), "expected the first of its parts, found a later one: " + header, null);
    }
    return open;
  }

  private void applyHeld() {
    if (held != null) {
      held.parts.forEach(this::apply);
      txSeq = held.header.txSeq();
      expectSum(txSeq, "after", held.header.postSum(), image.hashes().sum());
      held = null;
    }
  }

  private void apply(PageDelta part) {
    try {
      image.apply(part);
    } catch (HoldfastException e) {
      throw corruptAt(part.header().txSeq(), e.getMessage(), e);
    }
    if (part.header().has(DeltaHeader.ALARM)) {
      alarmMillis = part.header().alarmMillis();
    }
  }

  private long lastTxSeq() {
    return held == null ? txSeq : held.header.txSeq();
  }

  private long lastSum() {
    return held == null ? image.hashes().sum() : held.header.postSum();
  }

  private void expectSum(long at, String when, long stated, long found) {
    if (stated != found) {
      throw corruptAt(
          at, "expected sum %016x %s it, found %016x".formatted(stated, when, found), null);
    }
  }

  private HoldfastException corruptAt(long at, String what, @Nullable Throwable cause) {
    return new HoldfastException(
        ErrorCode.STORAGE_CORRUPT,
        "object " + object + " is corrupt at txSeq " + at + ": " + what,
        cause);
  }
}
