package io.holdfast.persistence.writer;

import io.holdfast.persistence.pg1.DeltaHeader;
import io.holdfast.persistence.pg1.ImageSnapshot;
import io.holdfast.persistence.pg1.PageDelta;
import io.holdfast.persistence.pg1.PageImage;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
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
   *    an earlier commit: its first group carries a txSeq that was there already. So the last groups
   *    are held back, unapplied, and those that a higher epoch did not see are dropped. A zombie
   *    stops at its first persist after its lease ran out, so one group would do; TAIL_GROUPS is
   *    generous.
   *  - Parts count when their LAST is there. A group that stays open was cut by a crash and dropped
   *    by a higher epoch or by the end.
   *  - Everything that counts must continue the chain: txSeq + 1, and preSum the postSum before.
   *    The image must have that postSum after each group.
   */
  private static final int TAIL_GROUPS_MAX = 16;
  private static final long TAIL_BYTES_MAX = 4 << 20;

  private final String object;
  private PageImage image = PageImage.empty();
  private long txSeq;
  private long alarmMillis = DeltaHeader.NO_ALARM;

  private long epoch;
  private final Deque<Group> tail = new ArrayDeque<>();
  private long tailBytes;
  private @Nullable Group open;

  private long events;
  private long bytes;
  private long snapshotBytes;

  private record Group(DeltaHeader header, List<PageDelta> parts) {
    long bytes() {
      return parts.stream().mapToLong(part -> part.bytes().length).sum();
    }
  }

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
      dropUnseenBy(header);
    }
    Group group = header.has(DeltaHeader.FIRST) ? begun(header) : opened(header);
    group.parts.add(part);
    open = group;
    if (header.has(DeltaHeader.LAST)) {
      open = null;
      hold(group);
    }
  }

  /// The result, once all events were taken.
  public Recovered finish() {
    open = null;
    while (!tail.isEmpty()) {
      applyOldest();
    }
    OptionalLong alarm =
        alarmMillis == DeltaHeader.NO_ALARM ? OptionalLong.empty() : OptionalLong.of(alarmMillis);
    Recovered.Log log = new Recovered.Log(events, bytes, snapshotBytes);
    return new Recovered(image.toImage(), image.hashes(), txSeq, epoch, alarm, log);
  }

  private void dropUnseenBy(DeltaHeader successor) {
    while (!tail.isEmpty() && tail.getLast().header.txSeq() >= successor.txSeq()) {
      tailBytes -= tail.removeLast().bytes();
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

  private void hold(Group group) {
    tail.addLast(group);
    tailBytes += group.bytes();
    while (tail.size() > TAIL_GROUPS_MAX || (tailBytes > TAIL_BYTES_MAX && tail.size() > 1)) {
      applyOldest();
    }
  }

  private void applyOldest() {
    Group group = tail.removeFirst();
    tailBytes -= group.bytes();
    DeltaHeader header = group.header;
    for (PageDelta part : group.parts) {
      apply(part);
    }
    txSeq = header.txSeq();
    expectSum(txSeq, "after", header.postSum(), image.hashes().sum());
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
    return tail.isEmpty() ? txSeq : tail.getLast().header.txSeq();
  }

  private long lastSum() {
    return tail.isEmpty() ? image.hashes().sum() : tail.getLast().header.postSum();
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
