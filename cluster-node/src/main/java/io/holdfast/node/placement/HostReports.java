package io.holdfast.node.placement;

import io.holdfast.node.capacity.NodeCapacity;
import io.holdfast.node.cluster.Members;
import io.holdfast.node.container.PresentImages;
import io.holdfast.node.pace.Pace;
import io.holdfast.node.peer.Peers;
import io.holdfast.protocol.ObjectAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the nodes of this region say of themselves. Thread-safe; nothing blocks.
public final class HostReports {
  private static final Logger log = LoggerFactory.getLogger(HostReports.class);
  private static final String TOPIC = "host";
  private static final Duration ASK_EVERY = Duration.ofSeconds(1);

  private final Peers peers;
  private final Members members;
  private final String region;
  private final Address self;
  private final Supplier<HostReport> own;
  private final Map<Address, HostReport> heard = new ConcurrentHashMap<>();
  private final Pace pace = Pace.fromNow(ASK_EVERY);

  /// From now on others are told.
  ///
  /// @param shard that an object is in
  public HostReports(
      ActorSystem<?> system,
      Members members,
      NodeCapacity capacity,
      PresentImages images,
      Function<ObjectAddress, String> shard) {
    Member me = Cluster.get(system).selfMember();
    this.peers = Peers.get(system);
    this.members = members;
    this.region = me.dataCenter();
    this.self = me.address();
    this.own =
        () ->
            HostReport.of(
                capacity.figures(), images.count(), capacity.waitingForRoom().stream().map(shard));
    peers.answers(TOPIC, () -> own.get().toBytes());
  }

  /// What a node has said last.
  HostReport of(Address node) {
    return node.equals(self) ? own.get() : heard.getOrDefault(node, HostReport.NONE);
  }

  /// Asks them, for the next time.
  void refresh() {
    if (!pace.isTime()) {
      return;
    }
    heard
        .keySet()
        .removeIf(node -> members.up().stream().noneMatch(up -> up.address().equals(node)));
    members.up().stream()
        .filter(node -> node.region().equals(region) && !node.address().equals(self))
        .forEach(node -> ask(node.address()));
  }

  private void ask(Address node) {
    var _ =
        peers
            .ask(node, TOPIC)
            .thenAccept(answer -> heard.put(node, HostReport.parse(answer)))
            .exceptionally(e -> {
              log.debug("{} does not say how it is: {}", node, e.toString());
              return null;
            });
  }
}
