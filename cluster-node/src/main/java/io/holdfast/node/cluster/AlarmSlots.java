package io.holdfast.node.cluster;

import io.holdfast.cassandra.store.CassandraIndex;
import io.holdfast.node.peer.PeerMessage;
import io.holdfast.node.peer.Peers;
import io.holdfast.protocol.event.AlarmIndex;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;

/*
 * The slots of the alarm index are shared out by the members of the cluster: each takes those for which it has the highest
 * hash among all (rendezvous hashing), so a node that comes or goes moves its own slots only, and nobody has to agree. For a
 * moment two nodes may look at one slot, or none: an alarm that is told to its object twice runs once, for the object knows
 * whether it is due, and who takes a slot over reads it from its start.
 */
/// Which alarms this node looks at.
public final class AlarmSlots {
  private final Members members;
  private final CassandraIndex index;
  private final Peers peers;
  private final Address self;
  private final String region;
  private volatile List<Address> sharers;

  public AlarmSlots(ActorSystem<?> system, Members members, CassandraIndex index) {
    this.members = members;
    this.index = index;
    this.peers = Peers.get(system);
    this.self = Cluster.get(system).selfMember().address();
    this.region = Cluster.get(system).selfMember().dataCenter();
    this.sharers = List.of(self);
  }

  /// Begins, once this node is a member.
  ///
  /// @param changed runs each time when this node may have other slots than before
  /// @param set is told of alarms of this node's slots that were set on other nodes
  public void start(Runnable changed, AlarmIndex.Listener set) {
    index.look(slot -> owner(slot).equals(self), this::tell);
    peers.onAlarmSet(set);
    members.onChange(() -> {
      if (look()) {
        changed.run();
      }
    });
    look();
  }

  /** Whether others than before share the slots. */
  private boolean look() {
    List<Address> now =
        members.up().stream()
            .filter(node -> node.region().equals(region))
            .map(Members.Node::address)
            .sorted(Comparator.comparing(Address::toString))
            .toList();
    boolean changed = !now.equals(sharers);
    sharers = now;
    return changed;
  }

  private Address owner(int slot) {
    return sharers.stream()
        .max(Comparator.comparingLong(member -> weight(member, slot)))
        .orElse(self);
  }

  private static long weight(Address member, int slot) {
    long hash = 1_125_899_906_842_597L;
    for (byte each : (member + "#" + slot).getBytes(StandardCharsets.UTF_8)) {
      hash = 31 * hash + each;
    }
    hash ^= hash >>> 33;
    hash *= 0xff51afd7ed558ccdL;
    return hash ^ (hash >>> 33);
  }

  /** An alarm was set on this node and is looked at on another one. */
  private void tell(String objectKey, long atMillis) {
    peers.tell(
        owner(CassandraIndex.slot(objectKey)), new PeerMessage.AlarmSet(objectKey, atMillis));
  }
}
