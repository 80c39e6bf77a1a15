package io.holdfast.node.files;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.holdfast.persistence.archive.ArchiveLimits;
import io.holdfast.protocol.SettingGroup;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;

/// The settings below `holdfast.containers.files`; `reference.conf` says what each one means.
public record FileSettings(
    ArchiveLimits limits,
    int atOnceMax,
    long freeBytesMin,
    Duration retention,
    Duration snapshotTtl,
    Duration sweepInterval) {
  private static final String PATH = "holdfast.containers.files";
  private static final SettingGroup SETTINGS = new SettingGroup(PATH);
  private static final long YEARS_MAX_MILLIS = Duration.ofDays(3650).toMillis();

  public FileSettings {
    SETTINGS.check("bytes-max", limits.bytesMax(), 1 << 20, 1L << 36);
    SETTINGS.check("files-max", limits.filesMax(), 1, 1_000_000);
    SETTINGS.check("path-bytes-max", limits.pathBytesMax(), 16, 4096);
    SETTINGS.check("at-once-max", atOnceMax, 1, 64);
    SETTINGS.check("free-bytes-min", freeBytesMin, 0, 1L << 40);
    SETTINGS.check("retention", retention.toMillis(), 0, YEARS_MAX_MILLIS);
    SETTINGS.check("snapshot-ttl", snapshotTtl.toMillis(), 1, YEARS_MAX_MILLIS);
    SETTINGS.check("sweep-interval", sweepInterval.toMillis(), 10, Duration.ofDays(1).toMillis());
  }

  /// Reads the node's configuration.
  ///
  /// @throws HoldfastException `config_invalid` that names the bad key
  public static FileSettings from(Config root) {
    try {
      Config config = root.getConfig(PATH);
      return new FileSettings(
          new ArchiveLimits(
              config.getBytes("bytes-max"),
              config.getInt("files-max"),
              config.getInt("path-bytes-max")),
          config.getInt("at-once-max"),
          config.getBytes("free-bytes-min"),
          config.getDuration("retention"),
          config.getDuration("snapshot-ttl"),
          config.getDuration("sweep-interval"));
    } catch (ConfigException e) {
      throw new HoldfastException(ErrorCode.CONFIG_INVALID, PATH + ": " + e.getMessage(), e);
    }
  }
}
