package io.holdfast.protocol;

import java.io.InputStream;

/// What a method call on an object came to.
public sealed interface RpcResult {
  /// A value in the encoding of the call; that of a `void` method is null.
  record Value(byte[] bytes) implements RpcResult {}

  /// Bytes that are read as they come. Whoever does not read them to their end closes them.
  record Bytes(InputStream stream) implements RpcResult {}
}
