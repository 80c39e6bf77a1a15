package io.holdfast.node.app;

import io.holdfast.sdk.GetOptions;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// A call that is sent again when the runtime around its object failed in a way that may pass:
/// after 50 ms, then twice as long each time up to 2 s, and all up to a quarter longer.
///
/// The object's own errors are never retried, nor is an overloaded object.
record RetriedCall<T>(Supplier<CompletableFuture<T>> send, GetOptions.Retry retry)
    implements Supplier<CompletableFuture<T>> {
  private static final long PAUSE_FIRST_MILLIS = 50;
  private static final long PAUSE_MAX_MILLIS = 2000;

  @Override
  public CompletableFuture<T> get() {
    return attempt(0, System.nanoTime() + retry.timeout().toNanos());
  }

  private CompletableFuture<T> attempt(int retries, long deadlineNanos) {
    return send.get()
        .exceptionallyCompose(thrown -> {
          HoldfastException failure = Waiting.failure(thrown);
          long pause = pauseMillis(retries);
          boolean inTime =
              System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(pause) - deadlineNanos < 0;
          return retries < retry.maxRetries() && inTime && mayPass(failure)
              ? later(pause, retries + 1, deadlineNanos)
              : CompletableFuture.failedFuture(failure);
        });
  }

  private CompletableFuture<T> later(long pauseMillis, int retries, long deadlineNanos) {
    return CompletableFuture.supplyAsync(
            () -> retries, CompletableFuture.delayedExecutor(pauseMillis, TimeUnit.MILLISECONDS))
        .thenCompose(count -> attempt(count, deadlineNanos));
  }

  private static boolean mayPass(HoldfastException failure) {
    return failure.code().retryable()
        && !(failure instanceof ObjectCallException call && (call.remote() || call.overloaded()));
  }

  private static long pauseMillis(int retries) {
    long pause = Math.min(PAUSE_MAX_MILLIS, PAUSE_FIRST_MILLIS << Math.min(retries, 10));
    return pause + ThreadLocalRandom.current().nextLong(pause / 4 + 1);
  }
}
