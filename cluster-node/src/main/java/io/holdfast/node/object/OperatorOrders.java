package io.holdfast.node.object;

import io.holdfast.protocol.RpcCall;
import io.holdfast.protocol.RpcResult;
import io.holdfast.protocol.ValueCodec;

/// The form of what operators order of the node of an object: a method and texts.
final class OperatorOrders {
  /// The answer of an order that has none.
  static final RpcResult NOTHING = new RpcResult.Value(new byte[0]);

  private static final ValueCodec CODEC = new ValueCodec();

  private OperatorOrders() {}

  static RpcCall order(String method, String... arguments) {
    return new RpcCall(method, RpcCall.Encoding.JSON, CODEC.write(arguments));
  }

  static String[] arguments(RpcCall order) {
    return CODEC.read(order.arguments(), String[].class);
  }

  /// An answer as JSON.
  static RpcResult answer(Object value) {
    return new RpcResult.Value(CODEC.write(value));
  }

  /// What [#answer] was given.
  static <T> T read(RpcResult answer, Class<T> type) {
    if (answer instanceof RpcResult.Value(byte[] bytes)) {
      return CODEC.read(bytes, type);
    }
    throw new IllegalStateException("expected a value of " + type + ", found a stream");
  }
}
