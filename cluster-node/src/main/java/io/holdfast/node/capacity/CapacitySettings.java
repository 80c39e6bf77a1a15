package io.holdfast.node.capacity;

import com.typesafe.config.Config;
import io.holdfast.protocol.SettingGroup;
import java.time.Duration;

/// What the operator sets for starts that find no room, see `holdfast.containers` in
/// reference.conf.
///
/// @param queueTimeout how long one waits; zero: not at all
/// @param queueLengthMax how many may wait at one time
public record CapacitySettings(NodeBudget budget, Duration queueTimeout, int queueLengthMax) {
  private static final SettingGroup SETTINGS = new SettingGroup("holdfast.containers");

  public CapacitySettings {
    SETTINGS.check("queue-timeout", queueTimeout.toMillis(), 0, 3_600_000, " ms");
    SETTINGS.check("queue-length-max", queueLengthMax, 0, 1_000_000);
  }

  /// These, but a start waits for at least so long, and at least so many may wait.
  CapacitySettings atLeast(Duration timeout, int length) {
    return new CapacitySettings(
        budget,
        queueTimeout.compareTo(timeout) < 0 ? timeout : queueTimeout,
        Math.max(queueLengthMax, length));
  }

  public static CapacitySettings from(Config root, NodeBudget.Machine machine) {
    return new CapacitySettings(
        NodeBudget.from(root, machine),
        root.getDuration("holdfast.containers.queue-timeout"),
        root.getInt("holdfast.containers.queue-length-max"));
  }
}
