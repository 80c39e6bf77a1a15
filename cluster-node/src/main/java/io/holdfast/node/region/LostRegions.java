package io.holdfast.node.region;

import io.holdfast.cassandra.RegionState;
import io.holdfast.cassandra.RegionStates;
import io.holdfast.persistence.store.StoredFutures;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * The objects of a lost region are given other homes by whoever calls them. That must not be before the region has stopped
 * running them, if it is not as lost as the operator thinks. So each node acts for its objects only as long as what it knows
 * of its own region is at most FRESH_MAX old, by its own clock that runs on while the process is stopped; and others wait for
 * longer than that from when they have seen the word. A region that cannot even read its own copy of the word is one that the
 * operator has to be right about.
 *
 * And back again: who has not yet read that a region was taken back would still give its objects other homes. So nobody does
 * that on knowledge that is older than FRESH_MAX, and a region that was taken back runs nothing for BACK_GRACE, which is
 * longer than that and the change of a home together.
 */
/// Which regions operators have given up. Thread-safe; asking this asks nobody.
public final class LostRegions {
  private static final Logger log = LoggerFactory.getLogger(LostRegions.class);
  private static final Duration POLL_EVERY = Duration.ofMillis(500);

  /// How old the knowledge of a node that runs objects may be.
  static final Duration FRESH_MAX = Duration.ofSeconds(2);

  /// How long after the word others take the objects.
  static final Duration GRACE = Duration.ofSeconds(3);

  /// How long after the word that it is back a region counts as lost still.
  static final Duration BACK_GRACE = Duration.ofSeconds(5);

  private final Regions regions;
  private final RegionStates states;
  private final LongSupplier nanoTime;
  private final Map<String, Long> lostSinceNanos = new ConcurrentHashMap<>();
  private final Map<String, Long> backSinceNanos = new ConcurrentHashMap<>();
  private volatile Seen seen = new Seen(Map.of(), 0, false);

  /** What was read, by a question that was asked then. */
  private record Seen(Map<String, RegionState> states, long askedNanos, boolean ever) {
    RegionState of(Region region) {
      return states.getOrDefault(region.name(), RegionState.UNSAID);
    }
  }

  /// @param nanoTime a monotonic clock that goes on while the process is stopped
  public LostRegions(Regions regions, RegionStates states, LongSupplier nanoTime) {
    this.regions = regions;
    this.states = states;
    this.nanoTime = nanoTime;
  }

  /// Reads, and goes on reading. Blocks for the first answer, and when this region was ever given
  /// up for as long as others may not know that it is back.
  ///
  /// @throws HoldfastException `storage_failed`
  public void start(ScheduledExecutorService timer) {
    var _ = StoredFutures.joined(poll());
    if (generation() > 0 && !isLost(regions.self())) {
      log.info("this region was given up once: waiting until all know that it is back");
      pause(BACK_GRACE);
    }
    timer.scheduleWithFixedDelay(
        this::pollQuietly, POLL_EVERY.toMillis(), POLL_EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static void pause(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A timer does not come back to what has thrown. */
  private void pollQuietly() {
    try {
      poll()
          .whenComplete((_, failure) -> {
            if (failure != null) {
              log.debug("what is said of regions could not be read", failure);
            }
          });
    } catch (RuntimeException e) {
      log.warn("what is said of regions could not be asked for", e);
    }
  }

  /// Reads now.
  public CompletableFuture<Void> poll() {
    long asked = nanoTime.getAsLong();
    return states.known().thenAccept(now -> see(now, asked));
  }

  private synchronized void see(Map<String, RegionState> now, long askedNanos) {
    for (Region region : regions.all()) {
      RegionState state = now.getOrDefault(region.name(), RegionState.UNSAID);
      if (!state.isLost()) {
        if (lostSinceNanos.remove(region.name()) != null) {
          backSinceNanos.put(region.name(), nanoTime.getAsLong());
        }
      } else if (lostSinceNanos.putIfAbsent(region.name(), nanoTime.getAsLong()) == null) {
        log.warn("region {} was declared lost", region);
      }
    }
    if (!seen.ever() || askedNanos - seen.askedNanos() >= 0) {
      seen = new Seen(Map.copyOf(now), askedNanos, true);
    }
  }

  /// How often something was said of the region of this node.
  public long generation() {
    return seen.of(regions.self()).version();
  }

  /// Whether a node that has begun to run an object at that generation may still do so.
  public boolean isCurrent(long generation) {
    Seen now = seen;
    return isFresh(now)
        && !isJustBack(regions.self())
        && now.of(regions.self()).version() == generation;
  }

  private boolean isFresh(Seen now) {
    return now.ever() && nanoTime.getAsLong() - now.askedNanos() < FRESH_MAX.toNanos();
  }

  private boolean isJustBack(Region region) {
    Long since = backSinceNanos.get(region.name());
    return since != null && nanoTime.getAsLong() - since < BACK_GRACE.toNanos();
  }

  /// Whether a region was declared lost, or that was taken back just now: nothing new begins there,
  /// and it runs nothing.
  public boolean isLost(Region region) {
    return seen.of(region).isLost() || isJustBack(region);
  }

  /// Whether the objects of a region are to be given other homes now.
  public boolean isGivenUp(Region region) {
    Long since = lostSinceNanos.get(region.name());
    return since != null && isFresh(seen) && nanoTime.getAsLong() - since > GRACE.toNanos();
  }

  /// Says that a region is lost, or that it is not.
  public CompletableFuture<RegionState> declare(Region region, boolean isLost) {
    return states.declare(region.name(), isLost);
  }
}
