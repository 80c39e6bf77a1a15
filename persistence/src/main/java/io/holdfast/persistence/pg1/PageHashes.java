package io.holdfast.persistence.pg1;

import io.holdfast.persistence.database.DatabaseImage;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/// The hashes of an image's pages and their XOR, the checksum of the image.
///
/// Costs 8 bytes per page and saves hashing the old page again at each change. Of an image whose
/// checksum is known already, the hash of a page is computed when that page changes first, and only
/// the neighbourhood of pages that changed takes memory. Not thread-safe: it belongs to whoever
/// recovers or writes the object.
public final class PageHashes {
  private static final int LEAF_PAGES = 128;

  private final DatabaseImage first;

  /// The pages, by number - 1, whose hash is not that of the first image.
  private final BitSet known = new BitSet();

  /// In leaves; one without a known hash is null.
  private long[] @Nullable [] hashes = new long[0][];

  private long sum;

  private PageHashes(DatabaseImage first, long sum) {
    this.first = first;
    this.sum = sum;
  }

  /// Those of no page.
  public PageHashes() {
    this(DatabaseImage.EMPTY, 0);
  }

  /// Those of a whole image.
  public static PageHashes of(DatabaseImage image) {
    PageHashes result = new PageHashes();
    for (int page = 1; page <= image.pageCount(); page++) {
      DatabaseImage.Page held = image.page(page);
      result.replace(page, held.bytes(), held.at(), image.pageSize());
    }
    return result;
  }

  /// Those of an image whose checksum was verified when it was stored; reads no page.
  static PageHashes lazily(DatabaseImage image, long sum) {
    return new PageHashes(image, sum);
  }

  /// The checksum of the image; 0 for an empty one.
  public long sum() {
    return sum;
  }

  /// Takes the new bytes of one page into the sum.
  void replace(int pageNo, byte[] bytes, int at, int pageSize) {
    set(pageNo, PageHash.of(pageNo, bytes, at, pageSize));
  }

  private void set(int pageNo, long hash) {
    sum ^= hash(pageNo) ^ hash;
    leaf(pageNo)[(pageNo - 1) % LEAF_PAGES] = hash;
    known.set(pageNo - 1);
  }

  /// The leaf of a page, long enough for it: most databases have a few pages.
  private long[] leaf(int pageNo) {
    int leafNo = (pageNo - 1) / LEAF_PAGES;
    int needed = (pageNo - 1) % LEAF_PAGES + 1;
    if (leafNo >= hashes.length) {
      hashes = Arrays.copyOf(hashes, Math.max(leafNo + 1, hashes.length * 2));
    }
    long[] leaf = hashes[leafNo];
    if (leaf == null || leaf.length < needed) {
      int length = leaf == null ? needed : Math.min(LEAF_PAGES, Math.max(needed, 2 * leaf.length));
      leaf = leaf == null ? new long[length] : Arrays.copyOf(leaf, length);
      hashes[leafNo] = leaf;
    }
    return leaf;
  }

  private long hash(int pageNo) {
    if (known.get(pageNo - 1)) {
      return leaf(pageNo)[(pageNo - 1) % LEAF_PAGES];
    }
    if (pageNo > first.pageCount()) {
      return 0;
    }
    DatabaseImage.Page page = first.page(pageNo);
    return PageHash.of(pageNo, page.bytes(), page.at(), first.pageSize());
  }

  /// Takes the pages beyond the first `pageCount` out of the sum.
  void truncate(int pageCount) {
    int last = Math.max(first.pageCount(), known.length());
    for (int pageNo = pageCount + 1; pageNo <= last; pageNo++) {
      if (hash(pageNo) != 0) {
        set(pageNo, 0);
      }
    }
  }
}
