package io.holdfast.persistence.database;

import io.holdfast.persistence.database.DatabaseImage.Page;
import io.holdfast.persistence.database.SqliteHandle.Capture;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The database file that SQLite sees: the image of the last commit and what was written since.
///
/// Belongs to one handle and its thread.
final class PageFile {
  /*
   * SQLite writes at a commit, and before it when its cache is full; a rollback then writes the old
   * pages back, but not those that were free before: their content does not matter to it. It does to
   * us, because they are part of the next image. So what was written stays here until it is captured,
   * also through a rollback, and the capture finds out by comparison what really changed.
   *
   * A page beyond the image, and one that comes back after the file was cut shorter, is zeros until it
   * is written.
   */
  private final int pageSize;
  private final TreeMap<Integer, byte[]> written = new TreeMap<>();
  private DatabaseImage image;
  private int pageCount;
  private @Nullable Throwable failure;
  private long deadlineNanos;
  private boolean hasDeadline;

  PageFile(DatabaseImage image) {
    this.image = image;
    this.pageSize = image.pageSize();
    this.pageCount = image.pageCount();
    if (image.isEmpty()) {
      pageCount = 1;
      written.put(1, JdbcHandle.blankPage().clone());
    }
  }

  long size() {
    return (long) pageCount * pageSize;
  }

  /// Copies to native memory; returns how many of the bytes are there.
  int read(long to, int amount, long offset) {
    int available = (int) Math.max(0, Math.min(amount, size() - offset));
    int done = 0;
    while (done < available) {
      long at = offset + done;
      int within = (int) (at % pageSize);
      int length = Math.min(available - done, pageSize - within);
      Page page = page((int) (at / pageSize) + 1);
      NativeMemory.copyIn(page.bytes(), page.at() + within, to + done, length);
      done += length;
    }
    return available;
  }

  private Page page(int pageNo) {
    byte[] own = written.get(pageNo);
    return own == null ? image.page(pageNo) : new Page(own, 0);
  }

  /// Copies from native memory.
  void write(long from, int amount, long offset) {
    int done = 0;
    while (done < amount) {
      long at = offset + done;
      int within = (int) (at % pageSize);
      int length = Math.min(amount - done, pageSize - within);
      NativeMemory.copyOut(from + done, writable((int) (at / pageSize) + 1), within, length);
      done += length;
    }
  }

  private byte[] writable(int pageNo) {
    while (pageCount < pageNo) {
      written.put(++pageCount, new byte[pageSize]);
    }
    byte[] own = written.get(pageNo);
    if (own == null) {
      own = new byte[pageSize];
      Page old = image.page(pageNo);
      System.arraycopy(old.bytes(), old.at(), own, 0, pageSize);
      written.put(pageNo, own);
    }
    return own;
  }

  void truncate(long size) {
    int pages = (int) ((size + pageSize - 1) / pageSize);
    if (pages < pageCount) {
      pageCount = pages;
      written.tailMap(pages, false).clear();
    } else if (pages > pageCount) {
      writable(pages);
    }
  }

  /// What was written since the last capture becomes the image.
  Capture capture() {
    written.entrySet().removeIf(this::isAsBefore);
    int[] changed = written.keySet().stream().mapToInt(Integer::intValue).toArray();
    if (changed.length > 0 || pageCount != image.pageCount()) {
      image = image.with(written, pageCount);
      written.clear();
    }
    return new Capture(image, changed);
  }

  private boolean isAsBefore(Map.Entry<Integer, byte[]> entry) {
    return entry.getKey() <= image.pageCount()
        && image.isSame(image.page(entry.getKey()), new Page(entry.getValue(), 0));
  }

  /// What went wrong in here since the last call: SQLite tells only that something did.
  @Nullable Throwable takeFailure() {
    Throwable found = failure;
    failure = null;
    return found;
  }

  void failed(Throwable cause) {
    failure = cause;
  }

  /// @param nanos in the time of [System#nanoTime]
  void deadline(long nanos) {
    deadlineNanos = nanos;
    hasDeadline = true;
  }

  void withoutDeadline() {
    hasDeadline = false;
  }

  boolean isLate() {
    return hasDeadline && System.nanoTime() - deadlineNanos >= 0;
  }
}
