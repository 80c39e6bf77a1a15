package io.holdfast.node.object;

import io.holdfast.node.idempotency.Fingerprint;
import io.holdfast.node.idempotency.StoredAnswer;
import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.RpcResult;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/// A method call under an idempotency key. A stream that it returns is read up to what may be kept.
final class KeyedInvoke implements KeyedCall.Kind<RpcResult> {
  private RpcCall call;

  KeyedInvoke(RpcCall call) {
    this.call = call;
  }

  @Override
  public long bytes() {
    return call.arguments().length;
  }

  @Override
  public Fingerprint fingerprint(Incarnation incarnation) {
    call = TurnStreams.inbound(incarnation, call);
    if (!call.streams().isEmpty()) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected no streams as arguments under an idempotency key, found some for method \""
              + call.method()
              + "\": they cannot be compared with those of a repeat");
    }
    return Fingerprint.of(call);
  }

  @Override
  public boolean exists(Incarnation incarnation) {
    return incarnation.hasMethod(call.method());
  }

  @Override
  public RpcResult run(DurableObject instance, Incarnation incarnation) throws Exception {
    return ObjectEvent.Invoke.result(instance, incarnation, call);
  }

  @Override
  public KeyedCall.Kept<RpcResult> keep(RpcResult answer, int bytesMax) throws IOException {
    return switch (answer) {
      case RpcResult.Value(byte[] bytes) ->
          new KeyedCall.Kept<>(answer, new StoredAnswer.Result(bytes));
      case RpcResult.Bytes(InputStream stream) -> keep(Prefix.of(stream, bytesMax));
    };
  }

  private static KeyedCall.Kept<RpcResult> keep(Prefix prefix) {
    StoredAnswer stored =
        prefix.whole().isPresent()
            ? new StoredAnswer.Stream(prefix.whole().get())
            : new StoredAnswer.NotKept();
    return new KeyedCall.Kept<>(new RpcResult.Bytes(prefix.all()), stored);
  }

  @Override
  public RpcResult repeated(StoredAnswer answer) {
    return answer instanceof StoredAnswer.Stream(byte[] bytes)
        ? new RpcResult.Bytes(new ByteArrayInputStream(bytes))
        : new RpcResult.Value(((StoredAnswer.Result) answer).bytes());
  }
}
