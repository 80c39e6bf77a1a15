package io.holdfast.node.region;

import io.holdfast.cassandra.RegionState;
import io.holdfast.persistence.store.StoredFutures;
import io.holdfast.protocol.admin.RegionAdmin;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.List;
import java.util.Optional;

/// [RegionAdmin] of a node.
public final class OperatorRegions implements RegionAdmin {
  private final Regions regions;
  private final ReachableRegions reachable;
  private final Optional<LostRegions> lost;

  /// @param lost present when there are several regions
  public OperatorRegions(Regions regions, ReachableRegions reachable, Optional<LostRegions> lost) {
    this.regions = regions;
    this.reachable = reachable;
    this.lost = lost;
  }

  @Override
  public List<Entry> list() {
    return regions.all().stream().map(region -> entry(region, isLost(region))).toList();
  }

  private boolean isLost(Region region) {
    return lost.isPresent() && lost.get().isLost(region);
  }

  private Entry entry(Region region, boolean isLost) {
    return new Entry(region.name(), region.equals(regions.self()), reachable.test(region), isLost);
  }

  @Override
  public Entry giveUp(String name) {
    Region region = regions.require(name);
    boolean othersLeft =
        regions.all().stream()
            .anyMatch(each -> !each.equals(region) && !isLost(each) && reachable.test(each));
    if (!othersLeft) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE,
          "expected another region that can be reached and is not lost to take the objects of %s, found none"
              .formatted(region));
    }
    return declare(region, true);
  }

  @Override
  public Entry takeBack(String name) {
    return declare(regions.require(name), false);
  }

  private Entry declare(Region region, boolean isLost) {
    if (lost.isEmpty()) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE, "expected a cluster of several regions, found one of one");
    }
    RegionState state = StoredFutures.joined(lost.get().declare(region, isLost));
    return entry(region, state.isLost());
  }
}
