package io.holdfast.persistence.embedded;

import org.rocksdb.RocksDBException;

/// Stands between the writer thread and the disk, so that a test can slow a commit down or make it
/// fail.
interface CommitHook {
  CommitHook NONE = new CommitHook() {};

  /// Called before each commit with the number of its writes. When it throws, the group is not in
  /// the log.
  default void beforeCommit(int writes) throws RocksDBException {}

  /// Called after each commit. When it throws, the group is in the log, and its writers hear that
  /// it failed.
  default void afterCommit() throws RocksDBException {}
}
