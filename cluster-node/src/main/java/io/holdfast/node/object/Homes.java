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
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;

/// The shards of this region, and the ways to those of others. Thread-safe; no method blocks.
public final class Homes {
  /** A call finds its way in a fraction of that, or not at all. */
  private static final Executor LATER = CompletableFuture.delayedExecutor(3, TimeUnit.SECONDS);

  private final ActorSystem<?> system;
  private final Regions regions;
  private final ReachableRegions reachable;
  private final Optional<Placements> placements;
  private volatile ActorRef<ShardingEnvelope<ObjectCommand>> here;
  private volatile Map<Region, ActorRef<ShardingEnvelope<ObjectCommand>>> ways = Map.of();

  /// @param placements present when there are several regions
  public Homes(
      ActorSystem<?> system,
      Regions regions,
      ReachableRegions reachable,
      Optional<Placements> placements) {
    this.system = system;
    this.regions = regions;
    this.reachable = reachable;
    this.placements = placements;
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
      ObjectCommand command,
      Consumer<HoldfastException> lost) {
    if (placements.isEmpty()) {
      here.tell(new ShardingEnvelope<>(object.key(), command));
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
                  way.tell(new ShardingEnvelope<>(object.key(), command));
                  if (!home.equals(regions.self())) {
                    doNotWaitForever(object, home, command);
                  }
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

  /** Sharding does not tell when it cannot find the way to a region. */
  private void doNotWaitForever(ObjectAddress object, Region home, ObjectCommand command) {
    Optional<ObjectCall.Sent<?>> sent =
        switch (command) {
          case ObjectCommand.Deliver deliver -> deliver.sent();
          case ObjectCommand.Move move -> Optional.of(move.sent());
          default -> Optional.empty();
        };
    sent.ifPresent(call -> LATER.execute(() -> call.giveUp(Placements.unreachable(object, home))));
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
