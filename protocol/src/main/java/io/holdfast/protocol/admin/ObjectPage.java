package io.holdfast.protocol.admin;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Some of the objects of a namespace.
///
/// @param next what to ask for to go on, empty at the end
public record ObjectPage(List<Entry> objects, Optional<String> next) {
  /// One object.
  ///
  /// @param name the name it was addressed by, where that is known
  /// @param databaseBytes the size of its database
  /// @param storedBytes what its history takes in the journal, with snapshots
  /// @param storedBytesExact whether that is all; otherwise it is more
  /// @param alarm when it is to be woken
  public record Entry(
      String id,
      Optional<String> name,
      long databaseBytes,
      long storedBytes,
      boolean storedBytesExact,
      Optional<Instant> alarm) {}
}
