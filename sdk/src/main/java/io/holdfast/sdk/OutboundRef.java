package io.holdfast.sdk;

import java.util.Map;

/// A handler of [OutboundHandlers] by its name, with values for it: what can be stored.
///
/// @param handler 1 to 128 characters
/// @param params seen by the handler as [OutboundContext#params]; up to 8 KiB in all. They are
///   stored as they are: a secret belongs into the descriptor's `secrets`
public record OutboundRef(String handler, Map<String, String> params) {
  private static final int NAME_LENGTH_MAX = 128;
  private static final int PARAMS_LENGTH_MAX = 8_192;

  /// @throws HoldfastException `invalid_argument`
  public OutboundRef {
    if (handler.isEmpty() || handler.length() > NAME_LENGTH_MAX) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a name of an outbound handler of 1 to 128 characters, found "
              + handler.length());
    }
    params = Map.copyOf(params);
    int length =
        params.entrySet().stream().mapToInt(e -> e.getKey().length() + e.getValue().length()).sum();
    if (length > PARAMS_LENGTH_MAX) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected at most 8192 characters of parameters for outbound handler '"
              + handler
              + "', found "
              + length);
    }
  }

  public static OutboundRef to(String handler) {
    return new OutboundRef(handler, Map.of());
  }
}
