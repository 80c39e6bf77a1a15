package io.holdfast.cassandra.store;

import com.datastax.oss.driver.api.core.CqlSession;
import com.typesafe.config.Config;
import io.holdfast.cassandra.CassandraLeases;
import io.holdfast.cassandra.CassandraSchema;
import io.holdfast.cassandra.CassandraSessions;
import io.holdfast.cassandra.Cql;
import io.holdfast.persistence.copy.StoreContent;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/// All that the nodes of a cluster have stored of objects under one jurisdiction, or of those under
/// none, for a copy while none of them runs. Blocks.
public final class CassandraContent implements AutoCloseable {
  private static final Duration SIGN_MAX = Duration.ofSeconds(5);

  private final CqlSession session;
  private final CassandraConfig config;
  private final Optional<Jurisdiction> law;
  private final String keyspace;
  private final IndexTable index;
  private final long partitionEvents;

  /// Connects.
  ///
  /// @param law the objects of that jurisdiction, which is kept apart; empty for those that are not
  /// @throws HoldfastException `config_invalid`, `storage_failed`; `jurisdiction_unavailable` when
  ///   it is not kept apart in the region of the configuration
  public CassandraContent(Config root, Optional<Jurisdiction> law) {
    config = CassandraConfig.from(root);
    this.law = law;
    String found = config.keyspaces().parts().get(law);
    if (found == null) {
      throw new HoldfastException(
          ErrorCode.JURISDICTION_UNAVAILABLE,
          "expected a jurisdiction that is kept apart in region %s, found %s"
              .formatted(root.getString("holdfast.region"), law.orElseThrow()));
    }
    keyspace = found;
    partitionEvents = root.getLong("pekko.persistence.cassandra.journal.target-partition-size");
    session = CassandraSessions.open(config.contactPoints(), config.datacenter());
    try {
      new CassandraSchema(config.keyspace()).check(session);
      JurisdictionKeyspaces.check(session, config);
      index = new IndexTable(cql("alarms"), root.getString("holdfast.region"));
    } catch (RuntimeException | Error e) {
      session.close();
      throw e;
    }
  }

  /// What is stored; alarms are put in the region of the configuration.
  public StoreContent content() {
    return new StoreContent(
        new CassandraRecords(cql("objects"), index, partitionEvents, this::requireOf),
        new CassandraArchives(cql("archives")),
        new CassandraBlobs(cql("blobs"), InstantSource.system()));
  }

  /// A text that changes with each sign of life of a node.
  public String signsOfLife() {
    return new CassandraLeases(session, config.keyspace(), SIGN_MAX).latest();
  }

  private Cql cql(String what) {
    return new Cql(session, keyspace, what);
  }

  /** Nothing may come to where the objects of another jurisdiction are. */
  private void requireOf(String objectKey) {
    if (!config.keyspaces().lawOf(objectKey).equals(law)) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected objects %s, found %s %s"
              .formatted(text(law), objectKey, text(Jurisdiction.ofKey(objectKey))));
    }
  }

  private static String text(Optional<Jurisdiction> law) {
    return law.map(each -> "of jurisdiction " + each).orElse("without a jurisdiction");
  }

  @Override
  public void close() {
    session.close();
  }
}
