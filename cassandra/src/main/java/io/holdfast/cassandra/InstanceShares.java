package io.holdfast.cassandra;

import java.util.HashMap;
import java.util.Map;

/// Which node of a region may run how many of the instances that a namespace may have.
///
/// @param version counts the changes
/// @param byLife by the life of a node, see [NodeLeases]; who has none is not in it
public record InstanceShares(long version, Map<String, Integer> byLife) {
  /// Before anybody has any.
  public static final InstanceShares NONE = new InstanceShares(0, Map.of());

  public InstanceShares {
    byLife = Map.copyOf(byLife);
  }

  public int of(String life) {
    return byLife.getOrDefault(life, 0);
  }

  /// What all but one have.
  public int ofOthers(String life) {
    return byLife.values().stream().mapToInt(Integer::intValue).sum() - of(life);
  }

  /// The next version, with another share for one.
  public InstanceShares with(String life, int share) {
    Map<String, Integer> next = new HashMap<>(byLife);
    if (share == 0) {
      next.remove(life);
    } else {
      next.put(life, share);
    }
    return new InstanceShares(version + 1, next);
  }
}
