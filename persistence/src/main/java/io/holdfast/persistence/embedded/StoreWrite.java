package io.holdfast.persistence.embedded;

import io.holdfast.sdk.HoldfastException;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/// Something that waits for the disk: a link of [WriteQueue] and a member of one group.
///
/// Exactly one of [#done()] and [#failed(HoldfastException)] is called, once, on the writer thread
/// (or on the caller's when the queue refuses it); neither may block.
abstract class StoreWrite {
  /// The write that was queued before this one; [WriteQueue] turns the links round.
  @Nullable StoreWrite next;

  final String persistenceId;
  final int bytes;

  StoreWrite(String persistenceId, int bytes) {
    this.persistenceId = persistenceId;
    this.bytes = bytes;
  }

  /// Adds its rows to the group that is being built. Called on the writer thread.
  abstract void addTo(Group group) throws RocksDBException;

  /// All its rows are on the disk.
  abstract void done();

  /// None of its rows was acknowledged.
  abstract void failed(HoldfastException why);
}
