package io.holdfast.node.cluster;

import com.typesafe.config.Config;
import io.holdfast.cassandra.CassandraLeases;
import io.holdfast.cassandra.NodeLeases;
import io.holdfast.cassandra.store.CassandraStore;
import io.holdfast.protocol.ObjectAddress;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.pekko.actor.AbstractExtensionId;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Extension;
import org.apache.pekko.actor.ExtensionIdProvider;
import org.apache.pekko.cluster.sharding.typed.HashCodeMessageExtractor;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;

/// What this node owns. On the embedded store all of it, for the data directory has one process; in
/// a cluster the shards whose lease it holds.
public final class Ownership implements Extension {
  private static final Id ID = new Id();

  /** Two clocks of one data center drift apart by far less within a few seconds. */
  private static final int MARGIN_SHARE = 10;

  /** How often the store can be asked for a sign of life while this node may be silent. */
  private static final int ASKS = 4;

  private final String system;
  private final HashCodeMessageExtractor<?> shards;
  private final String life;
  private final Optional<NodeLeases> leases;
  private volatile Consumer<String> beforeRelease = _ -> {};

  private Ownership(ExtendedActorSystem system) {
    this.system = system.name();
    Config config = system.settings().config();
    this.shards =
        new HashCodeMessageExtractor<>(config.getInt("pekko.cluster.sharding.number-of-shards"));
    this.life = config.getString("holdfast.node") + "-" + UUID.randomUUID();
    ClusterConfig cluster = ClusterConfig.from(config);
    this.leases =
        switch (cluster.store()) {
          case EMBEDDED -> Optional.empty();
          case CASSANDRA -> Optional.of(leases(system, config, life, cluster.silentMax()));
        };
    // When no object is left, and before the session with Cassandra, which is older.
    leases.ifPresent(held -> system.registerOnTermination(held::close));
  }

  private static NodeLeases leases(
      ExtendedActorSystem system, Config config, String life, Duration silentMax) {
    CassandraStore store = CassandraStore.get(system);
    CassandraLeases table =
        new CassandraLeases(store.session(), store.config().keyspace(), silentMax.dividedBy(ASKS));
    NodeLeases leases =
        new NodeLeases(
            config.getString("holdfast.region"),
            life,
            table,
            table,
            silentMax,
            silentMax.dividedBy(MARGIN_SHARE),
            System::nanoTime);
    leases.start();
    return leases;
  }

  /// The extension of this system; the first call begins the session of this node.
  public static Ownership get(ClassicActorSystemProvider system) {
    return ID.get(system);
  }

  /// This life of the node, as the others know it; no other one has that.
  public String life() {
    return life;
  }

  /// Present in a cluster.
  Optional<NodeLeases> leases() {
    return leases;
  }

  /// Whether another life of a node of this region is over, in a cluster; blocks.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `storage_failed`
  public boolean isOver(String other) {
    return leases.orElseThrow().isOver(other);
  }

  /// Whether this node may act as the owner of an object: asked each time before something leaves.
  /// Asks nobody else.
  ///
  /// @param type of the object's entity
  public BooleanSupplier of(EntityTypeKey<?> type, ObjectAddress object) {
    if (leases.isEmpty()) {
      return () -> true;
    }
    NodeLeases held = leases.get();
    String name = leaseName(type, object);
    return () -> held.isHeld(name);
  }

  /** As Pekko's sharding names it. */
  private String leaseName(EntityTypeKey<?> type, ObjectAddress object) {
    return "%s-shard-%s-%s".formatted(system, type.name(), shard(object));
  }

  /// The id of the shard that an object is in, among those of its kind.
  public String shard(ObjectAddress object) {
    return shards.shardId(object.key());
  }

  /// Whether others may own an object of this node later on.
  public boolean isLeased() {
    return leases.isPresent();
  }

  /// How long this node may act as an owner, if it can reach nobody from now on.
  public Duration left() {
    return leases.map(NodeLeases::left).orElse(ChronoUnit.FOREVER.getDuration());
  }

  /// Before a shard is given back its objects must have nothing any more that works for them.
  ///
  /// @param task ends that, of the objects for which its argument holds; blocks
  public void beforeRelease(EntityTypeKey<?> type, Consumer<Predicate<ObjectAddress>> task) {
    beforeRelease = lease -> task.accept(object -> leaseName(type, object).equals(lease));
  }

  /// A lease is going to be given back; blocks.
  void clear(String lease) {
    beforeRelease.accept(lease);
  }

  /// Runs when all is lost, because this node was silent for too long: then it must end.
  public void onLost(Runnable task) {
    leases.ifPresent(held -> held.onLost(task));
  }

  /// How Pekko finds the extension.
  private static final class Id extends AbstractExtensionId<Ownership>
      implements ExtensionIdProvider {
    @Override
    public Ownership createExtension(ExtendedActorSystem system) {
      return new Ownership(system);
    }

    @Override
    public Id lookup() {
      return ID;
    }
  }
}
