package io.holdfast.multijvm;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/*
 * A ledger answers an addition with its place in the list, and a reading with the last place: so the one order in which all
 * happened is known, and need not be searched for. What remains is whether that order fits what was answered, and when.
 */
/// What clients did with one ledger and what they were answered: whether one object, one thing
/// after another, can have answered that. Thread-safe.
final class LedgerHistory {
  /// What can be wrong.
  enum Violation {
    LOST,
    DUPLICATED,
    OVERLAPPING_OWNERS,
    STALE
  }

  /// A violation and what it is seen by.
  record Found(Violation violation, String text) {}

  /** An operation that was answered: the ledger had `count` entries then, the last was `token`. */
  private record Answered(
      boolean addition, String token, long count, long begunNanos, long endedNanos) {}

  private final List<Answered> answered = new ArrayList<>();

  /// An addition that was acknowledged as entry `count`.
  synchronized void added(String token, long count, long begunNanos, long endedNanos) {
    answered.add(new Answered(true, token, count, begunNanos, endedNanos));
  }

  /// A reading that found `count` entries, the last of them `token`; 0 and an empty one when there
  /// were none.
  synchronized void read(String token, long count, long begunNanos, long endedNanos) {
    answered.add(new Answered(false, token, count, begunNanos, endedNanos));
  }

  synchronized int size() {
    return answered.size();
  }

  /// How long after a moment the ledger answered something that was asked after it, in nanoseconds;
  /// -1 when never.
  synchronized long recovery(long momentNanos) {
    return answered.stream()
            .filter(one -> one.begunNanos - momentNanos >= 0)
            .mapToLong(Answered::endedNanos)
            .min()
            .orElse(momentNanos - 1)
        - momentNanos;
  }

  /// @param tokens what the ledger has at the end, in its order
  synchronized List<Found> check(List<String> tokens) {
    List<Found> found = new ArrayList<>();
    Set<String> there = new HashSet<>();
    for (String token : tokens) {
      if (!there.add(token)) {
        found.add(new Found(Violation.DUPLICATED, token + " is there twice"));
      }
    }
    Map<Long, String> byCount = new HashMap<>();
    for (Answered one : answered) {
      if (one.addition && !there.contains(one.token)) {
        found.add(new Found(Violation.LOST, one + " is not there"));
      }
      String other = byCount.putIfAbsent(one.count, one.token);
      if (other != null && !other.equals(one.token)) {
        found.add(
            new Found(
                Violation.OVERLAPPING_OWNERS,
                "entry %d was told to be %s and %s".formatted(one.count, other, one.token)));
      } else if (!one.token.equals(one.count == 0 ? "" : at(tokens, one.count))) {
        found.add(
            new Found(
                Violation.OVERLAPPING_OWNERS,
                "entry %d was told to be %s and is %s"
                    .formatted(one.count, one.token, at(tokens, one.count))));
      }
    }
    checkTime(found);
    return found;
  }

  private static String at(List<String> tokens, long count) {
    return count <= tokens.size() ? tokens.get((int) count - 1) : "missing";
  }

  /** What began after another had ended comes after it. */
  private void checkTime(List<Found> found) {
    List<Answered> byBegin = new ArrayList<>(answered);
    byBegin.sort(Comparator.comparingLong(Answered::begunNanos));
    List<Answered> byEnd = new ArrayList<>(answered);
    byEnd.sort(Comparator.comparingLong(Answered::endedNanos));
    int ended = 0;
    Answered last = null;
    for (Answered one : byBegin) {
      while (byEnd.get(ended).endedNanos < one.begunNanos) {
        Answered before = byEnd.get(ended++);
        last = last == null || before.count > last.count ? before : last;
      }
      if (last != null && one.count < last.count + (one.addition ? 1 : 0)) {
        found.add(new Found(Violation.STALE, one + " began after the end of " + last));
      }
    }
  }
}
