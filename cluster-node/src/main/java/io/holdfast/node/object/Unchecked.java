package io.holdfast.node.object;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/// Calls that wait, without checked exceptions: what another party failed with is thrown as it is.
final class Unchecked {
  private Unchecked() {}

  static <T> T call(Callable<T> task) {
    try {
      return task.call();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HoldfastException(ErrorCode.OBJECT_UNAVAILABLE, "interrupted while waiting", e);
    } catch (ExecutionException | CompletionException e) {
      if (e.getCause() instanceof HoldfastException known) {
        throw known;
      }
      throw new HoldfastException(ErrorCode.INTERNAL, "unexpected: " + e.getCause(), e);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new HoldfastException(ErrorCode.INTERNAL, "unexpected: " + e, e);
    }
  }
}
