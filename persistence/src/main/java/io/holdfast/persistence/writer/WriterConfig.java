package io.holdfast.persistence.writer;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigUtil;
import io.holdfast.protocol.ByJurisdiction;
import io.holdfast.protocol.Jurisdiction;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/// The settings below `holdfast.persistence.writer`.
///
/// @param journals config paths of journals; empty for Pekko's default
/// @param snapshotPluginId the snapshot store's config path; empty for Pekko's default
public record WriterConfig(
    ByJurisdiction<String> journals,
    String snapshotPluginId,
    ClaimPolicy claimPolicy,
    SnapshotPolicy snapshots) {
  private static final String PATH = "holdfast.persistence.writer";

  /// Reads the node's configuration.
  ///
  /// @throws HoldfastException `config_invalid` that names the bad key
  public static WriterConfig from(Config root) {
    try {
      Config config = root.getConfig(PATH);
      return new WriterConfig(
          journals(config),
          config.getString("snapshot-plugin"),
          config.getEnum(ClaimPolicy.class, "claim"),
          snapshots(config.getConfig("snapshots")));
    } catch (ConfigException e) {
      throw new HoldfastException(ErrorCode.CONFIG_INVALID, PATH + ": " + e.getMessage(), e);
    }
  }

  private static ByJurisdiction<String> journals(Config config) {
    Map<Jurisdiction, String> apart = new EnumMap<>(Jurisdiction.class);
    Config named = config.getConfig("journal-plugins");
    for (String law : named.root().keySet()) {
      apart.put(Jurisdiction.parse(law), named.getString(ConfigUtil.quoteString(law)));
    }
    return ByJurisdiction.apart(config.getString("journal-plugin"), apart, Set.of());
  }

  private static SnapshotPolicy snapshots(Config config) {
    return new SnapshotPolicy(
        config.getBytes("log-bytes-min"),
        config.getLong("events-max"),
        config.getLong("release-events-min"),
        config.getBytes("image-bytes-max"));
  }
}
