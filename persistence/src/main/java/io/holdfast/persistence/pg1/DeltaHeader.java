package io.holdfast.persistence.pg1;

import io.holdfast.protocol.event.AlarmChange;
import org.jspecify.annotations.Nullable;

/// What a stored event says before its body.
///
/// All parts of a group carry the same header but for flags, alarm and raw length.
///
/// @param flags [#FIRST] and the other bits
/// @param txSeq the number of the commit in the object's history, 1 or more; with the epoch it is
///   the bookmark
/// @param commits how many transactions were merged into it; 0 for a claim
/// @param wallMillis when it was written, by the writer's clock
/// @param epoch the writer's incarnation, 1 or more
/// @param preSum the checksum of the image before
/// @param postSum the checksum of the image after
/// @param pageCount pages of the image after
/// @param pageSize bytes per page of the image after
/// @param alarmMillis when the alarm is due from now on, [#NO_ALARM] if never; counts only with
///   [#ALARM]
/// @param rawLength bytes of the body before compression
public record DeltaHeader(
    int flags,
    long txSeq,
    long commits,
    long wallMillis,
    long epoch,
    long preSum,
    long postSum,
    int pageCount,
    int pageSize,
    long alarmMillis,
    int rawLength) {
  /// The first part of its group.
  public static final int FIRST = 1;

  /// The last part of its group; the group counts once it is there.
  public static final int LAST = 2;

  /// The body is compressed.
  public static final int ZSTD = 4;

  /// The commit goes back to an earlier state.
  public static final int RESTORE = 8;

  /// The event moves or clears the object's alarm.
  public static final int ALARM = 16;

  /// No alarm is set.
  public static final long NO_ALARM = -1;

  /// The version of this layout.
  static final int VERSION = 1;

  /// A body is cut before it grows beyond this, so that journals with a message limit take it.
  static final int PART_BYTES_MAX = 192 * 1024;

  private static final int FLAGS_KNOWN = FIRST | LAST | ZSTD | RESTORE | ALARM;

  /// Whether the flag is set.
  public boolean has(int flag) {
    return (flags & flag) != 0;
  }

  /// Whether `next` can be another part of this one's group.
  public boolean sameGroup(DeltaHeader next) {
    return txSeq == next.txSeq
        && epoch == next.epoch
        && preSum == next.preSum
        && postSum == next.postSum
        && pageCount == next.pageCount
        && pageSize == next.pageSize;
  }

  /// This header for one part of its group.
  DeltaHeader asPart(int moreFlags, @Nullable AlarmChange alarm, int partRawLength) {
    return new DeltaHeader(
        flags | moreFlags | (alarm == null ? 0 : ALARM),
        txSeq,
        commits,
        wallMillis,
        epoch,
        preSum,
        postSum,
        pageCount,
        pageSize,
        alarm instanceof AlarmChange.Set set ? set.atMillis() : NO_ALARM,
        partRawLength);
  }

  void write(ByteSink to) {
    to.oneByte(flags);
    to.oneByte(VERSION);
    to.varint(txSeq);
    to.varint(commits);
    to.varint(wallMillis);
    to.varint(epoch);
    to.fixedLong(preSum);
    to.fixedLong(postSum);
    to.varint(pageCount);
    to.oneByte(Integer.numberOfTrailingZeros(pageSize));
    if (has(ALARM)) {
      to.varint(alarmMillis + 1);
    }
    to.varint(rawLength);
  }

  static DeltaHeader read(ByteCursor from) {
    int flags = readFlags(from);
    return new DeltaHeader(
        flags,
        from.varint(),
        from.varint(),
        from.varint(),
        from.varint(),
        from.fixedLong(),
        from.fixedLong(),
        from.varint("page count", Integer.MAX_VALUE),
        readPageSize(from),
        (flags & ALARM) == 0 ? NO_ALARM : from.varint() - 1,
        from.varint("raw length", PART_BYTES_MAX));
  }

  private static int readFlags(ByteCursor from) {
    int flags = from.unsignedByte();
    int version = from.unsignedByte();
    if (version != VERSION || (flags & ~FLAGS_KNOWN) != 0) {
      throw ByteCursor.corrupt(
          "expected version 1 and flags below 32, found version " + version + ", flags " + flags);
    }
    return flags;
  }

  static int readPageSize(ByteCursor from) {
    int log = from.unsignedByte();
    if (log < 9 || log > 16) {
      throw ByteCursor.corrupt("expected a page size of 2^9 to 2^16, found 2^" + log);
    }
    return 1 << log;
  }
}
