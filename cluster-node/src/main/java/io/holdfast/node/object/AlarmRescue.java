package io.holdfast.node.object;

import io.holdfast.cassandra.store.CassandraIndex;
import io.holdfast.node.region.LostRegions;
import io.holdfast.node.region.Region;
import io.holdfast.node.region.Regions;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Objects find another home when they are called. Those with an alarm are called by it, and the index that says so belongs to
 * their region. So the first region that is left looks at it once, and asks each of these objects whether its alarm is due:
 * then it has another home, and stands in the index there.
 */
/// Finds homes for objects of lost regions that have alarms.
public final class AlarmRescue {
  private static final Logger log = LoggerFactory.getLogger(AlarmRescue.class);
  private static final Duration LOOK_EVERY = Duration.ofMillis(500);
  private static final int AT_ONCE = 32;

  private final Regions regions;
  private final LostRegions lost;
  private final Predicate<Region> reachable;
  private final CassandraIndex index;
  private final ShardedGateway gateway;
  private final Set<Region> rescued = new HashSet<>();
  private volatile boolean again;

  public AlarmRescue(
      Regions regions,
      LostRegions lost,
      Predicate<Region> reachable,
      CassandraIndex index,
      ShardedGateway gateway) {
    this.regions = regions;
    this.lost = lost;
    this.reachable = reachable;
    this.index = index;
    this.gateway = gateway;
  }

  /// Begins; until the process ends.
  public void start() {
    Thread.ofVirtual().name("alarm-rescue").start(this::run);
  }

  /// This node may look at other alarms than before, because nodes have come or gone.
  public void lookAgain() {
    again = true;
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep(LOOK_EVERY);
        if (again) {
          again = false;
          rescued.clear();
        }
        for (Region region : regions.all()) {
          if (!lost.isLost(region)) {
            rescued.remove(region);
          } else if (isMine() && lost.isGivenUp(region) && !rescued.contains(region)) {
            look(region);
          }
        }
      }
    } catch (InterruptedException _) {
      // The end.
    }
  }

  /** Two regions that cannot reach each other both do it: an object has one home all the same. */
  private boolean isMine() {
    return regions.all().stream()
        .filter(region -> !lost.isLost(region) && reachable.test(region))
        .findFirst()
        .filter(regions.self()::equals)
        .isPresent();
  }

  /** Again and again, until none has failed. */
  private void look(Region region) throws InterruptedException {
    Semaphore free = new Semaphore(AT_ONCE);
    AtomicInteger asked = new AtomicInteger();
    AtomicInteger failed = new AtomicInteger();
    try {
      index.eachAlarm(
          region.name(),
          alarm -> {
            free.acquireUninterruptibly();
            asked.incrementAndGet();
            gateway
                .alarms()
                .run(ObjectAddress.parse(alarm.objectKey()), 0)
                .whenComplete((_, failure) -> {
                  if (failure != null) {
                    failed.incrementAndGet();
                  }
                  free.release();
                });
          });
    } catch (HoldfastException e) {
      log.warn("the alarms of lost region {} cannot be read now: {}", region, e.getMessage());
      return;
    }
    free.acquire(AT_ONCE);
    if (failed.get() == 0) {
      rescued.add(region);
      log.info("{} alarms of lost region {} have been looked after", asked.get(), region);
    } else {
      log.warn(
          "{} of {} alarms of lost region {} cannot be looked after yet",
          failed.get(),
          asked.get(),
          region);
    }
  }
}
