package io.holdfast.persistence.pg1;

import io.holdfast.persistence.database.DatabaseImage;
import io.holdfast.persistence.zstd.ZstdFrames;
import java.util.BitSet;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The stored image of an object at the end of a commit (manifest `img1`).
///
/// ```
/// version flags txSeq epoch sum:8 log2(pageSize) pageCount alarmMillis+1 rawLength body crc32c:4
/// ```
///
/// Numbers as in [PageDelta]. The body is the pages one after the other, compressed unless that
/// does not make it smaller; of a large image it is `bodyLength` and the [ChunkMap], and the pages
/// are in chunks stored beside it. Immutable: nobody changes the array.
public final class ImageSnapshot {
  private static final int VERSION = 1;
  private static final int ZSTD = 1;
  private static final int CHUNKED = 2;

  /// Smaller images are worth a try whether they fit inline, larger ones are not.
  private static final long TRIED_BYTES_MAX = 4L << 20;

  /// Compressed images up to this are stored inline.
  private static final int INLINE_BYTES_MAX = 256 * 1024;

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

  private record Layout(int flags, int pageSize, long rawLength) {
    int pageCount() {
      return (int) (rawLength / pageSize);
    }

    int chunkCount() {
      return (int) ((rawLength + ChunkMap.CHUNK_BYTES - 1) / ChunkMap.CHUNK_BYTES);
    }
  }

  /// What a chunked snapshot is made of. The source is null once it was read back.
  private record Chunks(ChunkMap map, @Nullable DatabaseImage source, ChunkReader reader) {}

  private final Layout layout;
  private final @Nullable Chunks chunks;

  private ImageSnapshot(
      Header header, Layout layout, byte[] bytes, int bodyAt, @Nullable Chunks chunks) {
    this.header = header;
    this.layout = layout;
    this.bytes = bytes;
    this.bodyAt = bodyAt;
    this.chunks = chunks;
  }

  /// The smaller of an inline snapshot and one in chunks.
  ///
  /// @param stored the chunks stored so far
  /// @param dirty those that differ since
  public static ImageSnapshot of(
      DatabaseImage image, Header header, ChunkMap stored, BitSet dirty) {
    if (image.sizeBytes() <= TRIED_BYTES_MAX) {
      ImageSnapshot inline = of(image, header);
      if (inline.bytes.length <= INLINE_BYTES_MAX) {
        return inline;
      }
    }
    ChunkMap.Version version = new ChunkMap.Version(header.txSeq, header.epoch);
    ChunkMap map = stored.next(image, dirty, version);
    ByteSink body = new ByteSink(1024);
    map.write(body);
    byte[] frame = ZstdFrames.frameFor(body.size());
    int size = ZstdFrames.compress(body.array(), body.size(), frame);
    ByteSink sized = new ByteSink(size + 16);
    sized.varint(body.size());
    sized.copy(frame, 0, size);
    Layout layout = new Layout(ZSTD | CHUNKED, image.pageSize(), image.sizeBytes());
    ImageSnapshot sealed = sealed(header, layout, sized.array(), sized.size());
    Chunks chunks = new Chunks(map, image, ImageSnapshot::notAttached);
    return new ImageSnapshot(header, layout, sealed.bytes, sealed.bodyAt, chunks);
  }

  private static byte[] notAttached(int chunkNo, ChunkMap.Version version) {
    throw ByteCursor.corrupt(
        "expected a store that keeps chunks, found none for chunk " + chunkNo + " of " + version);
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
    return new ImageSnapshot(header, layout, bytes, head.size(), null);
  }

  /// Reads a stored snapshot: checks the CRC and reads the header; the body stays as it is.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `storage_corrupt` when the bytes are none
  public static ImageSnapshot parse(byte[] bytes) {
    ByteCursor from = new ByteCursor(bytes, 0, Crc.verified("img1 snapshot", bytes));
    int version = from.unsignedByte();
    int flags = from.unsignedByte();
    if (version != VERSION || (flags & ~(ZSTD | CHUNKED)) != 0) {
      throw ByteCursor.corrupt(
          "expected version 1 and flags below 4, found version " + version + ", flags " + flags);
    }
    long txSeq = from.varint();
    long epoch = from.varint();
    long sum = from.fixedLong();
    int pageSize = DeltaHeader.readPageSize(from);
    boolean chunked = (flags & CHUNKED) != 0;
    int pageCountMax = chunked ? Integer.MAX_VALUE : Integer.MAX_VALUE / pageSize;
    int pageCount = from.varint("page count", pageCountMax);
    long alarmMillis = from.varint() - 1;
    long rawLength = from.varint();
    if (rawLength != (long) pageCount * pageSize) {
      throw ByteCursor.corrupt(
          "expected " + pageCount + " pages of " + pageSize + " bytes, found " + rawLength);
    }
    Header header = new Header(txSeq, epoch, sum, alarmMillis);
    Layout layout = new Layout(flags, pageSize, rawLength);
    int bodyAt = from.position();
    return new ImageSnapshot(
        header, layout, bytes, bodyAt, chunked ? readChunks(from, bytes, layout) : null);
  }

  private static Chunks readChunks(ByteCursor from, byte[] bytes, Layout layout) {
    // A version takes two varints at most for each chunk, and an index one.
    int lengthMax = (int) Math.min(Integer.MAX_VALUE, 16 + 27L * layout.chunkCount());
    byte[] raw = new byte[from.varint("length of a manifest", lengthMax)];
    ZstdFrames.decompress(bytes, from.position(), from.remaining(), raw);
    ChunkMap map = ChunkMap.read(new ByteCursor(raw, 0, raw.length), layout.chunkCount());
    return new Chunks(map, null, ImageSnapshot::notAttached);
  }

  /// The chunks it is made of; empty when the pages are in it.
  public Optional<ChunkMap> chunks() {
    return chunks == null ? Optional.empty() : Optional.of(chunks.map);
  }

  /// This snapshot, with a place to read its chunks from.
  public ImageSnapshot readingFrom(ChunkReader reader) {
    return chunks == null
        ? this
        : new ImageSnapshot(
            header, layout, bytes, bodyAt, new Chunks(chunks.map, chunks.source, reader));
  }

  /// The chunks that have to be stored before the snapshot, compressed one by one; blocks while it
  /// reads those pages that are not in memory. None of a snapshot that was read back.
  public void forEachNewChunk(Consumer<StoredChunk> action) {
    if (chunks != null && chunks.source != null) {
      DatabaseImage source = chunks.source;
      ChunkMap.Version version = new ChunkMap.Version(header.txSeq, header.epoch);
      chunks.map.forEachOf(
          version, chunkNo -> action.accept(StoredChunk.of(source, chunkNo, version)));
    }
  }

  public Header header() {
    return header;
  }

  /// The snapshot as it is stored.
  public byte[] bytes() {
    return bytes;
  }

  /// Lets the image that was saved fetch its pages from the chunks from now on, if that saves
  /// memory.
  public void releasePages(ChunkReader reader) {
    boolean large = layout.rawLength > ChunkPages.CACHED_BYTES_MAX;
    if (large && chunks != null && chunks.source != null) {
      chunks.source.heldBy(new ChunkPages(chunks.map, reader, layout.pageSize));
    }
  }

  /// Bytes of the image.
  public long rawLength() {
    return layout.rawLength;
  }

  /// The image: in an array of its own, or fetched from its chunks page by page.
  public DatabaseImage image() {
    return chunks == null
        ? decompressed()
        : DatabaseImage.over(pages(chunks), layout.pageSize, layout.pageCount());
  }

  private ChunkPages pages(Chunks held) {
    return new ChunkPages(held.map, held.reader, layout.pageSize);
  }

  private DatabaseImage decompressed() {
    byte[] raw = new byte[(int) layout.rawLength];
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
    to.varint(layout.pageCount());
    to.varint(header.alarmMillis + 1);
    to.varint(layout.rawLength);
  }

  @Override
  public String toString() {
    return "ImageSnapshot[" + header + ", " + layout + ", " + bytes.length + " bytes]";
  }
}
