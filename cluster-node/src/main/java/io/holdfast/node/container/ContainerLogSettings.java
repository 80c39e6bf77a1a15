package io.holdfast.node.container;

import com.typesafe.config.Config;
import io.holdfast.protocol.SettingGroup;

/// What the operator sets for logs, see `holdfast.containers.logs` in reference.conf.
///
/// @param keptBytesMax of one container that is gone
/// @param keptBytesMaxInAll of all that are gone
/// @param followersMax how many may follow at one time
public record ContainerLogSettings(int keptBytesMax, long keptBytesMaxInAll, int followersMax) {
  private static final SettingGroup SETTINGS = new SettingGroup("holdfast.containers.logs");
  static final ContainerLogSettings USUAL = new ContainerLogSettings(64 << 10, 16 << 20, 16);

  public ContainerLogSettings {
    SETTINGS.check("kept-bytes-max", keptBytesMax, 0, 1 << 20);
    SETTINGS.check("kept-bytes-max-in-all", keptBytesMaxInAll, 0, 1L << 32);
    SETTINGS.check("followers-max", followersMax, 0, 1_000);
  }

  public static ContainerLogSettings from(Config root) {
    Config logs = root.getConfig("holdfast.containers.logs");
    return new ContainerLogSettings(
        Math.toIntExact(logs.getBytes("kept-bytes-max")),
        logs.getBytes("kept-bytes-max-in-all"),
        logs.getInt("followers-max"));
  }
}
