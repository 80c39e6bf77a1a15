package io.holdfast.persistence.embedded;

import org.rocksdb.RocksDBException;

/// Stands between the writer thread and the disk, so that a test can slow a commit down or make it
/// fail.
@FunctionalInterface
interface CommitHook {
  CommitHook NONE = _ -> {};

  /// Called before each commit with the number of its writes.
  void beforeCommit(int writes) throws RocksDBException;
}
