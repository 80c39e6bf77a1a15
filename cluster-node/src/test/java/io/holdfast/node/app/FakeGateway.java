package io.holdfast.node.app;

import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectGateway;
import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.RpcResult;
import io.holdfast.protocol.ValueCodec;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;

/// Records the calls and answers them as told.
final class FakeGateway implements ObjectGateway {
  record Sent(ObjectAddress target, RpcCall call, CallContext context) {}

  final List<Sent> sent = new CopyOnWriteArrayList<>();
  final List<String> moved = new CopyOnWriteArrayList<>();
  final List<ObjectAddress> fetched = new CopyOnWriteArrayList<>();
  final ValueCodec codec = new ValueCodec();
  private Function<RpcCall, CompletableFuture<byte[]>> answer =
      call -> CompletableFuture.completedFuture(codec.toCbor(null));
  private Function<Request, CompletableFuture<Response>> response =
      request -> CompletableFuture.completedFuture(Response.text(request.method()));

  static WorkerCaller caller() {
    return new WorkerCaller(
        CallContext.of("request-1"), request -> Response.text("to " + request.url()));
  }

  void answers(Object value) {
    answersWith(call -> CompletableFuture.completedFuture(codec.toCbor(value)));
  }

  void fails(Throwable failure) {
    answersWith(call -> CompletableFuture.failedFuture(failure));
    response = request -> CompletableFuture.failedFuture(failure);
  }

  void answersWith(Function<RpcCall, CompletableFuture<byte[]>> newAnswer) {
    answer = newAnswer;
  }

  void respondsTo(Consumer<Request> seen) {
    response =
        request -> {
          seen.accept(request);
          return CompletableFuture.completedFuture(Response.text("seen"));
        };
  }

  void respondsWith(CompletableFuture<Response> newResponse) {
    response = request -> newResponse;
  }

  @Override
  public CompletableFuture<Response> fetch(
      ObjectAddress target, Request request, CallContext context) {
    fetched.add(target);
    return response.apply(request);
  }

  @Override
  public CompletableFuture<RpcResult> invoke(
      ObjectAddress target, RpcCall call, CallContext context) {
    sent.add(new Sent(target, call, context));
    return answer.apply(call).thenApply(RpcResult.Value::new);
  }

  @Override
  public CompletableFuture<String> move(ObjectAddress target, String region, CallContext context) {
    moved.add(target + " to " + region);
    return CompletableFuture.completedFuture(region);
  }

  @Override
  public int birthRegion(NamespaceId namespace, Optional<Jurisdiction> jurisdiction) {
    return 0;
  }
}
