package io.holdfast.cassandra;

/// Where an object has its home.
///
/// @param version counts up with each change, from 1
/// @param txSeq the last commit that its home before has stored: only who has seen that one may go
///   on from there; 0 at its first home
public record Placement(String region, long version, long txSeq) {
  /// The first home of an object.
  public static Placement first(String region) {
    return new Placement(region, 1, 0);
  }

  /// The home after this one.
  public Placement next(String region, long txSeq) {
    return new Placement(region, version + 1, txSeq);
  }
}
