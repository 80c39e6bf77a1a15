package io.holdfast.cassandra.store;

import com.datastax.oss.driver.api.core.CqlSession;
import com.typesafe.config.Config;
import io.holdfast.cassandra.CassandraLeases;
import io.holdfast.cassandra.CassandraSchema;
import io.holdfast.cassandra.CassandraSessions;
import io.holdfast.cassandra.Cql;
import io.holdfast.persistence.copy.StoreContent;
import java.time.Duration;
import java.time.InstantSource;

/// All that the nodes of a cluster have stored, for a copy while none of them runs. Blocks.
public final class CassandraContent implements AutoCloseable {
  private static final Duration SIGN_MAX = Duration.ofSeconds(5);

  private final CqlSession session;
  private final CassandraConfig config;
  private final CassandraIndex index;
  private final long partitionEvents;

  /// Connects.
  ///
  /// @throws io.holdfast.sdk.HoldfastException `config_invalid`, `storage_failed`
  public CassandraContent(Config root) {
    config = CassandraConfig.from(root);
    partitionEvents = root.getLong("pekko.persistence.cassandra.journal.target-partition-size");
    session = CassandraSessions.open(config.contactPoints(), config.datacenter());
    try {
      new CassandraSchema(config.keyspace()).check(session);
      index = new CassandraIndex(cql("alarms"), root.getString("holdfast.region"));
    } catch (RuntimeException | Error e) {
      session.close();
      throw e;
    }
  }

  /// What is stored; alarms are put in the region of the configuration.
  public StoreContent content() {
    return new StoreContent(
        new CassandraRecords(cql("objects"), index, partitionEvents),
        new CassandraArchives(cql("archives")),
        new CassandraBlobs(cql("blobs"), InstantSource.system()));
  }

  /// A text that changes with each sign of life of a node.
  public String signsOfLife() {
    return new CassandraLeases(session, config.keyspace(), SIGN_MAX).latest();
  }

  private Cql cql(String what) {
    return new Cql(session, config.keyspace(), what);
  }

  @Override
  public void close() {
    session.close();
  }
}
