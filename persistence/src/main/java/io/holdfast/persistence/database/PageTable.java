package io.holdfast.persistence.database;

import io.holdfast.persistence.database.DatabaseImage.Page;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// The pages of an image, each in an array of its own, over a base that has the others. The pages
/// never change; [#with] copies only what it changes and the references beside it.
final class PageTable {
  private static final int LEAF_PAGES = 64;
  private static final PageSource NOTHING = new Joined(new byte[0], 512);

  private final PageSource base;
  private final int basePages;
  private final int pageSize;
  private final int pageCount;

  /// Pages by number - 1, in leaves; null is a page of the base, or zeros beyond that.
  private final byte[] @Nullable [] @Nullable [] leaves;

  /// How many pages of the base were replaced.
  private final int replaced;

  /// Shared by all tables that [#with] makes of one another over the same base: the one of them
  /// that was stored last, for the next to let go of the pages that it has in common with it.
  private final AtomicReference<@Nullable Stored> stored;

  /// @param at a table as it was stored
  /// @param held the same pages, over where they are stored
  private record Stored(PageTable at, PageTable held) {}

  private PageTable(
      PageSource base,
      int basePages,
      int pageSize,
      int pageCount,
      byte[] @Nullable [] @Nullable [] leaves,
      int replaced,
      AtomicReference<@Nullable Stored> stored) {
    this.base = base;
    this.basePages = basePages;
    this.pageSize = pageSize;
    this.pageCount = pageCount;
    this.leaves = leaves;
    this.replaced = replaced;
    this.stored = stored;
  }

  static PageTable over(PageSource base, int pageSize, int pages) {
    byte[] @Nullable [] @Nullable [] none = new byte[leavesOf(pages)][][];
    return new PageTable(base, pages, pageSize, pages, none, 0, new AtomicReference<>());
  }

  /// Pages one after the other.
  record Joined(byte[] bytes, int pageSize) implements PageSource {
    @Override
    public Page page(int pageNo) {
      return new Page(bytes, (pageNo - 1) * pageSize);
    }
  }

  private static int leavesOf(int pages) {
    return (pages + LEAF_PAGES - 1) / LEAF_PAGES;
  }

  PageSource base() {
    return base;
  }

  Page page(int pageNo) {
    byte[] own = own(pageNo);
    if (own != null) {
      return new Page(own, 0);
    }
    return pageNo <= basePages ? base.page(pageNo) : Page.ZERO;
  }

  private byte @Nullable [] own(int pageNo) {
    byte[] @Nullable [] leaf = leaves[(pageNo - 1) / LEAF_PAGES];
    return leaf == null ? null : leaf[(pageNo - 1) % LEAF_PAGES];
  }

  byte[] joined(int length) {
    byte[] bytes = new byte[length];
    for (int pageNo = 1; pageNo <= pageCount; pageNo++) {
      Page page = page(pageNo);
      System.arraycopy(page.bytes(), page.at(), bytes, (pageNo - 1) * pageSize, pageSize);
    }
    return bytes;
  }

  /// The same pages over a source that has stored them. The tables that were made of this one
  /// follow when they change next.
  PageTable heldBy(PageSource source) {
    PageTable held = over(source, pageSize, pageCount);
    stored.set(new Stored(this, held));
    return held;
  }

  /// These pages without those that were stored meanwhile.
  PageTable released() {
    Stored last = stored.get();
    if (last == null || (last.at.base != base && base != NOTHING)) {
      return this;
    }
    // Once is enough: only the newest table is made into another.
    stored.compareAndSet(last, null);
    return (this == last.at ? last.held : over(last)).released();
  }

  private PageTable over(Stored last) {
    byte[] @Nullable [] @Nullable [] kept = new byte[leaves.length][][];
    for (int leafNo = 0; leafNo < leaves.length; leafNo++) {
      boolean isSame =
          leafNo < last.at.leaves.length
              && leaves[leafNo] == last.at.leaves[leafNo]
              && basePages == last.at.basePages;
      kept[leafNo] = isSame ? null : notInLeaf(last.at, leafNo);
    }
    PageTable held = last.held;
    int shared = Math.min(held.pageCount, pageCount);
    // What counts replaced pages is for bases in memory.
    return new PageTable(held.base, shared, pageSize, pageCount, kept, 0, held.stored);
  }

  /// The pages of a leaf that another table has otherwise, null if there are none.
  private byte @Nullable [] @Nullable [] notInLeaf(PageTable other, int leafNo) {
    byte[] @Nullable [] leaf = new byte[LEAF_PAGES][];
    boolean isAny = false;
    for (int i = 0; i < LEAF_PAGES && leafNo * LEAF_PAGES + i < pageCount; i++) {
      leaf[i] = notIn(other, leafNo * LEAF_PAGES + i + 1);
      isAny |= leaf[i] != null;
    }
    return isAny ? leaf : null;
  }

  /// A page that is to be kept beside those of another table, null if that has the same.
  private byte @Nullable [] notIn(PageTable other, int pageNo) {
    byte[] own = own(pageNo);
    boolean isSame =
        pageNo > other.pageCount
            ? own == null && !isOfBase(pageNo)
            : own == other.own(pageNo)
                && (own != null || isOfBase(pageNo) == other.isOfBase(pageNo));
    return isSame ? null : own == null ? copied(pageNo) : own;
  }

  private boolean isOfBase(int pageNo) {
    return pageNo <= basePages;
  }

  private byte[] copied(int pageNo) {
    Page page = page(pageNo);
    return Arrays.copyOfRange(page.bytes(), page.at(), page.at() + pageSize);
  }

  PageTable with(SortedMap<Integer, byte[]> changed, int newPageCount) {
    return released().changed(changed, newPageCount);
  }

  private PageTable changed(SortedMap<Integer, byte[]> changed, int newPageCount) {
    byte[] @Nullable [] @Nullable [] copies = new byte[leavesOf(newPageCount)][][];
    System.arraycopy(leaves, 0, copies, 0, Math.min(leaves.length, copies.length));
    if (newPageCount < pageCount) {
      forgetBeyond(newPageCount, copies);
    }
    int nowReplaced = replaced;
    int copied = -1;
    for (Map.Entry<Integer, byte[]> change : changed.entrySet()) {
      int index = change.getKey() - 1;
      int leafNo = index / LEAF_PAGES;
      if (leafNo != copied) {
        copies[leafNo] = copyOf(copies[leafNo]);
        copied = leafNo;
      }
      byte[] @Nullable [] leaf = copies[leafNo];
      nowReplaced += leaf[index % LEAF_PAGES] == null && index < basePages ? 1 : 0;
      leaf[index % LEAF_PAGES] = change.getValue();
    }
    PageTable next =
        new PageTable(
            base,
            Math.min(basePages, newPageCount),
            pageSize,
            newPageCount,
            copies,
            nowReplaced,
            stored);
    boolean mostlyOld = base instanceof Joined && next.replaced * 2 > next.basePages;
    return mostlyOld ? next.withoutBase() : next;
  }

  /// A page that comes back later is zeros then.
  private static void forgetBeyond(int pageCount, byte[] @Nullable [] @Nullable [] leaves) {
    if (pageCount % LEAF_PAGES == 0) {
      return;
    }
    byte[] @Nullable [] last = leaves[leaves.length - 1];
    if (last != null) {
      byte[] @Nullable [] copy = new byte[LEAF_PAGES][];
      System.arraycopy(last, 0, copy, 0, pageCount % LEAF_PAGES);
      leaves[leaves.length - 1] = copy;
    }
  }

  private static byte[] @Nullable [] copyOf(byte[] @Nullable [] leaf) {
    return leaf == null ? new byte[LEAF_PAGES][] : leaf.clone();
  }

  /// Frees the base once it holds more that is old than that counts.
  private PageTable withoutBase() {
    byte[] @Nullable [] @Nullable [] all = new byte[leaves.length][][];
    for (int leafNo = 0; leafNo < leaves.length; leafNo++) {
      all[leafNo] = filled(leafNo);
    }
    return new PageTable(NOTHING, 0, pageSize, pageCount, all, 0, stored);
  }

  /// A copy of a leaf, with the pages that it has from the base.
  private byte[] @Nullable [] filled(int leafNo) {
    byte[] @Nullable [] copy = copyOf(leaves[leafNo]);
    for (int i = 0; i < LEAF_PAGES && leafNo * LEAF_PAGES + i < basePages; i++) {
      if (copy[i] == null) {
        copy[i] = copied(leafNo * LEAF_PAGES + i + 1);
      }
    }
    return copy;
  }
}
