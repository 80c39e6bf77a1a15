package io.holdfast.node.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// The settings below `holdfast.cluster`, and `holdfast.store`.
///
/// @param store where objects are stored
/// @param seeds as host:port or dns:name:port; empty for a cluster of this node alone
/// @param silentMax how long a node may be silent until others take its objects
/// @param regionLostAfter how long a region may show no sign of life until others give it up; empty
///   when only the operator says so
/// @param roles what this node does
public record ClusterConfig(
    Store store,
    List<String> seeds,
    Duration silentMax,
    Optional<Duration> regionLostAfter,
    Set<NodeRole> roles) {
  public enum Store {
    EMBEDDED,
    CASSANDRA
  }

  private static final String PATH = "holdfast.cluster";
  private static final Pattern ZONE = Pattern.compile("[A-Za-z0-9-]{1,63}");
  private static final Duration SILENT_MIN = Duration.ofMillis(500);
  private static final Duration SILENT_MAX = Duration.ofMinutes(1);
  private static final Duration LOST_MIN = Duration.ofSeconds(10);
  private static final Duration LOST_MAX = Duration.ofDays(1);

  /// Reads the node's configuration.
  ///
  /// @throws HoldfastException `config_invalid` that names the bad key
  public static ClusterConfig from(Config root) {
    try {
      Config config = root.getConfig(PATH);
      Store store = storeOf(root.getString("holdfast.store"));
      List<String> seeds = List.copyOf(config.getStringList("seeds"));
      for (String seed : seeds) {
        if (!Seeds.isSeed(seed)) {
          throw invalid(
              "seeds",
              "host:port, such as 10.0.0.1:7600, or dns:name:port for all addresses of a name",
              "'" + seed + "'");
        }
      }
      if (!seeds.isEmpty() && store == Store.EMBEDDED) {
        throw invalid("seeds", "none with holdfast.store = embedded, which is of one node", "some");
      }
      if (!seeds.isEmpty() && config.getInt("port") == 0) {
        throw invalid("port", "a port when there are seeds", "0");
      }
      Duration silentMax = config.getDuration("silent-max");
      if (silentMax.compareTo(SILENT_MIN) < 0 || silentMax.compareTo(SILENT_MAX) > 0) {
        throw invalid("silent-max", "500 ms to 1 min", silentMax.toString());
      }
      requireZone(config.getString("zone"));
      return new ClusterConfig(store, seeds, silentMax, lostAfter(config), roles(config, store));
    } catch (ConfigException e) {
      throw new HoldfastException(ErrorCode.CONFIG_INVALID, PATH + ": " + e.getMessage(), e);
    }
  }

  private static void requireZone(String zone) {
    if (!ZONE.matcher(zone).matches()) {
      throw invalid("zone", "1 to 63 letters, digits and dashes", "'" + zone + "'");
    }
  }

  private static Set<NodeRole> roles(Config config, Store store) {
    Set<NodeRole> roles = EnumSet.noneOf(NodeRole.class);
    for (String text : config.getStringList("roles")) {
      roles.add(
          NodeRole.of(text)
              .orElseThrow(
                  () -> invalid("roles", "some of " + NodeRole.texts(), "'" + text + "'")));
    }
    if (roles.isEmpty()) {
      throw invalid("roles", "some of " + NodeRole.texts(), "none");
    }
    if (store == Store.EMBEDDED && roles.size() < NodeRole.values().length) {
      throw invalid(
          "roles", "all with holdfast.store = embedded, which is of one node", roles.toString());
    }
    return Set.copyOf(roles);
  }

  private static Optional<Duration> lostAfter(Config config) {
    if (config.getString("region-lost-after").equals("never")) {
      return Optional.empty();
    }
    Duration after = config.getDuration("region-lost-after");
    if (after.compareTo(LOST_MIN) < 0 || after.compareTo(LOST_MAX) > 0) {
      throw invalid("region-lost-after", "never, or 10 s to 1 d", after.toString());
    }
    return Optional.of(after);
  }

  private static Store storeOf(String text) {
    return switch (text) {
      case "embedded" -> Store.EMBEDDED;
      case "cassandra" -> Store.CASSANDRA;
      default ->
          throw new HoldfastException(
              ErrorCode.CONFIG_INVALID,
              "holdfast.store: expected embedded or cassandra, found '" + text + "'");
    };
  }

  private static HoldfastException invalid(String key, String expected, String found) {
    return new HoldfastException(
        ErrorCode.CONFIG_INVALID, PATH + "." + key + ": expected " + expected + ", found " + found);
  }
}
