package io.holdfast.cassandra.store;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigUtil;
import io.holdfast.cassandra.CassandraSchema;
import io.holdfast.protocol.ByJurisdiction;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.net.InetSocketAddress;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// The settings below `holdfast.persistence.cassandra`.
///
/// @param datacenter Cassandra's own name for where this node is
/// @param keyspaces where objects are stored; that of the rest is also that of the cluster
/// @param strictAppend whether each append is a lightweight transaction
public record CassandraConfig(
    List<InetSocketAddress> contactPoints,
    String datacenter,
    ByJurisdiction<String> keyspaces,
    boolean strictAppend) {
  private static final String PATH = "holdfast.persistence.cassandra";

  /// Reads the node's configuration.
  ///
  /// @throws HoldfastException `config_invalid` that names the bad key
  public static CassandraConfig from(Config root) {
    try {
      Config config = root.getConfig(PATH);
      List<InetSocketAddress> points =
          config.getStringList("contact-points").stream().map(CassandraConfig::address).toList();
      if (points.isEmpty()) {
        throw invalid("contact-points", "at least one host:port", "none");
      }
      return new CassandraConfig(
          points,
          config.getString("datacenter"),
          keyspaces(root, config),
          config.getBoolean("strict-append"));
    } catch (ConfigException e) {
      throw new HoldfastException(ErrorCode.CONFIG_INVALID, PATH + ": " + e.getMessage(), e);
    }
  }

  /// Where the tables are that all nodes share.
  public String keyspace() {
    return keyspaces.rest();
  }

  private static ByJurisdiction<String> keyspaces(Config root, Config config) {
    String keyspace = config.getString("keyspace");
    Set<Jurisdiction> own = jurisdictions(root);
    Map<Jurisdiction, String> apart = new EnumMap<>(Jurisdiction.class);
    Set<Jurisdiction> elsewhere = EnumSet.noneOf(Jurisdiction.class);
    for (Jurisdiction law : Jurisdiction.values()) {
      String key = "jurisdiction-keyspaces." + law;
      String named = config.getString(key);
      String apartOnly = CassandraSchema.ofJurisdiction(keyspace, law.toString()).keyspace();
      if (named.equals(keyspace)) {
        continue;
      }
      if (!named.equals(apartOnly)) {
        throw invalid(
            key,
            "%s, or %s for what is not kept apart".formatted(apartOnly, keyspace),
            "'" + named + "'");
      }
      if (own.contains(law)) {
        apart.put(law, named);
      } else {
        elsewhere.add(law);
      }
    }
    return ByJurisdiction.apart(keyspace, apart, elsewhere);
  }

  /** Those of this node's region. */
  private static Set<Jurisdiction> jurisdictions(Config root) {
    String path =
        "holdfast.regions."
            + ConfigUtil.quoteString(root.getString("holdfast.region"))
            + ".jurisdictions";
    try {
      return root.hasPath(path)
          ? root.getStringList(path).stream().map(Jurisdiction::parse).collect(Collectors.toSet())
          : Set.of();
    } catch (HoldfastException e) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID, path.replace("\"", "") + ": " + e.getMessage(), e);
    }
  }

  private static InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 1 || !text.substring(colon + 1).matches("\\d{1,5}")) {
      throw invalid("contact-points", "host:port, such as 10.0.0.1:9042", "'" + text + "'");
    }
    int port = Integer.parseInt(text.substring(colon + 1));
    if (port < 1 || port > 65_535) {
      throw invalid("contact-points", "a port from 1 to 65535", "'" + text + "'");
    }
    return new InetSocketAddress(text.substring(0, colon), port);
  }

  private static HoldfastException invalid(String key, String expected, String found) {
    return new HoldfastException(
        ErrorCode.CONFIG_INVALID, PATH + "." + key + ": expected " + expected + ", found " + found);
  }
}
