package io.holdfast.sdk;

/// Answers a request that a container sent to the world, in its place: code of the app that runs
/// outside of the container.
///
/// It may send the request on (`env.fetch(request)`), change it, add a credential that the
/// container never sees (`env.secret(…)`), ask an object of the app, or answer by itself. It runs
/// on a virtual thread of its own, many at once, and outside of every object: also while the object
/// of the container runs another event or is out of memory. Keep no mutable state in it.
///
/// What it throws becomes a 502 for the container; the message is logged, not shown.
@FunctionalInterface
public interface OutboundHandler {
  /// Answers one request. Its URL is absolute; its body is a stream, read while it comes.
  ///
  /// @param env the bindings of the app
  /// @param ctx whose container sent it
  Response handle(Request request, Env env, OutboundContext ctx) throws Exception;
}
