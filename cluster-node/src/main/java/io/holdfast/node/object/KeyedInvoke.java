package io.holdfast.node.object;

import io.holdfast.node.idempotency.Fingerprint;
import io.holdfast.node.idempotency.StoredAnswer;
import io.holdfast.protocol.RpcCall;
import io.holdfast.sdk.DurableObject;

/// A method call under an idempotency key.
record KeyedInvoke(RpcCall call) implements KeyedCall.Kind<byte[]> {
  @Override
  public Fingerprint fingerprint(Incarnation incarnation) {
    return Fingerprint.of(call);
  }

  @Override
  public boolean exists(Incarnation incarnation) {
    return incarnation.hasMethod(call.method());
  }

  @Override
  public byte[] run(DurableObject instance, Incarnation incarnation) throws Exception {
    return ObjectEvent.Invoke.result(instance, incarnation, call);
  }

  @Override
  public KeyedCall.Kept<byte[]> keep(byte[] answer, int bytesMax) {
    return new KeyedCall.Kept<>(answer, new StoredAnswer.Result(answer));
  }

  @Override
  public byte[] repeated(StoredAnswer answer) {
    return ((StoredAnswer.Result) answer).bytes();
  }
}
