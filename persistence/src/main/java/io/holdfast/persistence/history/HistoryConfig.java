package io.holdfast.persistence.history;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.holdfast.protocol.SettingGroup;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;

/// The settings below `holdfast.persistence.history`; `reference.conf` says what each one means.
public record HistoryConfig(
    Duration retention, long replayBytesMax, Duration sweepInterval, int sweepObjectsMax) {
  private static final String PATH = "holdfast.persistence.history";
  private static final SettingGroup SETTINGS = new SettingGroup(PATH);

  public HistoryConfig {
    SETTINGS.check("retention", retention.toMillis(), 0, Duration.ofDays(3650).toMillis());
    SETTINGS.check("replay-bytes-max", replayBytesMax, 64 << 10, 1L << 30);
    SETTINGS.check("sweep-interval", sweepInterval.toMillis(), 10, Duration.ofDays(1).toMillis());
    SETTINGS.check("sweep-objects-max", sweepObjectsMax, 1, 10_000);
  }

  /// Reads the node's configuration.
  ///
  /// @throws HoldfastException `config_invalid` that names the bad key
  public static HistoryConfig from(Config root) {
    try {
      Config config = root.getConfig(PATH);
      return new HistoryConfig(
          config.getDuration("retention"),
          config.getBytes("replay-bytes-max"),
          config.getDuration("sweep-interval"),
          config.getInt("sweep-objects-max"));
    } catch (ConfigException e) {
      throw new HoldfastException(ErrorCode.CONFIG_INVALID, PATH + ": " + e.getMessage(), e);
    }
  }

  /// Whether there is a past to go back to.
  public boolean isOn() {
    return !retention.isZero();
  }
}
