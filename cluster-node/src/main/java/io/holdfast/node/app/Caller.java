package io.holdfast.node.app;

import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.RpcCall;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/// How the code that holds an [io.holdfast.sdk.Env] sends and waits: a Worker does so plainly
/// ([WorkerCaller]); an object first waits until its writes are durable and lets other events enter
/// while it waits.
///
/// Sends leave in the order in which the methods were called. Every method throws
/// [io.holdfast.sdk.HoldfastException] and nothing else, and a returned future fails with nothing
/// else.
public interface Caller {
  /// What goes with the calls, but for their location hint.
  CallContext context();

  /// Sends and waits for the answer.
  <T> T call(Supplier<CompletableFuture<T>> send);

  /// Sends and returns at once.
  <T> CompletableFuture<T> callAsync(Supplier<CompletableFuture<T>> send);

  /// Stores a message, to be delivered once it is durable.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `wrong_state` when the code belongs to no object
  void post(ObjectAddress receiver, RpcCall call);

  /// Sends a request to the world and waits for the headers of the response. The URL was checked to
  /// be an absolute one of `http` or `https`.
  Response outbound(Request request);
}
