package io.holdfast.node.app;

import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectGateway;
import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.ValueCodec;
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
    return caller.call(() -> gateway.fetch(address, request, context));
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
    return new CallContext(caller.context().requestId(), locationHint);
  }

  @Override
  public String toString() {
    return "stub of " + address;
  }
}
