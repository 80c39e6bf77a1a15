package io.holdfast.cassandra.store;

import com.datastax.oss.driver.api.core.CqlSession;
import io.holdfast.cassandra.CassandraLeases;
import io.holdfast.cassandra.CassandraPlacements;
import io.holdfast.cassandra.CassandraRegionStates;
import io.holdfast.cassandra.CassandraSchema;
import io.holdfast.cassandra.CassandraSessions;
import io.holdfast.cassandra.Cql;
import io.holdfast.cassandra.PlacementDirectory;
import io.holdfast.cassandra.RegionStates;
import io.holdfast.cassandra.SignsOfLife;
import io.holdfast.persistence.archive.ArchiveIndex;
import io.holdfast.persistence.blob.BlobStore;
import io.holdfast.persistence.store.SnapshotChunks;
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
  private final SnapshotTable snapshots;
  private final SnapshotChunks chunks;
  private final CassandraIndex index;
  private final CassandraRows rows;

  private CassandraStore(ExtendedActorSystem system) {
    config = CassandraConfig.from(system.settings().config());
    session = CassandraSessions.open(config.contactPoints(), config.datacenter());
    try {
      new CassandraSchema(config.keyspace()).check(session);
      ChunkRowsTable chunkRows = new ChunkRowsTable(cql("chunks"));
      snapshots = new SnapshotTable(cql("snapshots"), system);
      chunks = new SnapshotChunks(chunkRows);
      index =
          new CassandraIndex(
              cql("alarms"), system.settings().config().getString("holdfast.region"));
      rows = new CassandraRows(cql("histories"), snapshots, chunks, chunkRows, index, system);
    } catch (RuntimeException | Error e) {
      session.close();
      throw e;
    }
    system.registerOnTermination(session::close);
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

  /// Who needs which archive of files.
  public ArchiveIndex archives() {
    return new CassandraArchives(cql("archives"));
  }

  /// What archives consist of.
  public BlobStore blobs(InstantSource clock) {
    return new CassandraBlobs(cql("blobs"), clock);
  }

  /// What nodes used.
  public CassandraMeters meters() {
    return new CassandraMeters(cql("metering"));
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

  SnapshotTable snapshots() {
    return snapshots;
  }

  SnapshotChunks chunks() {
    return chunks;
  }

  private Cql cql(String what) {
    return new Cql(session, config.keyspace(), what);
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
