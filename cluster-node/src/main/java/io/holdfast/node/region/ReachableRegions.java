package io.holdfast.node.region;

import io.holdfast.node.cluster.Members;
import io.holdfast.node.peer.Peers;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Pekko tells that a data center is unreachable as soon as one of its nodes is, and calls to the others would be refused for
 * that. So each node asks a few nodes of each other region itself.
 */
/// Which regions this node can reach: its own, and those of which a node answers. Thread-safe;
/// asking this asks nobody.
public final class ReachableRegions implements Predicate<Region> {
  private static final Logger log = LoggerFactory.getLogger(ReachableRegions.class);
  private static final Duration ASK_EVERY = Duration.ofMillis(400);

  /** Longer than the longest way there and back, twice. */
  private static final Duration SILENT_MAX = Duration.ofSeconds(2);

  private static final int ASKED_MAX = 5;

  private final ActorSystem<?> system;
  private final Members members;
  private final Regions regions;
  private final Map<String, Long> heardNanos = new ConcurrentHashMap<>();
  private volatile Set<String> reachable;

  public ReachableRegions(ActorSystem<?> system, Members members, Regions regions) {
    this.system = system;
    this.members = members;
    this.regions = regions;
    this.reachable = Set.of(regions.self().name());
  }

  /// Begins, once this node is a member.
  public void start(ScheduledExecutorService timer) {
    if (regions.areSeveral()) {
      Peers peers = Peers.get(system);
      peers.onPong(region -> {
        heardNanos.put(region, System.nanoTime());
        look(peers);
      });
      timer.scheduleWithFixedDelay(
          () -> askQuietly(peers), 0, ASK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** A timer does not come back to what has thrown. */
  private void askQuietly(Peers peers) {
    try {
      ask(peers);
    } catch (RuntimeException e) {
      log.warn("other regions could not be asked whether they are there", e);
    }
  }

  private void ask(Peers peers) {
    for (Region region : regions.all()) {
      if (!region.equals(regions.self())) {
        nodes(region.name()).stream().limit(ASKED_MAX).forEach(peers::ping);
      }
    }
    look(peers);
  }

  private List<Address> nodes(String region) {
    return members.up().stream()
        .filter(node -> node.region().equals(region))
        .map(Members.Node::address)
        .sorted(Comparator.comparing(Address::toString))
        .toList();
  }

  private synchronized void look(Peers peers) {
    Set<String> now = new HashSet<>(Set.of(regions.self().name()));
    heardNanos.forEach((region, nanos) -> {
      if (System.nanoTime() - nanos < SILENT_MAX.toNanos()) {
        now.add(region);
      }
    });
    Set<String> before = reachable;
    if (!now.equals(before)) {
      log.info("regions that can be reached: {}", now.stream().sorted().toList());
      reachable = Set.copyOf(now);
      before.stream()
          .filter(region -> !now.contains(region))
          .flatMap(region -> nodes(region).stream())
          .forEach(peers::isSilent);
    }
  }

  @Override
  public boolean test(Region region) {
    return reachable.contains(region.name());
  }
}
