package io.holdfast.cassandra.store;

import com.datastax.oss.driver.api.core.CqlSession;
import io.holdfast.cassandra.CassandraSchema;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;

/// Whether what is under a jurisdiction is stored where it has to be, and nowhere else.
final class JurisdictionKeyspaces {
  private JurisdictionKeyspaces() {}

  /// Blocks.
  ///
  /// @throws HoldfastException `config_invalid` when a keyspace of this region's jurisdictions is
  ///   missing, of another form or without copies here, or when one of others has copies here
  static void check(CqlSession session, CassandraConfig config) {
    for (Jurisdiction law : config.keyspaces().elsewhere()) {
      CassandraSchema schema = schema(config, law);
      if (schema.hasCopiesIn(session, config.datacenter())) {
        throw refused(
            "keyspace %s: expected no copies in data center %s, which has a region without jurisdiction %s, found some"
                .formatted(schema.keyspace(), config.datacenter(), law));
      }
    }
    config
        .keyspaces()
        .parts()
        .keySet()
        .forEach(part -> part.ifPresent(law -> requireCopies(session, config, law)));
  }

  private static void requireCopies(CqlSession session, CassandraConfig config, Jurisdiction law) {
    CassandraSchema schema = schema(config, law);
    schema.check(session);
    if (!schema.hasCopiesIn(session, config.datacenter())) {
      throw refused(
          "keyspace %s: expected copies in data center %s, which has a region of jurisdiction %s, found none"
              .formatted(schema.keyspace(), config.datacenter(), law));
    }
  }

  private static CassandraSchema schema(CassandraConfig config, Jurisdiction law) {
    return CassandraSchema.ofJurisdiction(config.keyspace(), law.toString());
  }

  private static HoldfastException refused(String message) {
    return new HoldfastException(ErrorCode.CONFIG_INVALID, message);
  }
}
