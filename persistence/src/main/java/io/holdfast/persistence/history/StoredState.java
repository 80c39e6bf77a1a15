package io.holdfast.persistence.history;

import io.holdfast.persistence.database.DatabaseImage;
import java.util.OptionalLong;

/// An earlier state of an object.
///
/// @param alarm when the object is to be woken, in epoch milliseconds
public record StoredState(DatabaseImage image, OptionalLong alarm) {
  /// Before the first commit.
  public static final StoredState EMPTY =
      new StoredState(DatabaseImage.EMPTY, OptionalLong.empty());
}
