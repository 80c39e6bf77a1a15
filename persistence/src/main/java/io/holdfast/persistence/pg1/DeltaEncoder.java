package io.holdfast.persistence.pg1;

import io.holdfast.persistence.database.Commit;
import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.database.DatabaseImage.Page;
import io.holdfast.persistence.zstd.ZstdFrames;
import io.holdfast.protocol.event.AlarmChange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Makes the events of commits. Not thread-safe; keeps a small buffer between calls.
public final class DeltaEncoder {
  /// Shorter bodies are not worth a compressor's frame and time.
  private static final int COMPRESS_BYTES_MIN = 256;

  private static final int KEPT_BUFFER_BYTES_MAX = 16 * 1024;

  private final ByteSink head = new ByteSink(64);
  private ByteSink body = new ByteSink(128);
  private List<Body> cut = List.of();

  /// Who writes an event, as which number, and when.
  ///
  /// @param flags [DeltaHeader#RESTORE] or 0
  public record Stamp(long txSeq, long epoch, long wallMillis, int flags) {}

  private record Body(byte[] bytes, int length, int rawLength, int flags) {}

  /// The events of one commit, in the order in which they must be stored; `hashes` go from those of
  /// the image before to those of the image after.
  ///
  /// @param alarm the change of the alarm, null when it stays as it is
  public List<PageDelta> encode(
      Commit commit, PageHashes hashes, Stamp stamp, @Nullable AlarmChange alarm) {
    long preSum = hashes.sum();
    cut = List.of();
    diff(commit, hashes);
    body.oneByte(0);
    Body last = finished();
    DeltaHeader header = header(commit, stamp, preSum, hashes.sum());
    List<PageDelta> parts =
        cut.isEmpty() ? List.of(only(header, last, alarm)) : parts(header, last, alarm);
    release();
    return parts;
  }

  private void diff(Commit commit, PageHashes hashes) {
    DatabaseImage before = commit.before();
    DatabaseImage after = commit.after();
    boolean resized = before.pageSize() != after.pageSize();
    int basePages = resized ? 0 : Math.min(before.pageCount(), after.pageCount());
    hashes.truncate(basePages);
    int pageSize = after.pageSize();
    for (int pageNo : commit.changed()) {
      // Pages beyond the old end were zeros until now.
      Page old = pageNo <= basePages ? before.page(pageNo) : Page.ZERO;
      Page now = after.page(pageNo);
      int change = PageDiff.nextChange(old.bytes(), old.at(), now.bytes(), now.at(), 0, pageSize);
      if (change >= 0) {
        append(pageNo, old, now, pageSize, change);
        hashes.replace(pageNo, now.bytes(), now.at(), pageSize);
      }
    }
  }

  private void append(int pageNo, Page old, Page now, int pageSize, int firstChange) {
    int start = body.size();
    body.varint(pageNo);
    PageDiff.write(old.bytes(), old.at(), now.bytes(), now.at(), pageSize, firstChange, body);
    if (body.size() >= DeltaHeader.PART_BYTES_MAX && start > 0) {
      cutAt(start);
    }
  }

  /// Ends a part before the page that starts there.
  private void cutAt(int start) {
    byte[] part = Arrays.copyOf(body.array(), start + 1);
    part[start] = 0;
    if (cut.isEmpty()) {
      cut = new ArrayList<>();
    }
    cut.add(finished(part, part.length));
    body.dropFirst(start);
  }

  private Body finished() {
    return finished(body.array(), body.size());
  }

  private static Body finished(byte[] raw, int length) {
    if (length >= COMPRESS_BYTES_MIN) {
      byte[] frame = ZstdFrames.frameFor(length);
      int size = ZstdFrames.compress(raw, length, frame);
      if (size < length) {
        return new Body(frame, size, length, DeltaHeader.ZSTD);
      }
    }
    return new Body(raw, length, length, 0);
  }

  private static DeltaHeader header(Commit commit, Stamp stamp, long preSum, long postSum) {
    return new DeltaHeader(
        stamp.flags(),
        stamp.txSeq(),
        commit.transactions(),
        stamp.wallMillis(),
        stamp.epoch(),
        preSum,
        postSum,
        commit.after().pageCount(),
        commit.after().pageSize(),
        DeltaHeader.NO_ALARM,
        0);
  }

  private PageDelta only(DeltaHeader header, Body body, @Nullable AlarmChange alarm) {
    return part(header, body, DeltaHeader.FIRST | DeltaHeader.LAST, alarm);
  }

  private List<PageDelta> parts(DeltaHeader header, Body last, @Nullable AlarmChange alarm) {
    List<PageDelta> parts = new ArrayList<>(cut.size() + 1);
    for (Body each : cut) {
      parts.add(part(header, each, parts.isEmpty() ? DeltaHeader.FIRST : 0, null));
    }
    parts.add(part(header, last, DeltaHeader.LAST, alarm));
    return parts;
  }

  /// The alarm goes with the last part: before that the group does not count.
  private PageDelta part(DeltaHeader group, Body body, int flags, @Nullable AlarmChange alarm) {
    DeltaHeader header = group.asPart(flags | body.flags, alarm, body.rawLength);
    head.clear();
    header.write(head);
    byte[] bytes = new byte[head.size() + body.length + Crc.BYTES];
    System.arraycopy(head.array(), 0, bytes, 0, head.size());
    System.arraycopy(body.bytes, 0, bytes, head.size(), body.length);
    Crc.seal(bytes);
    return new PageDelta(header, bytes, head.size(), alarm);
  }

  private void release() {
    cut = List.of();
    if (body.array().length > KEPT_BUFFER_BYTES_MAX) {
      body = new ByteSink(128);
    }
    body.clear();
  }
}
