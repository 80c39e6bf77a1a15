package io.holdfast.sdk;

/// Code at the HTTP edge: routes, authenticates, orchestrates.
///
/// The node makes one instance per app with the public no-argument constructor and calls it for
/// every request, each on a virtual thread of its own and many at once: keep no mutable state in
/// fields. The world is seen only through [Env]. What it throws becomes a 500 with code
/// `worker_failed`; the message is logged, not shown.
@FunctionalInterface
public interface Worker {
  /// Answers one request.
  Response fetch(Request request, Env env, ExecutionContext ctx) throws Exception;
}
