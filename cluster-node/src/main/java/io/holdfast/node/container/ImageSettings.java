package io.holdfast.node.container;

import com.typesafe.config.Config;
import io.holdfast.protocol.SettingGroup;
import java.time.Duration;

/// What the operator sets for images that the node pulled, see `holdfast.containers.images` in
/// reference.conf.
///
/// @param unusedAge how long one that no app names stays after its last use
/// @param bytesMax how large they may be together before that
/// @param sweepEvery how often they are looked at
public record ImageSettings(Duration unusedAge, long bytesMax, Duration sweepEvery) {
  private static final SettingGroup SETTINGS = new SettingGroup("holdfast.containers.images");
  static final ImageSettings USUAL =
      new ImageSettings(Duration.ofDays(7), 50_000_000_000L, Duration.ofHours(1));

  public ImageSettings {
    SETTINGS.check("unused-age", unusedAge.toMillis(), 0, 315_360_000_000L, " ms");
    SETTINGS.check("bytes-max", bytesMax, 0, 1L << 50);
    SETTINGS.check("sweep-every", sweepEvery.toMillis(), 10, 86_400_000, " ms");
  }

  public static ImageSettings from(Config root) {
    Config images = root.getConfig("holdfast.containers.images");
    return new ImageSettings(
        images.getDuration("unused-age"),
        images.getBytes("bytes-max"),
        images.getDuration("sweep-every"));
  }
}
