package io.holdfast.persistence.pg1;

import io.holdfast.persistence.database.DatabaseImage;
import java.util.Arrays;
import java.util.BitSet;
import java.util.TreeMap;

/// An image under reconstruction: events are applied to it. Not thread-safe. After an exception its
/// state is undefined.
public final class PageImage {
  private DatabaseImage base = DatabaseImage.EMPTY;

  /// Pages that differ from those of the base.
  private final TreeMap<Integer, byte[]> changed = new TreeMap<>();

  /// Chunks that have a page that differs from the snapshot.
  private final BitSet dirtyChunks = new BitSet();

  private int pageCount;
  private int pageSize = DatabaseImage.DEFAULT_PAGE_SIZE;
  private PageHashes hashes = new PageHashes();

  /// The image of an object that never stored anything.
  public static PageImage empty() {
    return new PageImage();
  }

  /// The image of a snapshot.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `storage_corrupt` when its checksum is not that of
  ///   its pages; with chunks, each is checked when it is read
  public static PageImage of(ImageSnapshot snapshot) {
    DatabaseImage image = snapshot.image();
    PageImage result = new PageImage();
    result.base = image;
    result.pageCount = image.pageCount();
    result.pageSize = image.pageSize();
    if (snapshot.chunks().isPresent()) {
      result.hashes = PageHashes.lazily(image, snapshot.header().sum());
      return result;
    }
    result.hashes = PageHashes.of(image);
    if (result.hashes.sum() != snapshot.header().sum()) {
      throw ByteCursor.corrupt(
          "snapshot at txSeq %d: expected sum %016x, found %016x"
              .formatted(snapshot.header().txSeq(), snapshot.header().sum(), result.hashes.sum()));
    }
    return result;
  }

  /// The hashes of the pages as they are now. They change along with the image.
  public PageHashes hashes() {
    return hashes;
  }

  /// The chunks in which the image differs from the snapshot it began with.
  public BitSet dirtyChunks() {
    return dirtyChunks;
  }

  /// The image as it is now, not to be applied to any more: it may share the bytes.
  public DatabaseImage toImage() {
    if (pageCount == 0) {
      return DatabaseImage.EMPTY;
    }
    settle();
    return base;
  }

  /// Takes what changed into the base.
  private void settle() {
    if (!changed.isEmpty() || pageCount != base.pageCount()) {
      base = base.with(changed, pageCount);
      changed.clear();
    }
  }

  /// Applies one event, or one part of it.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `storage_corrupt` when it cannot be one for this
  ///   image
  public void apply(PageDelta delta) {
    resize(delta.header().pageCount(), delta.header().pageSize());
    ByteCursor body = delta.body();
    int last = 0;
    int pageNo;
    while ((pageNo = body.varint("page number", pageCount)) != 0) {
      if (pageNo <= last) {
        throw ByteCursor.corrupt("expected a page after " + last + ", found " + pageNo);
      }
      applyPage(pageNo, body);
      last = pageNo;
    }
    if (body.remaining() != 0) {
      throw ByteCursor.corrupt(
          "expected the end of the body, found " + body.remaining() + " bytes");
    }
  }

  private void applyPage(int pageNo, ByteCursor body) {
    byte[] page = writable(pageNo);
    int offset = 0;
    int skip;
    while ((skip = body.varint("skip", pageSize)) != 0) {
      int start = offset + skip - 1;
      int length = body.varint("range length", pageSize);
      if (length == 0 || length > pageSize - start) {
        throw ByteCursor.corrupt(
            "page %d: expected a range of 1 to %d bytes at %d, found %d"
                .formatted(pageNo, pageSize - start, start, length));
      }
      body.copyTo(page, start, length);
      offset = start + length;
    }
    hashes.replace(pageNo, page, 0, pageSize);
    dirtyChunks.set(ChunkMap.chunkOf(pageNo, pageSize));
  }

  private byte[] writable(int pageNo) {
    byte[] own = changed.get(pageNo);
    if (own == null) {
      DatabaseImage.Page old = base.page(pageNo);
      own = Arrays.copyOfRange(old.bytes(), old.at(), old.at() + pageSize);
      changed.put(pageNo, own);
    }
    return own;
  }

  private void resize(int newPageCount, int newPageSize) {
    if (newPageSize != pageSize) {
      shrink(0);
      base = new DatabaseImage(new byte[0], newPageSize);
      pageSize = newPageSize;
    }
    if (newPageCount < pageCount) {
      shrink(newPageCount);
    }
    pageCount = newPageCount;
  }

  /// What is beyond the end is zeros when the image grows again.
  private void shrink(int newPageCount) {
    if (newPageCount < pageCount) {
      dirtyChunks.set(
          ChunkMap.chunkOf(newPageCount + 1, pageSize), ChunkMap.chunkOf(pageCount, pageSize) + 1);
    }
    changed.tailMap(newPageCount, false).clear();
    pageCount = newPageCount;
    settle();
    hashes.truncate(newPageCount);
  }
}
