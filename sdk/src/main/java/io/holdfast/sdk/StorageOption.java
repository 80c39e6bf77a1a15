package io.holdfast.sdk;

/// How the calls of a [Storage#with] view differ from those of the plain storage.
public enum StorageOption {
  /// Answers and whatever else leaves the object do not wait until these writes are durable. A
  /// crash may undo them after they were told of; when they cannot be stored the object is reset
  /// all the same. A later write without this option makes what leaves after it wait for both.
  ALLOW_UNCONFIRMED,

  /// Other events may enter while the database is read back into memory, which it is at the first
  /// use after the object was not there. Everything else of storage never waits.
  ALLOW_CONCURRENCY
}
