package io.holdfast.node.app;

import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.RpcCall;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/// Sends at once and waits in place: a Worker owes nobody durability and keeps nobody out.
///
/// @param context goes with the calls of the request it was made for
public record WorkerCaller(CallContext context, Outbound client) implements Caller {
  /// The node's HTTP client.
  @FunctionalInterface
  public interface Outbound {
    /// Sends a request and waits for the headers of the response.
    ///
    /// @throws io.holdfast.sdk.HoldfastException and nothing else
    Response send(Request request);
  }

  @Override
  public <T> T call(Supplier<CompletableFuture<T>> send) {
    return Waiting.await(send.get());
  }

  @Override
  public <T> CompletableFuture<T> callAsync(Supplier<CompletableFuture<T>> send) {
    return send.get();
  }

  @Override
  public void post(ObjectAddress receiver, RpcCall call) {
    throw new HoldfastException(
        ErrorCode.WRONG_STATE,
        "expected a message from inside an object, which stores it with its own writes, found one"
            + " from a Worker to "
            + receiver
            + ": call the method, with withIdempotencyKey() when the call may be repeated");
  }

  @Override
  public Response outbound(Request request) {
    return client.send(request);
  }
}
