package io.holdfast.node.object;

import io.holdfast.cassandra.Placement;
import io.holdfast.node.peer.PeerMessage;
import io.holdfast.node.peer.Peers;
import io.holdfast.node.region.Placements;
import io.holdfast.node.region.ReachableRegions;
import io.holdfast.node.region.Region;
import io.holdfast.node.region.Regions;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;

/// The shards of this region, and the ways to those of others. Thread-safe; no method blocks.
public final class Homes {
  /** A region whose nodes are there is reached in a fraction of that. */
  private static final Duration ELSEWHERE_MAX = Duration.ofSeconds(3);

  /** Longer than it takes to replace a node that has fallen silent. */
  private static final Duration HERE_MAX = Duration.ofSeconds(10);

  private final ActorSystem<?> system;
  private final Regions regions;
  private final ReachableRegions reachable;
  private final Optional<Placements> placements;
  private final Optional<Underway> underway;
  private volatile ActorRef<ShardingEnvelope<ObjectCommand>> here;
  private volatile Map<Region, ActorRef<ShardingEnvelope<ObjectCommand>>> ways = Map.of();

  /// @param placements present when there are several regions
  /// @param underway present when there may be other nodes
  public Homes(
      ActorSystem<?> system,
      Regions regions,
      ReachableRegions reachable,
      Optional<Placements> placements,
      Optional<Underway> underway) {
    this.system = system;
    this.regions = regions;
    this.reachable = reachable;
    this.placements = placements;
    this.underway = underway;
    this.here = system.<ShardingEnvelope<ObjectCommand>>deadLetters();
  }

  /// @param shards of this region
  /// @param proxies the way to another region
  void connect(
      ActorRef<ShardingEnvelope<ObjectCommand>> shards,
      Function<Region, ActorRef<ShardingEnvelope<ObjectCommand>>> proxies) {
    Map<Region, ActorRef<ShardingEnvelope<ObjectCommand>>> all = new HashMap<>();
    for (Region region : regions.all()) {
      all.put(region, region.equals(regions.self()) ? shards : proxies.apply(region));
    }
    ways = Map.copyOf(all);
    here = shards;
    placements.ifPresent(directory ->
        Peers.get(system).onObjectMoved(moved -> directory.learn(moved.objectKey(), moved.home())));
  }

  /// Whether there is one region.
  boolean isOne() {
    return placements.isEmpty();
  }

  /// Where an object with a unique id begins.
  Region birthRegion(Optional<Jurisdiction> jurisdiction) {
    return placements.isPresent()
        ? placements.get().birthRegion(jurisdiction)
        : regions.home(Optional.empty(), jurisdiction, reachable);
  }

  /// Sends an object something, in the order of these calls.
  ///
  /// @param hint where it is to begin
  /// @param lost is told why it cannot be sent; an object that could not be found was not begun
  void tell(
      ObjectAddress object,
      Optional<String> hint,
      ObjectCommand.Travelling command,
      Consumer<HoldfastException> lost) {
    if (placements.isEmpty()) {
      send(object, regions.self(), here, command, lost);
      return;
    }
    placements
        .get()
        .locate(
            object,
            hint,
            new Placements.Seeker() {
              @Override
              public void found(Region home) {
                ActorRef<ShardingEnvelope<ObjectCommand>> way = ways.get(home);
                if (way != null && reachable.test(home)) {
                  send(object, home, way, command, lost);
                } else {
                  lost.accept(Placements.unreachable(object, home));
                }
              }

              @Override
              public void failed(HoldfastException why) {
                lost.accept(why);
              }
            });
  }

  private void send(
      ObjectAddress object,
      Region home,
      ActorRef<ShardingEnvelope<ObjectCommand>> way,
      ObjectCommand.Travelling command,
      Consumer<HoldfastException> lost) {
    boolean isSelf = home.equals(regions.self());
    underway.ifPresent(commands ->
        commands.watch(
            command.passage(),
            isSelf ? HERE_MAX : ELSEWHERE_MAX,
            () ->
                lost.accept(
                    isSelf
                        ? ShardedGateway.unreachable(object)
                        : Placements.unreachable(object, home))));
    way.tell(new ShardingEnvelope<>(object.key(), command));
  }

  /// Whether an object lives in this region; one of which this node has not heard does not.
  boolean isHere(ObjectAddress object) {
    return placements.isEmpty() || placements.get().isHere(object);
  }

  /// Where an object lives, as this node has heard.
  void learn(ObjectAddress object, Placement home) {
    placements.ifPresent(directory -> directory.learn(object.key(), home));
  }

  /// An object that was here lives elsewhere now: tells all nodes.
  void moved(ObjectAddress object, Placement home) {
    learn(object, home);
    Peers.get(system).tellAll(new PeerMessage.ObjectMoved(object.key(), home));
  }
}
