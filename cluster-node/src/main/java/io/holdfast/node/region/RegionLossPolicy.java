package io.holdfast.node.region;

import io.holdfast.cassandra.SignsOfLife;
import io.holdfast.persistence.store.StoredFutures;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * A region that is cut off from the others is silent for them, and alive. Two things keep a cut from costing more than it
 * must: signs of life in Cassandra count too, which takes other ways than the cluster; and to give a region up takes a
 * majority of the copies over all data centers, so the smaller side of a cut gives up nobody.
 *
 * Time counts from the last sign: not from the start of this node, for a region may just be starting as well; and not while
 * this node cannot read signs, for then everybody is silent.
 */
/// Gives up, without an operator, a region that has shown no sign of life for long enough.
/// Thread-safe.
public final class RegionLossPolicy {
  private static final Logger log = LoggerFactory.getLogger(RegionLossPolicy.class);
  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

  private final Regions regions;
  private final Predicate<Region> reachable;
  private final LostRegions lost;
  private final SignsOfLife signs;
  private final Duration after;
  private final LongSupplier nanoTime;
  private final AtomicBoolean looking = new AtomicBoolean();

  /** Used by one look at a time. */
  private final Map<Region, Seen> seen = new HashMap<>();

  /**
   * The last sign of life.
   *
   * @param sign as it was read; null when it came through the cluster
   */
  private record Seen(@Nullable String sign, long nanos) {}

  /// @param reachable whether a node of a region answers
  /// @param after how long a region may be silent
  /// @param nanoTime a monotonic clock
  public RegionLossPolicy(
      Regions regions,
      Predicate<Region> reachable,
      LostRegions lost,
      SignsOfLife signs,
      Duration after,
      LongSupplier nanoTime) {
    this.regions = regions;
    this.reachable = reachable;
    this.lost = lost;
    this.signs = signs;
    this.after = after;
    this.nanoTime = nanoTime;
  }

  /// Looks from now on.
  public void start(ScheduledExecutorService timer) {
    timer.scheduleWithFixedDelay(
        () -> Thread.ofVirtual().name("region-loss").start(this::lookAlone),
        LOOK_EVERY.toMillis(),
        LOOK_EVERY.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  private void lookAlone() {
    if (looking.compareAndSet(false, true)) {
      try {
        look();
      } catch (RuntimeException e) {
        log.warn("whether a region is lost cannot be told: {}", e.getMessage());
      } finally {
        looking.set(false);
      }
    }
  }

  /// One look at each other region; blocks.
  void look() {
    for (Region region : regions.all()) {
      if (region.equals(regions.self()) || lost.isLost(region)) {
        seen.remove(region);
      } else if (reachable.test(region)) {
        seen.put(region, new Seen(null, nanoTime.getAsLong()));
      } else {
        lookAtSilent(region);
      }
    }
  }

  private void lookAtSilent(Region region) {
    Seen last = seen.get(region);
    if (last == null) {
      return; // Not seen yet: it may be starting.
    }
    String sign;
    try {
      sign = signs.latest(region.name());
    } catch (HoldfastException e) {
      seen.put(region, new Seen(last.sign(), nanoTime.getAsLong()));
      throw e;
    }
    if (!sign.equals(last.sign())) {
      // The first one that is read says nothing of when it was given.
      seen.put(region, new Seen(sign, last.sign() == null ? last.nanos() : nanoTime.getAsLong()));
    } else if (nanoTime.getAsLong() - last.nanos() >= after.toNanos()) {
      log.warn(
          "region {} has shown no sign of life for {} s: it is given up",
          region,
          after.toSeconds());
      var _ = StoredFutures.joined(lost.declare(region, true));
    }
  }
}
