package io.holdfast.node.cluster;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;

/// This node as a member of its cluster.
public final class Membership implements AutoCloseable {
  private static final Duration JOIN_MAX = Duration.ofSeconds(60);

  /** One that has not joined yet is not told that it was downed. */
  private static final Duration DOWNED_WITHIN = Duration.ofSeconds(3);

  private final ActorSystem<?> system;
  private final Cluster cluster;
  private final ClusterConfig config;
  private final DeadProcesses dead;

  public Membership(ActorSystem<?> system, ClusterConfig config) {
    this.system = system;
    this.cluster = Cluster.get(system);
    this.config = config;
    this.dead = new DeadProcesses(system);
  }

  /// Joins the cluster of the seeds, or begins one of its own. Blocks until this node is a member.
  ///
  /// @throws HoldfastException `config_invalid` when no seed has let it in
  public void join() {
    if (config.seeds().isEmpty()) {
      cluster.manager().tell(Join.create(cluster.selfMember().address()));
    } else {
      List<Address> seeds =
          config.seeds().stream()
              .map(seed -> AddressFromURIString.parse("pekko://" + system.name() + "@" + seed))
              .toList();
      cluster.manager().tell(new JoinSeedNodes(seeds));
    }
    long deadline = System.nanoTime() + JOIN_MAX.toNanos();
    while (cluster.selfMember().status() != MemberStatus.up()) {
      if (System.nanoTime() > deadline) {
        throw new HoldfastException(
            ErrorCode.CONFIG_INVALID,
            "expected to be let into the cluster of %s within %s, found none that answers"
                .formatted(config.seeds(), JOIN_MAX));
      }
      pause();
    }
    if (!config.seeds().isEmpty()) {
      dead.start();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(5);
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
