package io.holdfast.node.region;

import io.holdfast.cassandra.RegionState;
import io.holdfast.cassandra.RegionStates;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/// What is said of regions, in memory, with a clock of its own.
public final class MemoryRegionStates implements RegionStates {
  private final Map<String, RegionState> states = new HashMap<>();
  private final AtomicLong nanos = new AtomicLong();
  private boolean isAway;

  /// As a node of the region of these sees it, after a first look.
  public LostRegions lost(Regions regions) {
    LostRegions lost = new LostRegions(regions, this, nanos::get);
    lost.poll().join();
    return lost;
  }

  public void passes(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  public void isAway(boolean away) {
    isAway = away;
  }

  @Override
  public CompletableFuture<Map<String, RegionState>> known() {
    return isAway
        ? CompletableFuture.failedFuture(new HoldfastException(ErrorCode.STORAGE_FAILED, "away"))
        : CompletableFuture.completedFuture(Map.copyOf(states));
  }

  @Override
  public CompletableFuture<RegionState> declare(String region, boolean isLost) {
    RegionState now = states.getOrDefault(region, RegionState.UNSAID);
    if (now.isLost() != isLost) {
      states.put(region, new RegionState(now.version() + 1, isLost));
    }
    return CompletableFuture.completedFuture(states.get(region));
  }
}
