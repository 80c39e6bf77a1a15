package io.holdfast.protocol;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Optional;

/// What goes with a call besides its arguments.
///
/// @param requestId the id of the request at the edge that led to this call
/// @param locationHint where a new object should live
/// @param depth how many calls of objects led to this one, each waiting for the next
/// @param idempotencyKey what names a method call; an HTTP request carries its key as a header
/// @param origin the address of the node that the call has come from; empty: this one
public record CallContext(
    String requestId,
    Optional<String> locationHint,
    int depth,
    Optional<IdempotencyKey> idempotencyKey,
    Optional<String> origin) {
  /// How deep calls may go.
  public static final int DEPTH_MAX = 64;

  /// That of what the runtime does by itself.
  public static final CallContext RUNTIME = of("runtime");

  public static CallContext of(String requestId) {
    return new CallContext(requestId, Optional.empty(), 0, Optional.empty(), Optional.empty());
  }

  /// The context of a call that is made in this one.
  ///
  /// @throws HoldfastException `call_too_deep`
  public CallContext deeper(Optional<String> hint) {
    if (depth >= DEPTH_MAX) {
      throw new HoldfastException(
          ErrorCode.CALL_TOO_DEEP,
          "expected calls of objects at most "
              + DEPTH_MAX
              + " deep, found one more in request "
              + requestId);
    }
    return new CallContext(requestId, hint, depth + 1, Optional.empty(), Optional.empty());
  }

  /// This context for a call that is named so.
  public CallContext with(Optional<IdempotencyKey> key) {
    return new CallContext(requestId, locationHint, depth, key, origin);
  }
}
