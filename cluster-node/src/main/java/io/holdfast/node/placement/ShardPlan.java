package io.holdfast.node.placement;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/*
 * Shards are alike: objects are spread over them by a hash. So a host has what is its due when it has as many of them as its
 * weight asks for, and what it has in containers follows, most likely. Where it does not, the node is full: it gets no more
 * shards, and gives those away in which containers wait for room while that is elsewhere.
 *
 * A shard that moves puts the containers of its objects to sleep, so little differences are left as they are.
 */
/// Which host a shard goes to, and which shards change hosts. What it decides follows from its
/// arguments alone.
///
/// @param <H> how hosts are told apart
final class ShardPlan<H> {
  /** One that is as full gets no shard while there are others. */
  private static final double FULL = 0.9;

  /** One with room for that part of all that a full one has may take something of that. */
  private static final double ROOMY = 0.3;

  /** Differences of that part of what a host has on average are left. */
  private static final double LEFT = 0.1;

  /** At most that part of all shards is on its way at one time. */
  private static final double MOVED_MAX = 0.1;

  /// A node that may have shards.
  ///
  /// @param weight how many shards it should have, compared to others; above 0
  /// @param shards those that it has
  record Host<H>(H node, String zone, double weight, HostReport report, List<String> shards) {
    private boolean isFull() {
      return report.taken() >= FULL || !report.waiting().isEmpty();
    }

    private double room() {
      return report.budget() * (1 - report.taken());
    }

    private double load(int more) {
      return (shards.size() + more) / weight;
    }
  }

  private final List<Host<H>> hosts;

  /// @param hosts at least one, in an order that does not change
  ShardPlan(List<Host<H>> hosts) {
    this.hosts = hosts;
  }

  /// Where a shard goes that has no host: into the zone that has the fewest for its weight, there
  /// to the host of which that holds; among equals to one that has more of the images.
  H host() {
    List<Host<H>> open = hosts.stream().filter(host -> !host.isFull()).toList();
    List<Host<H>> choice = open.isEmpty() ? hosts : open;
    return choice.stream()
        .min(
            Comparator.<Host<H>>comparingDouble(host -> loadOfZone(choice, host.zone()))
                .thenComparingDouble(host -> host.load(1))
                .thenComparing(host -> -host.report().images()))
        .orElseThrow()
        .node();
  }

  private double loadOfZone(List<Host<H>> choice, String zone) {
    List<Host<H>> inZone = choice.stream().filter(host -> host.zone().equals(zone)).toList();
    int shards = inZone.stream().mapToInt(host -> host.shards().size()).sum();
    return shards / inZone.stream().mapToDouble(Host::weight).sum();
  }

  /// Which shards leave their hosts now.
  ///
  /// @param moving those that do so already
  Set<String> leaving(Set<String> moving) {
    List<Host<H>> now = new ArrayList<>(hosts);
    int all = hosts.stream().mapToInt(host -> host.shards().size()).sum();
    double differenceMin = Math.floor(LEFT * all / hosts.stream().mapToDouble(Host::weight).sum());
    int leavingMax = (int) Math.ceil(all * MOVED_MAX) - moving.size();
    List<String> leaving = new ArrayList<>();
    while (leaving.size() < leavingMax) {
      Optional<Move<H>> move =
          unevenness(now, moving, differenceMin).or(() -> pressure(now, moving, leaving));
      if (move.isEmpty()) {
        break;
      }
      leaving.add(move.get().shard());
      move.get().carryOut(now);
    }
    return Set.copyOf(leaving);
  }

  private record Move<H>(Host<H> from, Host<H> to, String shard) {
    void carryOut(List<Host<H>> hosts) {
      hosts.set(
          hosts.indexOf(from),
          with(from, from.shards().stream().filter(s -> !s.equals(shard)).toList()));
      List<String> more = new ArrayList<>(to.shards());
      more.add(shard);
      hosts.set(hosts.indexOf(to), with(to, more));
    }

    private static <H> Host<H> with(Host<H> host, List<String> shards) {
      return new Host<>(host.node(), host.zone(), host.weight(), host.report(), shards);
    }
  }

  /** From the host with the most for its weight to that with the fewest. */
  private Optional<Move<H>> unevenness(
      List<Host<H>> now, Set<String> moving, double differenceMin) {
    Comparator<Host<H>> byLoad = Comparator.comparingDouble(host -> host.load(0));
    Host<H> most = now.stream().max(byLoad).orElseThrow();
    Optional<Host<H>> least = now.stream().filter(host -> !host.isFull()).min(byLoad);
    return least
        .filter(to -> most.load(-1) - to.load(1) >= differenceMin)
        .flatMap(to -> move(most, to, shard -> !moving.contains(shard)));
  }

  /** One shard at a time from a host on which containers of it wait for room. */
  private Optional<Move<H>> pressure(List<Host<H>> now, Set<String> moving, List<String> leaving) {
    return moving.isEmpty() && leaving.isEmpty()
        ? now.stream()
            .filter(host -> !host.report().waiting().isEmpty())
            .flatMap(from -> relief(from, now).stream())
            .findFirst()
        : Optional.empty();
  }

  private Optional<Move<H>> relief(Host<H> from, List<Host<H>> now) {
    return now.stream()
        .filter(to -> !to.isFull() && to.room() >= ROOMY * from.report().budget())
        .max(Comparator.comparingDouble(Host::room))
        .flatMap(to -> move(from, to, from.report().waiting()::contains));
  }

  private static <H> Optional<Move<H>> move(Host<H> from, Host<H> to, Predicate<String> candidate) {
    return from.shards().stream()
        .filter(candidate)
        .findFirst()
        .map(shard -> new Move<>(from, to, shard));
  }
}
