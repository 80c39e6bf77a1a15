package io.holdfast.sdk;

import java.util.concurrent.Callable;

/// What belongs to one request of a [Worker].
public interface ExecutionContext {
  /// Runs a task on a virtual thread of its own, also after the response has left; it is given 30 s
  /// after that and is interrupted then. What it throws is logged.
  void waitUntil(Callable<?> task);

  /// The id of this request, as in the header `x-request-id` and the access log.
  String requestId();
}
