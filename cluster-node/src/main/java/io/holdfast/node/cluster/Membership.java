package io.holdfast.node.cluster;

import io.holdfast.cassandra.NodeLeases;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// This node as a member of its cluster.
public final class Membership implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Membership.class);
  private static final Duration JOIN_MAX = Duration.ofSeconds(60);
  private static final Duration LOOK_EVERY = Duration.ofMillis(200);

  /**
   * For members of other regions to let this node in, before it begins a cluster of all regions.
   */
  private static final Duration OTHER_REGIONS_MAX = Duration.ofSeconds(5);

  /** One that has not joined yet is not told that it was downed. */
  private static final Duration DOWNED_WITHIN = Duration.ofSeconds(3);

  private final ActorSystem<?> system;
  private final Cluster cluster;
  private final ClusterConfig config;
  private final boolean severalRegions;
  private final Ownership ownership;
  private final Seeds seeds;
  private final DeadProcesses dead;

  public Membership(
      ActorSystem<?> system, ClusterConfig config, boolean severalRegions, Ownership ownership) {
    this.system = system;
    this.cluster = Cluster.get(system);
    this.config = config;
    this.severalRegions = severalRegions;
    this.ownership = ownership;
    this.seeds = new Seeds(system.name(), config.seeds(), InetAddress::getAllByName);
    requireOneFounder();
    this.dead = new DeadProcesses(system);
  }

  /** Who begins a cluster of several regions must be the same one for all who look. */
  private void requireOneFounder() {
    if (severalRegions && !config.seeds().isEmpty() && Seeds.isName(config.seeds().getFirst())) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID,
          "holdfast.cluster.seeds: expected host:port as the first one in a cluster of several"
              + " regions, found "
              + config.seeds().getFirst());
    }
  }

  /// Joins the cluster of the seeds, or begins one of its own. Blocks until this node is a member.
  ///
  /// @throws HoldfastException `config_invalid` when no seed has let it in
  public void join() {
    boolean founded = config.seeds().isEmpty();
    if (founded) {
      cluster.manager().tell(Join.create(cluster.selfMember().address()));
    }
    SequencedSet<Address> asked = new LinkedHashSet<>();
    long begun = System.nanoTime();
    while (cluster.selfMember().status() != MemberStatus.up()) {
      Duration waited = Duration.ofNanos(System.nanoTime() - begun);
      if (waited.compareTo(JOIN_MAX) > 0) {
        throw new HoldfastException(
            ErrorCode.CONFIG_INVALID,
            "expected to be let into the cluster of %s within %s, found none that answers"
                .formatted(config.seeds(), JOIN_MAX));
      }
      if (!founded) {
        SequencedSet<Address> now = seeds.now();
        if (isToFound(now, waited)) {
          founded = true;
          cluster.manager().tell(Join.create(cluster.selfMember().address()));
        } else if (!now.equals(asked)) {
          asked = now;
          ask(now);
        }
      }
      pause(founded ? Duration.ofMillis(5) : LOOK_EVERY);
    }
    ownership.leases().ifPresent(NodeLeases::isMember);
    if (!config.seeds().isEmpty()) {
      dead.start();
    }
  }

  private void ask(Collection<Address> seeds) {
    List<Address> others = new ArrayList<>(seeds);
    others.remove(cluster.selfMember().address());
    if (!others.isEmpty()) {
      cluster.manager().tell(new JoinSeedNodes(others));
    }
  }

  /*
   * Pekko's first seed begins a cluster when no other one answers, also when they have one and cannot be reached just now: then
   * there are two that never meet, each waiting for leases of the other. So the store is asked who is a member. It knows for
   * one region; that several begin together is left to the first seed.
   */
  private boolean isToFound(SequencedSet<Address> seeds, Duration waited) {
    if (cluster.selfMember().status() == MemberStatus.joining()) {
      return false;
    }
    Address self = cluster.selfMember().address();
    boolean mine =
        severalRegions
            ? seeds.getFirst().equals(self) && waited.compareTo(OTHER_REGIONS_MAX) >= 0
            : seeds.contains(self);
    try {
      return mine && ownership.leases().map(NodeLeases::mayFound).orElse(true);
    } catch (HoldfastException e) {
      log.warn("whether there is a cluster cannot be told: {}", e.getMessage());
      return false;
    }
  }

  private static void pause(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Leaves the cluster without a word of its shards, which others have; then the node shuts down.
  ///
  /// A node that leaves in order is a member until it has: it would have a say in who stays when
  /// others fall silent meanwhile, without the lease that this takes.
  public void leaveAtOnce() {
    cluster.manager().tell(new Down(cluster.selfMember().address()));
    system.scheduler().scheduleOnce(DOWNED_WITHIN, system::terminate, system.executionContext());
  }

  /// Why this node cannot serve just now, if it cannot.
  public Optional<String> problem() {
    MemberStatus status = cluster.selfMember().status();
    return status == MemberStatus.up()
        ? Optional.empty()
        : Optional.of("expected member status Up, found " + status);
  }

  @Override
  public void close() {
    dead.close();
  }
}
