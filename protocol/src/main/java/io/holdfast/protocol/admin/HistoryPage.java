package io.holdfast.protocol.admin;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Some of the commits of an object, newest first.
///
/// @param next what to ask for to go on, empty at the end
public record HistoryPage(List<Entry> commits, Optional<String> next) {
  /// One commit.
  ///
  /// @param bookmark of the state after it
  /// @param bytes what it takes in the journal
  /// @param databaseBytes the size of the database after it
  /// @param transactions how many transactions were merged into it
  public record Entry(
      String bookmark,
      Instant time,
      Kind kind,
      long bytes,
      long databaseBytes,
      long transactions) {}

  public enum Kind {
    COMMIT,
    /// It went back to an earlier state.
    RESTORE,
    /// It changed nothing but who writes.
    CLAIM
  }
}
