package io.holdfast.node.object;

import com.typesafe.config.Config;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;

/// What the operator sets for alarms, see `holdfast.alarms` in reference.conf.
///
/// @param retryFirst how long after a failed alarm() it is run again for the first time
/// @param runsMax how many alarms run at one time on this node
public record AlarmSettings(Duration retryFirst, int runsMax) {
  public AlarmSettings {
    if (retryFirst.toMillis() < 1 || retryFirst.compareTo(Duration.ofHours(1)) > 0) {
      throw invalid("holdfast.alarms.retry-first", "1 ms to 1 h", retryFirst.toString());
    }
    if (runsMax < 1 || runsMax > 1_000_000) {
      throw invalid("holdfast.alarms.runs-max", "1 to 1000000", Integer.toString(runsMax));
    }
  }

  /// Reads `holdfast`.
  public static AlarmSettings from(Config root) {
    return new AlarmSettings(
        root.getDuration("holdfast.alarms.retry-first"), root.getInt("holdfast.alarms.runs-max"));
  }

  private static HoldfastException invalid(String key, String expected, String found) {
    return new HoldfastException(
        ErrorCode.CONFIG_INVALID, key + ": expected " + expected + ", found " + found);
  }
}
