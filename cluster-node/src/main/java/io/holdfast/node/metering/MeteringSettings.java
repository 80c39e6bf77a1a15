package io.holdfast.node.metering;

import com.typesafe.config.Config;
import io.holdfast.protocol.SettingGroup;
import java.time.Duration;

/// What the operator sets, see `holdfast.metering` in reference.conf.
///
/// @param flushEvery how much a crash may lose of what objects used
/// @param readEvery how often running containers are asked for their CPU time and traffic
/// @param retention how long days are kept
public record MeteringSettings(Duration flushEvery, Duration readEvery, Duration retention) {
  private static final SettingGroup SETTINGS = new SettingGroup("holdfast.metering");

  public MeteringSettings {
    SETTINGS.check("flush-every", flushEvery.toMillis(), 10, 60_000, " ms");
    SETTINGS.check("read-every", readEvery.toMillis(), 100, 3_600_000, " ms");
    SETTINGS.check("retention", retention.toDays(), 1, 36_500, " d");
  }

  public static MeteringSettings from(Config root) {
    Config metering = root.getConfig("holdfast.metering");
    return new MeteringSettings(
        metering.getDuration("flush-every"),
        metering.getDuration("read-every"),
        metering.getDuration("retention"));
  }
}
