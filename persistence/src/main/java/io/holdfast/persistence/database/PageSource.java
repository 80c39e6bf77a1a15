package io.holdfast.persistence.database;

import io.holdfast.persistence.database.DatabaseImage.Page;

/// Where the pages of an image come from when they are asked for. Thread-safe; gives the same pages
/// always.
public interface PageSource {
  /// A page of the image; the first is 1. May block on a disk.
  Page page(int pageNo);

  /// Begins to fetch, in the background, what will be asked for first.
  default void prefetch() {}
}
