package io.holdfast.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/// What the operator sets for the node itself, see `holdfast` in reference.conf.
///
/// @param tokenFile where the token of the service API is; empty: in the data directory
/// @param admin whether there is an admin API
/// @param pausedMax how many containers may be paused at one time
/// @param adminTokenFile where its token is; empty: in the data directory
record NodeConfig(
    Path dataDirectory,
    Path appsDirectory,
    String region,
    String node,
    Optional<Path> tokenFile,
    Admin admin,
    Optional<Path> adminTokenFile,
    Duration stopGrace,
    OnShutdown onShutdown,
    Duration shutdownTimeout,
    int pausedMax) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9-]{1,63}");

  /// What happens to running containers when the node is shut down in order.
  enum OnShutdown {
    SLEEP,
    KEEP
  }

  /// Whether the admin API is served.
  enum Admin {
    ON,
    OFF
  }

  private static final Duration STOP_GRACE_MAX = Duration.ofHours(1);

  /** Pekko's shutdown phases end after 40 s. */
  private static final Duration SHUTDOWN_TIMEOUT_MAX = Duration.ofSeconds(40);

  NodeConfig {
    check("holdfast.region", region);
    check("holdfast.node", node);
    check("holdfast.containers.stop-grace", stopGrace, STOP_GRACE_MAX);
    check("holdfast.containers.shutdown-timeout", shutdownTimeout, SHUTDOWN_TIMEOUT_MAX);
    if (pausedMax < 0 || pausedMax > 100_000) {
      throw invalid("holdfast.containers.paused-max", "a number from 0 to 100000", "" + pausedMax);
    }
  }

  static NodeConfig from(Config root) {
    try {
      Config holdfast = root.getConfig("holdfast");
      String adminTokenFile = holdfast.getString("admin.token-file");
      String tokenFile = holdfast.getString("api.token-file");
      checkShards(holdfast.getInt("objects.shards"));
      return new NodeConfig(
          Path.of(holdfast.getString("data-directory")),
          Path.of(holdfast.getString("apps-directory")),
          holdfast.getString("region"),
          holdfast.getString("node"),
          tokenFile.isEmpty() ? Optional.empty() : Optional.of(Path.of(tokenFile)),
          holdfast.getBoolean("admin.enabled") ? Admin.ON : Admin.OFF,
          adminTokenFile.isEmpty() ? Optional.empty() : Optional.of(Path.of(adminTokenFile)),
          holdfast.getDuration("containers.stop-grace"),
          onShutdown(holdfast.getString("containers.on-shutdown")),
          holdfast.getDuration("containers.shutdown-timeout"),
          holdfast.getInt("containers.paused-max"));
    } catch (ConfigException e) {
      throw new HoldfastException(ErrorCode.CONFIG_INVALID, String.valueOf(e.getMessage()), e);
    }
  }

  private static OnShutdown onShutdown(String text) {
    return switch (text) {
      case "sleep" -> OnShutdown.SLEEP;
      case "keep" -> OnShutdown.KEEP;
      default -> throw invalid("holdfast.containers.on-shutdown", "sleep or keep", text);
    };
  }

  private static void check(String key, String name) {
    if (!NAME.matcher(name).matches()) {
      throw invalid(key, "1 to 63 letters, digits and dashes", name);
    }
  }

  private static void check(String key, Duration found, Duration max) {
    if (found.isNegative() || found.compareTo(max) > 0) {
      throw invalid(key, "a duration from 0 to " + max.toSeconds() + " s", found.toString());
    }
  }

  private static void checkShards(int found) {
    if (found < 1 || found > 10_000) {
      throw invalid("holdfast.objects.shards", "a number from 1 to 10000", "" + found);
    }
  }

  private static HoldfastException invalid(String key, String expected, String found) {
    return new HoldfastException(
        ErrorCode.CONFIG_INVALID, key + ": expected " + expected + ", found '" + found + "'");
  }
}
