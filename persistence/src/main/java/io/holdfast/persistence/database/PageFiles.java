package io.holdfast.persistence.database;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// The open page files of the process, by the number that SQLite knows them by. Thread-safe.
final class PageFiles {
  private static final ConcurrentHashMap<Long, PageFile> OPEN = new ConcurrentHashMap<>();
  private static final AtomicLong LAST = new AtomicLong();

  private PageFiles() {}

  static long add(PageFile file) {
    long id = LAST.incrementAndGet();
    put(id, file);
    return id;
  }

  static void put(long id, PageFile file) {
    OPEN.put(id, file);
  }

  static PageFile get(long id) {
    PageFile file = OPEN.get(id);
    if (file == null) {
      throw new HoldfastException(ErrorCode.INTERNAL, "expected an open page file, found " + id);
    }
    return file;
  }

  static void remove(long id) {
    OPEN.remove(id);
  }

  static int count() {
    return OPEN.size();
  }
}
