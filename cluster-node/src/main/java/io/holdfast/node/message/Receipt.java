package io.holdfast.node.message;

import io.holdfast.sdk.ErrorCode;
import java.util.Optional;

/// What the receiver says of a batch.
///
/// @param through every message up to this number was carried out, now or before
/// @param refusal why the first one after it was not; those behind it were not tried
public record Receipt(long through, Optional<Refusal> refusal) {
  /// @param code of what the receiver's code threw
  /// @param forGood whether another try is of no use
  public record Refusal(ErrorCode code, String message, boolean forGood) {}
}
