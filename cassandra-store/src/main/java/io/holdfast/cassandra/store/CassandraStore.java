package io.holdfast.cassandra.store;

import com.datastax.oss.driver.api.core.CqlSession;
import com.typesafe.config.Config;
import io.holdfast.cassandra.CassandraInstances;
import io.holdfast.cassandra.CassandraLeases;
import io.holdfast.cassandra.CassandraPlacements;
import io.holdfast.cassandra.CassandraRegionStates;
import io.holdfast.cassandra.CassandraSchema;
import io.holdfast.cassandra.CassandraSessions;
import io.holdfast.cassandra.Cql;
import io.holdfast.cassandra.InstanceTable;
import io.holdfast.cassandra.PlacementDirectory;
import io.holdfast.cassandra.RegionStates;
import io.holdfast.cassandra.SignsOfLife;
import io.holdfast.persistence.archive.ArchiveReferences;
import io.holdfast.persistence.archive.Archives;
import io.holdfast.persistence.store.SnapshotChunks;
import io.holdfast.protocol.ByJurisdiction;
import java.time.Duration;
import java.time.InstantSource;
import org.apache.pekko.actor.AbstractExtensionId;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Extension;
import org.apache.pekko.actor.ExtensionIdProvider;

/// Cassandra as one actor system uses it, connected from first use until the system has terminated.
///
/// A node calls [#get] when it starts, so that a store that does not answer, or whose tables are of
/// another form, stops it there.
public final class CassandraStore implements Extension {
  private static final Id ID = new Id();

  /** How long one question for a sign of life may take. */
  private static final Duration SIGN_MAX = Duration.ofSeconds(2);

  private final CqlSession session;
  private final CassandraConfig config;
  private final ByJurisdiction<ObjectTables> tables;
  private final CassandraIndex index;
  private final CassandraRows rows;

  private CassandraStore(ExtendedActorSystem system) {
    Config settings = system.settings().config();
    config = CassandraConfig.from(settings);
    session = CassandraSessions.open(config.contactPoints(), config.datacenter());
    try {
      new CassandraSchema(config.keyspace()).check(session);
      JurisdictionKeyspaces.check(session, config);
      String region = settings.getString("holdfast.region");
      long partitionEvents =
          settings.getLong("pekko.persistence.cassandra.journal.target-partition-size");
      tables =
          config.keyspaces().map(keyspace -> tables(keyspace, system, region, partitionEvents));
      index = new CassandraIndex(tables.map(ObjectTables::index));
      rows = new CassandraRows(tables, system);
    } catch (RuntimeException | Error e) {
      session.close();
      throw e;
    }
    system.registerOnTermination(session::close);
  }

  private ObjectTables tables(
      String keyspace, ExtendedActorSystem system, String region, long partitionEvents) {
    EventTable events = new EventTable(cql(keyspace, "histories"), partitionEvents);
    ChunkRowsTable chunkRows = new ChunkRowsTable(cql(keyspace, "chunks"));
    return new ObjectTables(
        events,
        new StrictAppends(cql(keyspace, "journal"), events),
        new SnapshotTable(cql(keyspace, "snapshots"), system),
        chunkRows,
        new SnapshotChunks(chunkRows),
        new IndexTable(cql(keyspace, "alarms"), region));
  }

  /// The extension of this system, connected by the first call.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `config_invalid`, `storage_failed`
  public static CassandraStore get(ClassicActorSystemProvider system) {
    return ID.get(system);
  }

  /// For statements of one's own; do not close it.
  public CqlSession session() {
    return session;
  }

  public CassandraConfig config() {
    return config;
  }

  public CassandraIndex index() {
    return index;
  }

  public CassandraRows rows() {
    return rows;
  }

  /// The files of containers.
  ///
  /// @param retention how long an archive is kept after a newer one took its place
  public ByJurisdiction<Archives> archives(InstantSource clock, Duration retention) {
    return config
        .keyspaces()
        .map(keyspace ->
            new Archives(
                new CassandraBlobs(cql(keyspace, "blobs"), clock),
                new ArchiveReferences(
                    new CassandraArchives(cql(keyspace, "archives")), clock, retention)));
  }

  /// What nodes used.
  public CassandraMeters meters() {
    return new CassandraMeters(cql(config.keyspace(), "metering"));
  }

  /// How many containers of a namespace each node may run.
  public InstanceTable instances() {
    return new CassandraInstances(session, config.keyspace());
  }

  /// Where objects have their homes.
  public PlacementDirectory placements() {
    return new CassandraPlacements(session, config.keyspace());
  }

  /// What operators have said of regions.
  public RegionStates regionStates() {
    return new CassandraRegionStates(session, config.keyspace());
  }

  /// Which nodes are alive.
  public SignsOfLife signsOfLife() {
    return new CassandraLeases(session, config.keyspace(), SIGN_MAX);
  }

  /// @throws io.holdfast.sdk.HoldfastException `jurisdiction_unavailable` when the object must not
  ///   be stored here
  ObjectTables tables(String persistenceId) {
    return tables.of(persistenceId);
  }

  private Cql cql(String keyspace, String what) {
    return new Cql(session, keyspace, what);
  }

  /// How Pekko finds the extension.
  private static final class Id extends AbstractExtensionId<CassandraStore>
      implements ExtensionIdProvider {
    @Override
    public CassandraStore createExtension(ExtendedActorSystem system) {
      return new CassandraStore(system);
    }

    @Override
    public Id lookup() {
      return ID;
    }
  }
}
