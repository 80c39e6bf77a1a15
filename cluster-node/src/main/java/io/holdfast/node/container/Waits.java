package io.holdfast.node.container;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Waiting on virtual threads, with the errors of this software.
final class Waits {
  private Waits() {}

  /// Waits without limit.
  ///
  /// @throws HoldfastException the one the future has failed with; `internal` for any other failure
  static <T> T join(CompletableFuture<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw fault(e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /// Waits that long at most.
  ///
  /// @param missed what to say when the time is over: "… did not start"
  /// @throws HoldfastException as above; `timeout`
  static <T> T join(CompletableFuture<T> future, Duration most, String missed) {
    try {
      return future.get(most.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw fault(e);
    } catch (TimeoutException e) {
      throw new HoldfastException(ErrorCode.TIMEOUT, missed + " within " + most, e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static HoldfastException fault(ExecutionException e) {
    return e.getCause() instanceof HoldfastException known
        ? known
        : new HoldfastException(ErrorCode.INTERNAL, "unexpected: " + e.getCause(), e.getCause());
  }

  private static HoldfastException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new HoldfastException(
        ErrorCode.OBJECT_UNAVAILABLE, "interrupted while waiting for the container", e);
  }

  static void pause(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
