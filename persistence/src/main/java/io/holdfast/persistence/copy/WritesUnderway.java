package io.holdfast.persistence.copy;

import io.holdfast.persistence.store.StoredFutures;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// Writes that a store has not told done yet, a few MiB of them. One thread.
public final class WritesUnderway {
  private static final int BYTES_MAX = 4 << 20;

  private final int countMax;
  private final List<CompletableFuture<?>> writes = new ArrayList<>();
  private int bytes;

  /// @param countMax how many may be underway
  public WritesUnderway(int countMax) {
    this.countMax = countMax;
  }

  /// Blocks until all are done when they are many.
  public void add(CompletableFuture<?> write, int size) {
    writes.add(write);
    bytes += size;
    if (writes.size() >= countMax || bytes >= BYTES_MAX) {
      await();
    }
  }

  /// Blocks until all are done.
  ///
  /// @throws io.holdfast.sdk.HoldfastException one that one of them has failed with
  public void await() {
    StoredFutures.joinAll(writes.stream());
    writes.clear();
    bytes = 0;
  }
}
