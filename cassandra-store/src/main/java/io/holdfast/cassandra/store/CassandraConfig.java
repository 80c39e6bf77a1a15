package io.holdfast.cassandra.store;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.net.InetSocketAddress;
import java.util.List;

/// The settings below `holdfast.persistence.cassandra`.
///
/// @param datacenter Cassandra's own name for where this node is
public record CassandraConfig(
    List<InetSocketAddress> contactPoints, String datacenter, String keyspace) {
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
          points, config.getString("datacenter"), config.getString("keyspace"));
    } catch (ConfigException e) {
      throw new HoldfastException(ErrorCode.CONFIG_INVALID, PATH + ": " + e.getMessage(), e);
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
