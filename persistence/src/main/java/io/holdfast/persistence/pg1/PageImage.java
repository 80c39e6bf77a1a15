package io.holdfast.persistence.pg1;

import io.holdfast.persistence.database.DatabaseImage;
import java.util.Arrays;

/// An image under reconstruction: events are applied to it. Not thread-safe. After an exception its
/// state is undefined.
public final class PageImage {
  /// Java has no longer arrays.
  private static final int BYTES_MAX = Integer.MAX_VALUE - 16;

  private byte[] bytes = {};
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
  ///   its pages
  public static PageImage of(ImageSnapshot snapshot) {
    DatabaseImage image = snapshot.decompressed();
    PageImage result = new PageImage();
    result.bytes = image.bytes();
    result.pageCount = image.pageCount();
    result.pageSize = image.pageSize();
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

  /// The image as it is now, not to be applied to any more: it may share the bytes.
  public DatabaseImage toImage() {
    if (pageCount == 0) {
      return DatabaseImage.EMPTY;
    }
    int length = pageCount * pageSize;
    return new DatabaseImage(
        bytes.length == length ? bytes : Arrays.copyOf(bytes, length), pageSize);
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
    int pageAt = (pageNo - 1) * pageSize;
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
      body.copyTo(bytes, pageAt + start, length);
      offset = start + length;
    }
    hashes.replace(pageNo, bytes, pageAt, pageSize);
  }

  private void resize(int newPageCount, int newPageSize) {
    if (newPageSize != pageSize) {
      shrink(0);
      pageSize = newPageSize;
    }
    if (newPageCount < pageCount) {
      shrink(newPageCount);
    }
    grow((long) newPageCount * pageSize);
    pageCount = newPageCount;
  }

  /// What is beyond the end is zeros, so that it is when the image grows again.
  private void shrink(int newPageCount) {
    Arrays.fill(bytes, newPageCount * pageSize, pageCount * pageSize, (byte) 0);
    hashes.truncate(newPageCount);
    pageCount = newPageCount;
  }

  private void grow(long length) {
    if (length > BYTES_MAX) {
      throw ByteCursor.corrupt(
          "expected an image of at most " + BYTES_MAX + " bytes, found " + length);
    }
    if (length > bytes.length) {
      long spare = Math.min(length + length / 4, BYTES_MAX);
      bytes = Arrays.copyOf(bytes, (int) (bytes.length == 0 ? length : spare));
    }
  }
}
