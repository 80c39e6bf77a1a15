package io.holdfast.node.object;

import io.holdfast.node.app.Caller;
import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.RpcResult;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/// Calls that an object makes: they leave only after its earlier writes are durable, and while it
/// waits for the answer other events may enter.
final class TurnCaller implements Caller {
  private final Incarnation incarnation;

  TurnCaller(Incarnation incarnation) {
    this.incarnation = incarnation;
  }

  @Override
  public CallContext context() {
    return incarnation.turn().context;
  }

  @Override
  public <T> T call(Supplier<CompletableFuture<T>> send) {
    T result = Unchecked.call(() -> incarnation.yieldForEffect(() -> send.get().get()));
    return inbound(result);
  }

  @SuppressWarnings("unchecked") // Each is wrapped in its own kind.
  private <T> T inbound(T result) {
    return switch (result) {
      case Response response -> (T) TurnStreams.inbound(incarnation, response);
      case RpcResult rpc -> (T) TurnStreams.inbound(incarnation, rpc);
      case null, default -> result;
    };
  }

  @Override
  public <T> CompletableFuture<T> callAsync(Supplier<CompletableFuture<T>> send) {
    incarnation.turn();
    return incarnation.whenDurable().thenCompose(durable -> send.get()).thenApply(this::inbound);
  }

  @Override
  public void post(ObjectAddress receiver, RpcCall call) {
    incarnation.mail().send(receiver, call);
  }

  @Override
  public Response outbound(Request request) {
    return TurnStreams.inbound(
        incarnation,
        Unchecked.call(
            () -> incarnation.yieldForEffect(() -> incarnation.services().outbound(request))));
  }
}
