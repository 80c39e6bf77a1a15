package io.holdfast.persistence.store;

import io.holdfast.sdk.HoldfastException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;

/// Waiting for a store, with its faults as they are.
public final class StoredFutures {
  private StoredFutures() {}

  /// Blocks.
  ///
  /// @throws HoldfastException the one the future has failed with
  public static <T> T joined(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof HoldfastException known ? known : e;
    }
  }

  /// What a step of a future has failed with, without the wrapping of steps before it.
  public static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /// Blocks until all have ended.
  ///
  /// @throws HoldfastException one that one of them has failed with
  public static void joinAll(Stream<? extends CompletableFuture<?>> futures) {
    var _ = joined(CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new)));
  }
}
