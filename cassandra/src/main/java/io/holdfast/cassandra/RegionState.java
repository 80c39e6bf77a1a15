package io.holdfast.cassandra;

/// What operators have said of a region.
///
/// @param version counts up with each word, from 1; 0 when nobody has said anything
/// @param isLost whether its objects are to find other homes
public record RegionState(long version, boolean isLost) {
  /// Of a region of which nobody has said anything.
  public static final RegionState UNSAID = new RegionState(0, false);
}
