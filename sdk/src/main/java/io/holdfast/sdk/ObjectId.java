package io.holdfast.sdk;

import java.util.Optional;

/// The id of an object: 64 hex digits that are valid in one namespace only.
///
/// @param hex 64 lower-case hex digits
/// @param knownName the name it was made from, when known; not part of the identity
public record ObjectId(String hex, Optional<String> knownName) {
  public ObjectId {
    if (!isWellFormed(hex)) {
      throw new HoldfastException(
          ErrorCode.INVALID_OBJECT_ID, "Invalid Durable Object ID: must be 64 hex digits");
    }
  }

  private static boolean isWellFormed(String hex) {
    if (hex.length() != 64) {
      return false;
    }
    for (int i = 0; i < 64; i++) {
      char c = hex.charAt(i);
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
        return false;
      }
    }
    return true;
  }

  /// The name the id was made from; empty for unique ids, for ids read from text, and for names
  /// over 1,024 bytes.
  public Optional<String> name() {
    return knownName;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ObjectId that && hex.equals(that.hex);
  }

  @Override
  public int hashCode() {
    return hex.hashCode();
  }

  /// The 64 hex digits.
  @Override
  public String toString() {
    return hex;
  }
}
