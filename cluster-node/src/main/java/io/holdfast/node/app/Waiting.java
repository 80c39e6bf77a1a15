package io.holdfast.node.app;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.Response;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/// Waiting for the answer of a call on a virtual thread.
public final class Waiting {
  private Waiting() {}

  /// The value of the future.
  ///
  /// @throws HoldfastException the one it failed with; `timeout` when the thread is interrupted,
  ///   which it stays; `internal` for a failure of any other kind
  public static <T> T await(CompletableFuture<T> answer) {
    try {
      return answer.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      var unread = answer.thenAccept(Waiting::discard);
      throw new ObjectCallException(
          ErrorCode.TIMEOUT,
          "InterruptedException",
          "expected an answer, found the waiting thread interrupted; the call may have been carried out",
          ObjectCallException.Origin.RUNTIME,
          e);
    } catch (ExecutionException | CancellationException e) {
      throw failure(e);
    }
  }

  /// The failure of a future as the exception that callers see.
  public static HoldfastException failure(Throwable thrown) {
    Throwable cause = thrown;
    while ((cause instanceof ExecutionException || cause instanceof CompletionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof HoldfastException known
        ? known
        : new HoldfastException(ErrorCode.INTERNAL, "the call failed: " + cause, cause);
  }

  /// An answer that nobody will read any more must not hold its connection.
  private static void discard(Object answer) {
    if (answer instanceof Response response && response.body().buffered().isEmpty()) {
      try {
        response.body().stream().close();
      } catch (IOException | HoldfastException e) {
        // Gone already, which is what was wanted.
      }
    }
  }
}
