package io.holdfast.persistence.database;

import java.util.OptionalLong;

/// What one or several committed transactions of an object changed.
///
/// @param before the image before the first of them
/// @param after the image after the last of them
/// @param transactions how many there were, 1 or more
/// @param alarm when the object is to be woken after the last of them, the earlier of its alarm and
///   its wake, in epoch milliseconds; empty when there is neither
public record Commit(
    DatabaseImage before, DatabaseImage after, int transactions, OptionalLong alarm) {
  /// This commit and the one that followed, as one: the first old image and the last new one.
  public Commit mergedWith(Commit next) {
    return new Commit(before, next.after, transactions + next.transactions, next.alarm);
  }
}
