package io.holdfast.protocol;

import java.util.Optional;

/// What goes with a call besides its arguments.
///
/// @param requestId the id of the request at the edge that led to this call
/// @param locationHint where a new object should live
/// @param idempotencyKey what names a method call; an HTTP request carries its key as a header
public record CallContext(
    String requestId, Optional<String> locationHint, Optional<IdempotencyKey> idempotencyKey) {
  public CallContext(String requestId, Optional<String> locationHint) {
    this(requestId, locationHint, Optional.empty());
  }

  public static CallContext of(String requestId) {
    return new CallContext(requestId, Optional.empty());
  }

  public CallContext with(Optional<IdempotencyKey> key) {
    return new CallContext(requestId, locationHint, key);
  }
}
