package io.holdfast.protocol;

import java.util.Optional;

/// What goes with a call besides its arguments.
///
/// @param requestId the id of the request at the edge that led to this call
/// @param locationHint where a new object should live
public record CallContext(String requestId, Optional<String> locationHint) {
  public static CallContext of(String requestId) {
    return new CallContext(requestId, Optional.empty());
  }
}
