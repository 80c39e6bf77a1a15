package io.holdfast.persistence.embedded;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.pekko.dispatch.Futures;
import org.jspecify.annotations.Nullable;
import scala.concurrent.Future;
import scala.concurrent.Promise;

/// Java's futures as Pekko wants them, with the fault itself and not its wrapper.
final class ScalaFutures {
  private ScalaFutures() {}

  static <T> Future<T> of(CompletableFuture<T> future) {
    Promise<T> promise = Futures.promise();
    future.whenComplete((value, failure) -> complete(promise, value, failure));
    return promise.future();
  }

  private static <T> void complete(Promise<T> promise, T value, @Nullable Throwable failure) {
    if (failure == null) {
      promise.success(value);
    } else {
      promise.failure(cause(failure));
    }
  }

  private static Throwable cause(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }
}
