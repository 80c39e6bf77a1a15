package io.holdfast.persistence.writer;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import org.jspecify.annotations.Nullable;

/// What the journal's failures mean to the owner of a writer.
final class Faults {
  private Faults() {}

  /// The fault with the code of the first of ours among the causes, else `storage_failed`.
  static HoldfastException of(String objectKey, String verb, Throwable cause) {
    HoldfastException ours = firstOfOurs(cause);
    ErrorCode code = ours == null ? ErrorCode.STORAGE_FAILED : ours.code();
    String what = ours == null ? cause.toString() : ours.getMessage();
    return new HoldfastException(
        code, "cannot " + verb + " object " + objectKey + ": " + what, cause);
  }

  private static @Nullable HoldfastException firstOfOurs(@Nullable Throwable cause) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof HoldfastException ours) {
        return ours;
      }
    }
    return null;
  }
}
