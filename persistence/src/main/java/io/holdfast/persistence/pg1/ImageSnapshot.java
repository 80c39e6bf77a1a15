package io.holdfast.persistence.pg1;

import io.holdfast.persistence.database.DatabaseImage;

/// The stored image of an object at the end of a commit (manifest `img1`).
///
/// ```
/// version flags txSeq epoch sum:8 log2(pageSize) pageCount alarmMillis+1 rawLength body crc32c:4
/// ```
///
/// Numbers as in [PageDelta]. The body is the pages one after the other, compressed unless that
/// does not make it smaller. Immutable: nobody changes the array.
public final class ImageSnapshot {
  private static final int VERSION = 1;
  private static final int ZSTD = 1;

  private final Header header;
  private final byte[] bytes;
  private final int bodyAt;

  /// What a snapshot says before its pages.
  ///
  /// @param txSeq of the last commit in it
  /// @param epoch of that commit's writer
  /// @param sum the checksum of the image
  /// @param alarmMillis when the alarm is due, [DeltaHeader#NO_ALARM] if never
  public record Header(long txSeq, long epoch, long sum, long alarmMillis) {}

  private record Layout(int flags, int pageSize, int rawLength) {}

  private final Layout layout;

  private ImageSnapshot(Header header, Layout layout, byte[] bytes, int bodyAt) {
    this.header = header;
    this.layout = layout;
    this.bytes = bytes;
    this.bodyAt = bodyAt;
  }

  /// Compresses an image: about 4 ms per MB.
  public static ImageSnapshot of(DatabaseImage image, Header header) {
    byte[] raw = image.bytes();
    byte[] frame = ZstdFrames.frameFor(raw.length);
    int size = ZstdFrames.compress(raw, raw.length, frame);
    return size < raw.length
        ? sealed(header, new Layout(ZSTD, image.pageSize(), raw.length), frame, size)
        : sealed(header, new Layout(0, image.pageSize(), raw.length), raw, raw.length);
  }

  private static ImageSnapshot sealed(Header header, Layout layout, byte[] body, int length) {
    ByteSink head = new ByteSink(64);
    write(head, header, layout);
    byte[] bytes = new byte[head.size() + length + Crc.BYTES];
    System.arraycopy(head.array(), 0, bytes, 0, head.size());
    System.arraycopy(body, 0, bytes, head.size(), length);
    Crc.seal(bytes);
    return new ImageSnapshot(header, layout, bytes, head.size());
  }

  /// Reads a stored snapshot: checks the CRC and reads the header; the body stays as it is.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `storage_corrupt` when the bytes are none
  public static ImageSnapshot parse(byte[] bytes) {
    ByteCursor from = new ByteCursor(bytes, 0, Crc.verified("img1 snapshot", bytes));
    int version = from.unsignedByte();
    int flags = from.unsignedByte();
    if (version != VERSION || (flags & ~ZSTD) != 0) {
      throw ByteCursor.corrupt(
          "expected version 1 and flags below 2, found version " + version + ", flags " + flags);
    }
    long txSeq = from.varint();
    long epoch = from.varint();
    long sum = from.fixedLong();
    int pageSize = DeltaHeader.readPageSize(from);
    int pageCount = from.varint("page count", Integer.MAX_VALUE / pageSize);
    long alarmMillis = from.varint() - 1;
    int rawLength = from.varint("raw length", Integer.MAX_VALUE);
    if (rawLength != pageCount * pageSize) {
      throw ByteCursor.corrupt(
          "expected " + pageCount + " pages of " + pageSize + " bytes, found " + rawLength);
    }
    Header header = new Header(txSeq, epoch, sum, alarmMillis);
    return new ImageSnapshot(
        header, new Layout(flags, pageSize, rawLength), bytes, from.position());
  }

  public Header header() {
    return header;
  }

  /// The snapshot as it is stored.
  public byte[] bytes() {
    return bytes;
  }

  /// Bytes of the image.
  public int rawLength() {
    return layout.rawLength;
  }

  /// The image, in an array of its own.
  DatabaseImage decompressed() {
    byte[] raw = new byte[layout.rawLength];
    int length = bytes.length - Crc.BYTES - bodyAt;
    if ((layout.flags & ZSTD) != 0) {
      ZstdFrames.decompress(bytes, bodyAt, length, raw);
    } else {
      new ByteCursor(bytes, bodyAt, bodyAt + length).copyTo(raw, 0, raw.length);
    }
    return new DatabaseImage(raw, layout.pageSize);
  }

  private static void write(ByteSink to, Header header, Layout layout) {
    to.oneByte(VERSION);
    to.oneByte(layout.flags);
    to.varint(header.txSeq);
    to.varint(header.epoch);
    to.fixedLong(header.sum);
    to.oneByte(Integer.numberOfTrailingZeros(layout.pageSize));
    to.varint(layout.rawLength / layout.pageSize);
    to.varint(header.alarmMillis + 1);
    to.varint(layout.rawLength);
  }

  @Override
  public String toString() {
    return "ImageSnapshot[" + header + ", " + layout + ", " + bytes.length + " bytes]";
  }
}
