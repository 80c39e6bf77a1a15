package io.holdfast.persistence.pg1;

import io.holdfast.persistence.zstd.ZstdFrames;
import io.holdfast.protocol.event.AlarmCarrier;
import io.holdfast.protocol.event.AlarmChange;
import org.jspecify.annotations.Nullable;

/// The stored event: what one commit changed, or a part of it.
///
/// ```
/// flags version txSeq commits wallMillis epoch preSum:8 postSum:8 pageCount log2(pageSize)
/// [alarmMillis+1] rawLength body crc32c:4
/// body  = { pageNo { skip+1 length byte*length }* 0 }* 0
/// ```
///
/// Numbers are varints but for single bytes and those with a width, which are little endian. Pages
/// ascend; a range starts `skip` bytes after the end of the one before it, in the page as it was
/// before the commit (zeros, if it was not there). Immutable: nobody changes the array.
public final class PageDelta implements AlarmCarrier {
  private final DeltaHeader header;
  private final byte[] bytes;
  private final int bodyAt;
  private final @Nullable AlarmChange alarmChange;

  PageDelta(DeltaHeader header, byte[] bytes, int bodyAt, @Nullable AlarmChange alarmChange) {
    this.header = header;
    this.bytes = bytes;
    this.bodyAt = bodyAt;
    this.alarmChange = alarmChange;
  }

  /// Reads a stored event: checks the CRC and reads the header; the body stays as it is.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `storage_corrupt` when the bytes are none
  public static PageDelta parse(byte[] bytes) {
    ByteCursor cursor = new ByteCursor(bytes, 0, Crc.verified("pg1 event", bytes));
    DeltaHeader header = DeltaHeader.read(cursor);
    return new PageDelta(header, bytes, cursor.position(), null);
  }

  public DeltaHeader header() {
    return header;
  }

  /// The event as it is stored.
  public byte[] bytes() {
    return bytes;
  }

  /// The change of the alarm on its way into the journal. Null also on every event that was read
  /// back: the header has the time then, the persistence id the object.
  @Override
  public @Nullable AlarmChange alarmChange() {
    return alarmChange;
  }

  /// The body, decompressed.
  ByteCursor body() {
    int length = bytes.length - Crc.BYTES - bodyAt;
    if (header.has(DeltaHeader.ZSTD)) {
      byte[] raw = new byte[header.rawLength()];
      ZstdFrames.decompress(bytes, bodyAt, length, raw);
      return new ByteCursor(raw, 0, raw.length);
    }
    if (length != header.rawLength()) {
      throw ByteCursor.corrupt(
          "expected a body of " + header.rawLength() + " bytes, found " + length);
    }
    return new ByteCursor(bytes, bodyAt, bodyAt + length);
  }

  @Override
  public String toString() {
    return "PageDelta[" + header + ", " + bytes.length + " bytes]";
  }
}
