package io.holdfast.node.app;

import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.IdempotencyKey;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectGateway;
import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.RpcResult;
import io.holdfast.protocol.ValueCodec;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.GetOptions;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectId;
import io.holdfast.sdk.ObjectStub;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The way from app code to one object.
record Stub(
    ObjectAddress address,
    GetOptions options,
    Optional<IdempotencyKey> key,
    ObjectGateway gateway,
    Caller caller,
    ValueCodec codec)
    implements ObjectStub {
  @Override
  public ObjectId id() {
    return address.id();
  }

  @Override
  public Response fetch(Request request) {
    CallContext context = context();
    Request keyed = keyed(request);
    boolean repeatable = keyed.body().buffered().isPresent();
    return caller.call(retried(repeatable, () -> gateway.fetch(address, keyed, context)));
  }

  private Request keyed(Request request) {
    if (key.isEmpty()) {
      return request;
    }
    Optional<IdempotencyKey> own = IdempotencyKey.of(request.headers());
    if (own.isPresent() && !own.equals(key)) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected one idempotency key, found '"
              + key.get().value()
              + "' of the stub and '"
              + own.get().value()
              + "' of the request");
    }
    return request.withHeader(IdempotencyKey.HEADER, key.get().value());
  }

  @Override
  public ObjectStub withIdempotencyKey(String value) {
    return new Stub(
        address, options, Optional.of(new IdempotencyKey(value)), gateway, caller, codec);
  }

  @Override
  public void send(String method, Object... arguments) {
    if (key.isPresent()) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected no idempotency key on a message, which has its effect once anyway, found '"
              + key.get().value()
              + "'");
    }
    RpcCall call = codec.encodeCall(method, RpcCall.Encoding.CBOR, arguments);
    if (!call.streams().isEmpty()) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a message without streams, which cannot be stored, found some for method \""
              + method
              + '"');
    }
    caller.post(address, call);
  }

  @Override
  public <T> T sender(Class<T> rpcInterface) {
    return SenderProxy.of(rpcInterface, this);
  }

  @Override
  public <T> T as(Class<T> rpcInterface) {
    return RpcProxy.of(rpcInterface, this);
  }

  @Override
  public void move(String region) {
    CallContext context = context();
    String _ = caller.call(() -> gateway.move(address, region, context));
  }

  /// Calls a method and waits for its result in CBOR.
  RpcResult invoke(String method, @Nullable Object[] arguments) {
    return caller.call(sending(method, arguments));
  }

  CompletableFuture<RpcResult> invokeAsync(String method, @Nullable Object[] arguments) {
    return caller.callAsync(sending(method, arguments));
  }

  /// The arguments are encoded before anything waits: the call carries them as they are now.
  private Supplier<CompletableFuture<RpcResult>> sending(
      String method, @Nullable Object[] arguments) {
    RpcCall call = codec.encodeCall(method, RpcCall.Encoding.CBOR, arguments);
    CallContext context = context();
    return retried(call.streams().isEmpty(), () -> gateway.invoke(address, call, context));
  }

  private <T> Supplier<CompletableFuture<T>> retried(
      boolean repeatable, Supplier<CompletableFuture<T>> send) {
    return repeatable && options.retry().isPresent()
        ? new RetriedCall<>(send, options.retry().get())
        : send;
  }

  private CallContext context() {
    return caller.context().deeper(options.locationHint()).with(key);
  }

  @Override
  public String toString() {
    return "stub of " + address;
  }
}
