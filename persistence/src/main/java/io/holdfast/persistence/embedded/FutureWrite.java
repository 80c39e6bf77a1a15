package io.holdfast.persistence.embedded;

import io.holdfast.sdk.HoldfastException;
import java.util.concurrent.CompletableFuture;
import org.rocksdb.RocksDBException;

/// A write whose outcome is a future.
final class FutureWrite extends StoreWrite {
  /// What it does to the tables; runs on the writer thread.
  @FunctionalInterface
  interface Rows {
    void addTo(Group group) throws RocksDBException;
  }

  private final Rows rows;
  final CompletableFuture<Void> result = new CompletableFuture<>();

  FutureWrite(String persistenceId, int bytes, Rows rows) {
    super(persistenceId, bytes);
    this.rows = rows;
  }

  /// A write of nothing, done when all before it are.
  static FutureWrite barrier(String persistenceId) {
    return new FutureWrite(persistenceId, 0, _ -> {});
  }

  @Override
  void addTo(Group group) throws RocksDBException {
    rows.addTo(group);
  }

  @Override
  void done() {
    result.complete(null);
  }

  @Override
  void failed(HoldfastException why) {
    result.completeExceptionally(why);
  }
}
