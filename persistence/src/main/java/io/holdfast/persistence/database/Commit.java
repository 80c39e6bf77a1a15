package io.holdfast.persistence.database;

import java.util.OptionalLong;
import java.util.stream.IntStream;

/// What one or several committed transactions of an object changed.
///
/// @param before the image before the first of them
/// @param after the image after the last of them
/// @param changed the numbers of the pages of `after` that may differ from those of `before`,
///   ascending: all others are the same; always with those beyond the last page of `before`, and
///   with all when the page size changed
/// @param transactions how many there were, 1 or more
/// @param alarm when the object is to be woken after the last of them, the earlier of its alarm and
///   its wake, in epoch milliseconds; empty when there is neither
@SuppressWarnings("ArrayRecordComponent") // One of the hot path; nobody compares commits.
public record Commit(
    DatabaseImage before,
    DatabaseImage after,
    int[] changed,
    int transactions,
    OptionalLong alarm) {

  /// Finds by comparison what changed.
  public Commit(DatabaseImage before, DatabaseImage after, int transactions, OptionalLong alarm) {
    this(before, after, before.differences(after), transactions, alarm);
  }

  /// This commit and the one that followed, as one: the first old image and the last new one.
  public Commit mergedWith(Commit next) {
    return new Commit(
        before,
        next.after,
        union(changed, next.changed, next.after.pageCount()),
        transactions + next.transactions,
        next.alarm);
  }

  private static int[] union(int[] one, int[] other, int max) {
    return IntStream.concat(IntStream.of(one), IntStream.of(other))
        .filter(pageNo -> pageNo <= max)
        .sorted()
        .distinct()
        .toArray();
  }
}
