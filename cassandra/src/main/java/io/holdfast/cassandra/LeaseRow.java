package io.holdfast.cassandra;

import java.util.Optional;

/// A lease as it is stored. It changes by compare-and-set only, and each change counts up `token`
/// or `beat`: equal rows are the same state, not a state that came again.
///
/// @param owner one life of one process; empty when it was given back
/// @param token counts owners up, from 1: what an earlier owner still sends can be told by it
/// @param beat counts the signs of life of this owner up
public record LeaseRow(Optional<String> owner, long token, long beat) {
  static LeaseRow first(String owner) {
    return new LeaseRow(Optional.of(owner), 1, 0);
  }

  LeaseRow takenBy(String next) {
    return new LeaseRow(Optional.of(next), token + 1, 0);
  }

  LeaseRow alive() {
    return new LeaseRow(owner, token, beat + 1);
  }

  LeaseRow givenBack() {
    return new LeaseRow(Optional.empty(), token, beat + 1);
  }
}
