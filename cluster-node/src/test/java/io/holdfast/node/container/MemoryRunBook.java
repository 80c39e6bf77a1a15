package io.holdfast.node.container;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;

/// A [RunBook] in memory, through the bytes of its rows. Writes of a life of the node that is over
/// come to nothing.
final class MemoryRunBook implements RunBook {
  private final Map<String, byte[]> rows;
  private volatile boolean over;
  private volatile boolean failing;
  private volatile boolean unreadable;
  private volatile CompletableFuture<Void> durable = CompletableFuture.completedFuture(null);

  MemoryRunBook() {
    this(new ConcurrentSkipListMap<>());
  }

  private MemoryRunBook(Map<String, byte[]> rows) {
    this.rows = rows;
  }

  /// What the next life of the node finds.
  MemoryRunBook nextLife() {
    over = true;
    return new MemoryRunBook(new ConcurrentSkipListMap<>(rows));
  }

  /// From now on nothing can be written, as on a full disk.
  void fails() {
    failing = true;
  }

  /// Reads fail from now on, or no more.
  void readsFail(boolean fail) {
    unreadable = fail;
  }

  /// Writes are not durable from now on, until the future is completed.
  CompletableFuture<Void> holdWrites() {
    durable = new CompletableFuture<>();
    return durable;
  }

  @Override
  public CompletableFuture<Void> write(RunFact fact) {
    return refusedOr(() -> rows.put(fact.key(), fact.toRow()));
  }

  @Override
  public CompletableFuture<Void> erase(RunFact fact) {
    return refusedOr(() -> rows.remove(fact.key()));
  }

  private CompletableFuture<Void> refusedOr(Runnable write) {
    if (over || failing) {
      return CompletableFuture.failedFuture(
          new HoldfastException(ErrorCode.STORAGE_FULL, "the book is full"));
    }
    write.run();
    return durable.copy();
  }

  @Override
  public List<RunFact> all() {
    if (unreadable) {
      throw new HoldfastException(ErrorCode.STORAGE_FAILED, "the book cannot be read");
    }
    return rows.values().stream().map(RunFact::ofRow).toList();
  }
}
