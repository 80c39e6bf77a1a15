package io.holdfast.persistence.database;

import java.time.Instant;

/// The past of one object as its own code sees it, see [io.holdfast.sdk.Storage]. The node
/// implements it.
public interface StorageHistory {
  String currentBookmark();

  String bookmarkForTime(Instant time);

  String onNextSessionRestoreBookmark(String bookmark);
}
