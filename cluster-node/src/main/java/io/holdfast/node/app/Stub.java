package io.holdfast.node.app;

import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.IdempotencyKey;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectGateway;
import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.ValueCodec;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectId;
import io.holdfast.sdk.ObjectStub;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// The way from app code to one object.
record Stub(
    ObjectAddress address,
    Optional<String> locationHint,
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
    return caller.call(() -> gateway.fetch(address, keyed, context));
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
        address, locationHint, Optional.of(new IdempotencyKey(value)), gateway, caller, codec);
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
    caller.post(address, encoded(method, arguments));
  }

  @Override
  public <T> T sender(Class<T> rpcInterface) {
    return SenderProxy.of(rpcInterface, this);
  }

  @Override
  public <T> T as(Class<T> rpcInterface) {
    return RpcProxy.of(rpcInterface, this);
  }

  /// Calls a method and waits for its result in CBOR.
  byte[] invoke(String method, @Nullable Object[] arguments) {
    RpcCall call = encoded(method, arguments);
    CallContext context = context();
    return caller.call(() -> gateway.invoke(address, call, context));
  }

  CompletableFuture<byte[]> invokeAsync(String method, @Nullable Object[] arguments) {
    RpcCall call = encoded(method, arguments);
    CallContext context = context();
    return caller.callAsync(() -> gateway.invoke(address, call, context));
  }

  /// The arguments are encoded before anything waits: the call carries them as they are now.
  private RpcCall encoded(String method, @Nullable Object[] arguments) {
    return new RpcCall(
        method, RpcCall.Encoding.CBOR, codec.encodeArguments(RpcCall.Encoding.CBOR, arguments));
  }

  private CallContext context() {
    return new CallContext(caller.context().requestId(), locationHint, key);
  }

  @Override
  public String toString() {
    return "stub of " + address;
  }
}
