package io.holdfast.persistence.pg1;

import io.holdfast.persistence.database.DatabaseImage;
import java.util.Arrays;

/// The hashes of an image's pages and their XOR, the checksum of the image.
///
/// Costs 8 bytes per page and saves hashing the old page again at each change. Not thread-safe: it
/// belongs to whoever recovers or writes the object.
public final class PageHashes {
  private long[] hashes = {};
  private long sum;

  /// Those of a whole image.
  public static PageHashes of(DatabaseImage image) {
    PageHashes result = new PageHashes();
    result.hashes = new long[image.pageCount()];
    for (int page = 1; page <= image.pageCount(); page++) {
      DatabaseImage.Page held = image.page(page);
      result.replace(page, held.bytes(), held.at(), image.pageSize());
    }
    return result;
  }

  /// The checksum of the image; 0 for an empty one.
  public long sum() {
    return sum;
  }

  /// Takes the new bytes of one page into the sum.
  void replace(int pageNo, byte[] bytes, int at, int pageSize) {
    long hash = PageHash.of(pageNo, bytes, at, pageSize);
    if (pageNo > hashes.length) {
      hashes = Arrays.copyOf(hashes, Math.max(pageNo, hashes.length * 2));
    }
    sum ^= hashes[pageNo - 1] ^ hash;
    hashes[pageNo - 1] = hash;
  }

  /// Takes the pages beyond the first `pageCount` out of the sum.
  void truncate(int pageCount) {
    for (int i = pageCount; i < hashes.length; i++) {
      sum ^= hashes[i];
      hashes[i] = 0;
    }
  }
}
