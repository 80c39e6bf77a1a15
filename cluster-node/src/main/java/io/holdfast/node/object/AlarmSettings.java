package io.holdfast.node.object;

import com.typesafe.config.Config;
import io.holdfast.node.cluster.ClusterConfig;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;

/// What the operator sets for alarms, see `holdfast.alarms` in reference.conf.
///
/// @param retryFirst how long after a failed alarm() it is run again for the first time
/// @param runsMax how many alarms that this node looks at run at one time
/// @param beginsPerProcessor how many alarms of objects of this node may begin at one time, for
///   each of its processors
public record AlarmSettings(Duration retryFirst, int runsMax, int beginsPerProcessor) {
  private static final String BEGINS = "holdfast.alarms.begins-per-processor";

  public AlarmSettings {
    if (retryFirst.toMillis() < 1 || retryFirst.compareTo(Duration.ofHours(1)) > 0) {
      throw invalid("holdfast.alarms.retry-first", "1 ms to 1 h", retryFirst.toString());
    }
    if (runsMax < 1 || runsMax > 1_000_000) {
      throw invalid("holdfast.alarms.runs-max", "1 to 1000000", Integer.toString(runsMax));
    }
    if (beginsPerProcessor < 1 || beginsPerProcessor > 1_000) {
      throw invalid(
          BEGINS,
          "1 to 1000, or 0 for as many as fit the store",
          Integer.toString(beginsPerProcessor));
    }
  }

  /// Reads `holdfast`.
  public static AlarmSettings from(Config root) {
    int begins = root.getInt(BEGINS);
    return new AlarmSettings(
        root.getDuration("holdfast.alarms.retry-first"),
        root.getInt("holdfast.alarms.runs-max"),
        begins == 0 ? beginsPerProcessor(ClusterConfig.from(root).store()) : begins);
  }

  /** Cassandra has all nodes of its region to answer, and users wait for it, too. */
  private static int beginsPerProcessor(ClusterConfig.Store store) {
    return switch (store) {
      case EMBEDDED -> 4;
      case CASSANDRA -> 1;
    };
  }

  /// How many alarms of objects of this node may begin at one time.
  int beginsMax() {
    return beginsPerProcessor * Runtime.getRuntime().availableProcessors();
  }

  private static HoldfastException invalid(String key, String expected, String found) {
    return new HoldfastException(
        ErrorCode.CONFIG_INVALID, key + ": expected " + expected + ", found " + found);
  }
}
