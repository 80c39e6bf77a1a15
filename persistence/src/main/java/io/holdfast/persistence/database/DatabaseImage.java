package io.holdfast.persistence.database;

import io.holdfast.persistence.zstd.ZstdFrames;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Arrays;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/// The pages of a SQLite database at the end of a transaction. Immutable: nobody changes an array
/// once it is in here. Thread-safe.
///
/// The image after a commit shares with the one before all that the commit did not change, so it
/// costs the changed pages and some references.
public final class DatabaseImage {
  /// The page size of the databases we create.
  public static final int DEFAULT_PAGE_SIZE = 4096;

  /// A database that was never written.
  public static final DatabaseImage EMPTY = new DatabaseImage(new byte[0], DEFAULT_PAGE_SIZE);

  /// Larger images are not worth the time it takes to compress them, 4 ms per MB.
  private static final int PACKED_BYTES_MAX = 256 * 1024;

  private final int pageSize;
  private final int pageCount;
  private volatile Content content;

  /// How the pages are held; changes when it is packed, never what they are.
  private sealed interface Content {}

  /// The pages, one after the other.
  ///
  /// @param frame the same compressed, if that is known
  private record Flat(byte[] bytes, byte @Nullable [] frame) implements Content {}

  /// Pages by themselves.
  private record Paged(PageTable pages) implements Content {}

  /// All in one zstd frame.
  private record Packed(byte[] frame) implements Content {}

  /// Where a page is: `at` in an array that may hold others too.
  public record Page(byte[] bytes, int at) {
    /// As many zeros as the largest page has: what a page is that was never written.
    public static final Page ZERO = new Page(new byte[65_536], 0);
  }

  /// @param bytes the pages, one after the other
  /// @param pageSize bytes per page; a power of two from 512 to 65,536
  public DatabaseImage(byte[] bytes, int pageSize) {
    this(new Flat(bytes, null), pageSize, bytes.length / checked(pageSize));
    if (bytes.length % pageSize != 0) {
      throw new HoldfastException(
          ErrorCode.STORAGE_CORRUPT,
          "expected an image of whole pages of "
              + pageSize
              + " bytes, found "
              + bytes.length
              + " bytes");
    }
  }

  /// An image whose pages are fetched when they are asked for.
  public static DatabaseImage over(PageSource source, int pageSize, int pageCount) {
    PageTable pages = PageTable.over(source, checked(pageSize), pageCount);
    return new DatabaseImage(new Paged(pages), pageSize, pageCount);
  }

  private DatabaseImage(Content content, int pageSize, int pageCount) {
    this.content = content;
    this.pageSize = pageSize;
    this.pageCount = pageCount;
  }

  private static int checked(int pageSize) {
    if (Integer.bitCount(pageSize) != 1 || pageSize < 512 || pageSize > 65_536) {
      throw new HoldfastException(
          ErrorCode.STORAGE_CORRUPT,
          "expected a page size of a power of two from 512 to 65536, found " + pageSize);
    }
    return pageSize;
  }

  public int pageSize() {
    return pageSize;
  }

  public int pageCount() {
    return pageCount;
  }

  public boolean isEmpty() {
    return pageCount == 0;
  }

  public long sizeBytes() {
    return (long) pageCount * pageSize;
  }

  /// A page; the first is 1. Zeros beyond the last.
  public Page page(int pageNo) {
    if (pageNo > pageCount) {
      return Page.ZERO;
    }
    return switch (unpacked()) {
      case Paged(PageTable pages) -> pages.page(pageNo);
      case Flat flat -> new Page(flat.bytes, (pageNo - 1) * pageSize);
      case Packed packed -> throw new AssertionError(packed);
    };
  }

  /// All pages, one after the other; a copy, unless they are held so.
  public byte[] bytes() {
    return switch (unpacked()) {
      case Flat flat -> flat.bytes;
      case Paged(PageTable pages) -> pages.joined(Math.toIntExact(sizeBytes()));
      case Packed packed -> throw new AssertionError(packed);
    };
  }

  public boolean hasSamePages(DatabaseImage other) {
    return this == other
        || (pageSize == other.pageSize
            && pageCount == other.pageCount
            && differences(other).length == 0);
  }

  /// The image after a commit.
  ///
  /// @param changed the pages that differ; nobody changes the arrays from now on
  public DatabaseImage with(SortedMap<Integer, byte[]> changed, int newPageCount) {
    PageTable old =
        switch (unpacked()) {
          case Paged(PageTable pages) -> pages;
          case Flat flat ->
              PageTable.over(new PageTable.Joined(flat.bytes, pageSize), pageSize, pageCount);
          case Packed packed -> throw new AssertionError(packed);
        };
    return new DatabaseImage(new Paged(old.with(changed, newPageCount)), pageSize, newPageCount);
  }

  /// The numbers of the pages of `after` that differ from ours, and of all beyond our last.
  int[] differences(DatabaseImage after) {
    int based = pageSize == after.pageSize ? Math.min(pageCount, after.pageCount) : 0;
    int[] found = new int[16];
    int count = 0;
    for (int pageNo = 1; pageNo <= after.pageCount; pageNo++) {
      if (pageNo > based || !isSame(page(pageNo), after.page(pageNo))) {
        found = count < found.length ? found : Arrays.copyOf(found, count * 2);
        found[count++] = pageNo;
      }
    }
    return Arrays.copyOf(found, count);
  }

  boolean isSame(Page one, Page other) {
    return (one.bytes == other.bytes && one.at == other.at)
        || Arrays.equals(
            one.bytes, one.at, one.at + pageSize, other.bytes, other.at, other.at + pageSize);
  }

  /// Forgets the pages held, because the source has the same: they were stored there meanwhile. The
  /// images after this one forget those that they share with it at the next commit, or when the
  /// database is closed.
  public void heldBy(PageSource source) {
    content =
        new Paged(
            content instanceof Paged(PageTable pages)
                ? pages.heldBy(source)
                : PageTable.over(source, pageSize, pageCount));
  }

  /// Begins to fetch, in the background, what will be asked for first; nothing when all is held.
  public void prefetch() {
    if (content instanceof Paged(PageTable pages)) {
      pages.base().prefetch();
    }
  }

  /// Compresses what is held, if it is small, until the next use; of a large image it lets go of
  /// what is stored.
  void pack() {
    if (content instanceof Paged(PageTable pages)) {
      content = new Paged(pages.released());
    }
    if (content instanceof Packed || isEmpty() || sizeBytes() > PACKED_BYTES_MAX) {
      return;
    }
    byte[] frame = frame();
    if (frame.length < sizeBytes()) {
      content = new Packed(frame);
    }
  }

  private byte[] frame() {
    if (content instanceof Flat flat && flat.frame != null) {
      return flat.frame;
    }
    byte[] raw = bytes();
    byte[] room = ZstdFrames.frameFor(raw.length);
    return Arrays.copyOf(room, ZstdFrames.compress(raw, raw.length, room));
  }

  private Content unpacked() {
    Content held = content;
    if (held instanceof Packed(byte[] frame)) {
      byte[] bytes = new byte[Math.toIntExact(sizeBytes())];
      ZstdFrames.decompress(frame, 0, frame.length, bytes);
      // An object that is only read is packed again as it was.
      held = new Flat(bytes, frame);
      content = held;
    }
    return held;
  }

  @Override
  public String toString() {
    return "DatabaseImage[" + pageCount + " pages of " + pageSize + " bytes]";
  }
}
