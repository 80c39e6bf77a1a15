package io.holdfast.node.object;

import io.holdfast.cassandra.Placement;
import io.holdfast.node.peer.PeerMessage;
import io.holdfast.node.peer.Peers;
import io.holdfast.node.region.Hosts;
import io.holdfast.node.region.Placements;
import io.holdfast.node.region.ReachableRegions;
import io.holdfast.node.region.Region;
import io.holdfast.node.region.Regions;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;

/// The shards of this region, and the ways to those of others. Thread-safe; no method blocks.
public final class Homes {
  /** A region whose nodes are there is reached in a fraction of that. */
  private static final Duration ELSEWHERE_MAX = Duration.ofSeconds(3);

  private final ActorSystem<?> system;
  private final Regions regions;
  private final ReachableRegions reachable;
  private final Optional<Placements> placements;
  private final Optional<Underway> underway;
  private final Optional<RemoteCalls> remote;
  private final Hosts hosts;
  private final Function<NamespaceId, ShardKind> kinds;
  private volatile Map<Way, ActorRef<ShardingEnvelope<ObjectCommand>>> ways = Map.of();

  /** To the shards of a kind in a region. */
  private record Way(ShardKind kind, Region region) {}

  /// @param placements present when there are several regions
  /// @param underway present when there may be other nodes
  /// @param kinds of the shards that objects are in
  public Homes(
      ActorSystem<?> system,
      Regions regions,
      ReachableRegions reachable,
      Optional<Placements> placements,
      Optional<Underway> underway,
      Hosts hosts,
      Function<NamespaceId, ShardKind> kinds) {
    this.system = system;
    this.regions = regions;
    this.reachable = reachable;
    this.placements = placements;
    this.underway = underway;
    this.remote = underway.map(_ -> RemoteCalls.get(system));
    this.hosts = hosts;
    this.kinds = kinds;
  }

  /// @param shards of this region, by their kind
  /// @param proxies the way to those of another region
  void connect(
      Function<ShardKind, ActorRef<ShardingEnvelope<ObjectCommand>>> shards,
      BiFunction<ShardKind, Region, ActorRef<ShardingEnvelope<ObjectCommand>>> proxies) {
    Map<Way, ActorRef<ShardingEnvelope<ObjectCommand>>> all = new HashMap<>();
    for (ShardKind kind : ShardKind.values()) {
      for (Region region : regions.all()) {
        boolean here = region.equals(regions.self());
        all.put(new Way(kind, region), here ? shards.apply(kind) : proxies.apply(kind, region));
      }
    }
    ways = Map.copyOf(all);
    underway.ifPresent(commands -> commands.sendBy(this::tellAgain));
    remote.ifPresent(calls -> calls.connect(kinds, this::tellShard, this::tellAgain));
    placements.ifPresent(directory ->
        Peers.get(system).onObjectMoved(moved -> directory.learn(moved.objectKey(), moved.home())));
  }

  /// Whether there is one region.
  boolean isOne() {
    return placements.isEmpty();
  }

  /// Where an object with a unique id begins.
  Region birthRegion(NamespaceId namespace, Optional<Jurisdiction> jurisdiction) {
    return placements.isPresent()
        ? placements.get().birthRegion(namespace, jurisdiction)
        : regions.home(Optional.empty(), jurisdiction, reachable);
  }

  /// Sends an object something, in the order of these calls; rejects it when it cannot be sent. An
  /// object that could not be found was not begun.
  ///
  /// @param hint where it is to begin
  void tell(Optional<String> hint, ObjectCommand.Travelling command) {
    if (placements.isEmpty()) {
      send(regions.self(), command);
      return;
    }
    placements
        .get()
        .locate(
            command.target(),
            hint,
            new Placements.Seeker() {
              @Override
              public void found(Region home) {
                if (reachable.test(home)) {
                  send(home, command);
                } else {
                  command.reject(Placements.unreachable(command.target(), home));
                }
              }

              @Override
              public void failed(HoldfastException why) {
                command.reject(why);
              }
            });
  }

  /// Sends once more what did not get there; rejects it when it cannot be sent.
  void tellAgain(ObjectCommand.Travelling command) {
    try {
      tell(Optional.empty(), command);
    } catch (HoldfastException e) {
      command.reject(e);
    }
  }

  private void send(Region home, ObjectCommand.Travelling command) {
    ObjectAddress target = command.target();
    if (!hosts.has(home, target.namespace())) {
      command.reject(Hosts.missing(home, target));
      return;
    }
    if (remote.isPresent() && remote.get().send(home, command)) {
      return;
    }
    underway.ifPresent(commands -> {
      if (home.equals(regions.self())) {
        commands.watch(command, Underway.IN_REGION_MAX, () -> ShardedGateway.unreachable(target));
      } else {
        commands.watch(command, ELSEWHERE_MAX, () -> Placements.unreachable(target, home));
      }
    });
    tellShard(home, command);
  }

  private void tellShard(ObjectCommand.Travelling command) {
    tellShard(regions.self(), command);
  }

  private void tellShard(Region home, ObjectCommand.Travelling command) {
    ObjectAddress target = command.target();
    ways.getOrDefault(new Way(kinds.apply(target.namespace()), home), system.deadLetters())
        .tell(new ShardingEnvelope<>(target.key(), command));
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
