package io.holdfast.persistence.writer;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;

/// The settings below `holdfast.persistence.writer`.
///
/// @param journalPluginId the journal's config path; empty for Pekko's default
/// @param snapshotPluginId the snapshot store's config path; empty for Pekko's default
public record WriterConfig(
    String journalPluginId,
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
          config.getString("journal-plugin"),
          config.getString("snapshot-plugin"),
          config.getEnum(ClaimPolicy.class, "claim"),
          snapshots(config.getConfig("snapshots")));
    } catch (ConfigException e) {
      throw new HoldfastException(ErrorCode.CONFIG_INVALID, PATH + ": " + e.getMessage(), e);
    }
  }

  private static SnapshotPolicy snapshots(Config config) {
    return new SnapshotPolicy(
        config.getBytes("log-bytes-min"),
        config.getLong("events-max"),
        config.getLong("release-events-min"),
        config.getBytes("image-bytes-max"));
  }
}
