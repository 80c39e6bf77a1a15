package io.holdfast.node.cluster;

import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;

/// The nodes of the cluster that are up, of all regions. Thread-safe; asks nobody.
///
/// Counts events: what Pekko shows as the state of the cluster may be older than the event that one
/// hears.
public final class Members {
  private static final String ZONE = "zone-";

  /** Events come at once. */
  private static final Duration KNOWN_WITHIN = Duration.ofSeconds(2);

  private static final Duration KNOWN_PAUSE = Duration.ofMillis(1);

  /// A node, whether it answers or not.
  ///
  /// @param zone what of its region fails together with it
  public record Node(Address address, String region, String zone, Set<NodeRole> roles) {
    private static Node of(Member member) {
      String zone = "";
      Set<NodeRole> roles = EnumSet.noneOf(NodeRole.class);
      for (String text : member.getRoles()) {
        if (text.startsWith(ZONE)) {
          zone = text.substring(ZONE.length());
        }
        NodeRole.of(text).ifPresent(roles::add);
      }
      return new Node(member.address(), member.dataCenter(), zone, Set.copyOf(roles));
    }
  }

  private final ActorSystem<?> system;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final List<Runnable> goneListeners = new CopyOnWriteArrayList<>();
  private volatile Set<Address> known = Set.of();
  private volatile Map<String, Set<NodeRole>> rolesByRegion = Map.of();
  private volatile Set<Node> up = Set.of();

  public Members(ActorSystem<?> system) {
    this.system = system;
  }

  /// Begins, once this node is a member; returns when it knows of all that were members by then.
  public void start() {
    ActorRef<ClusterEvent.MemberEvent> _ =
        system.systemActorOf(events(), "holdfast-members", Props.empty());
    long deadline = System.nanoTime() + KNOWN_WITHIN.toNanos();
    while (!knowsAll() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(KNOWN_PAUSE.toNanos());
    }
  }

  private boolean knowsAll() {
    for (Member member : Cluster.get(system).state().getMembers()) {
      if (!known.contains(member.address())) {
        return false;
      }
    }
    return true;
  }

  public Set<Node> up() {
    return up;
  }

  /// Whether a region has nodes of a role, also such as come or go just now.
  public boolean has(String region, NodeRole role) {
    return rolesByRegion.getOrDefault(region, Set.of()).contains(role);
  }

  /// The addresses of those that are up, but for this one.
  public List<Address> others() {
    Address self = Cluster.get(system).selfMember().address();
    return up.stream().map(Node::address).filter(each -> !each.equals(self)).toList();
  }

  /// Whether this node is the one that does what one does for all; for a moment two may be, or
  /// none.
  ///
  /// @param among which regions' nodes it is one of
  public boolean isFirst(Predicate<String> among) {
    return up.stream()
        .filter(node -> among.test(node.region()))
        .map(Node::address)
        .min(Member.addressOrdering())
        .filter(Cluster.get(system).selfMember().address()::equals)
        .isPresent();
  }

  /// Runs each time when they have changed, on a thread of Pekko's: it must not block.
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  /// Runs each time when one of them is none any more; likewise.
  public void onGone(Runnable listener) {
    goneListeners.add(listener);
  }

  private Behavior<ClusterEvent.MemberEvent> events() {
    return Behaviors.setup(context -> {
      Map<Address, Member> members = new HashMap<>();
      Cluster.get(context.getSystem())
          .subscriptions()
          .tell(new Subscribe<>(context.getSelf(), ClusterEvent.MemberEvent.class));
      return Behaviors.receiveMessage(event -> {
        if (event instanceof ClusterEvent.MemberRemoved) {
          members.remove(event.member().address());
        } else {
          members.put(event.member().address(), event.member());
        }
        see(members.values());
        return Behaviors.same();
      });
    });
  }

  private void see(Collection<Member> members) {
    rolesByRegion =
        members.stream()
            .map(Node::of)
            .collect(
                Collectors.groupingBy(
                    Node::region,
                    Collectors.flatMapping(
                        node -> node.roles().stream(), Collectors.toUnmodifiableSet())));
    Set<Node> now =
        members.stream()
            .filter(member -> member.status() == MemberStatus.up())
            .map(Node::of)
            .collect(Collectors.toUnmodifiableSet());
    Set<Node> before = up;
    up = now;
    // Last: who waits for it sees the rest, too.
    known = members.stream().map(Member::address).collect(Collectors.toUnmodifiableSet());
    if (!now.equals(before)) {
      listeners.forEach(Runnable::run);
      if (!now.containsAll(before)) {
        goneListeners.forEach(Runnable::run);
      }
    }
  }
}
