package io.holdfast.engine;

import com.typesafe.config.Config;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// The settings under `holdfast.engine`; `reference.conf` explains each.
///
/// @param hosts what containers behind the gate are told of these names, in blocked ranges or not
/// @param runtime of containers that ask for none; empty = the engine's own
/// @param runtimes that containers may ask for
public record EngineConfig(
    String namePrefix,
    Docker docker,
    FencePolicy fence,
    NetworksAtClose networksAtClose,
    List<String> blockedRanges,
    Map<String, InetAddress> hosts,
    int preparedNetworks,
    Limits limits,
    String runtime,
    List<String> runtimes,
    SeccompPolicy seccomp,
    ImageConfig images,
    HttpConfig http) {
  private static final Pattern PREFIX = Pattern.compile("[a-z0-9][a-z0-9-]{0,19}");
  private static final Pattern RANGE = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}/\\d{1,2}");

  private static final Pattern ADDRESS =
      Pattern.compile("((25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(?!$)|$)){4}");

  /// How the Docker Engine is reached.
  public record Docker(String host, int connectionsMax, Duration requestTimeout) {}

  /// What every container is held to, beside its instance type.
  public record Limits(int pidsMax, List<String> capabilities, long logFileBytes, int logFiles) {}

  /// What to do when containers cannot be kept away from the host.
  public enum FencePolicy {
    /// `REQUIRE` for a node that runs as root, and so could put the fence up; else `WARN`.
    AUTO,
    REQUIRE,
    WARN
  }

  /// What to do when the engine filters no system calls.
  public enum SeccompPolicy {
    REQUIRE,
    WARN
  }

  /// What becomes of a deployment's networks when its node ends.
  public enum NetworksAtClose {
    /// The containers run on, to be adopted by the next node.
    KEEP,
    REMOVE
  }

  /// Reads and checks.
  ///
  /// @param root the whole configuration, `reference.conf` included
  /// @throws io.holdfast.sdk.HoldfastException `config_invalid`, naming the key, what was expected
  ///   and found
  public static EngineConfig of(Config root) {
    ConfigReader engine = new ConfigReader(root, "holdfast.engine");
    return new EngineConfig(
        engine.text("name-prefix", PREFIX),
        docker(engine),
        engine.choice("network.fence", FencePolicy.class),
        engine.choice("network.at-close", NetworksAtClose.class),
        engine.texts("network.blocked-ranges", RANGE),
        hosts(engine),
        engine.integer("network.prepared", 0, 256),
        limits(engine),
        engine.text("runtime", Pattern.compile("[A-Za-z0-9._-]*")),
        engine.texts("runtimes", Pattern.compile("[A-Za-z0-9._-]+")),
        engine.choice("seccomp", SeccompPolicy.class),
        ImageConfig.of(engine),
        HttpConfig.of(engine));
  }

  private static Map<String, InetAddress> hosts(ConfigReader engine) {
    Map<String, InetAddress> hosts = new HashMap<>();
    for (ConfigReader each : engine.items("network.hosts")) {
      hosts.put(
          each.text("name", Pattern.compile("[A-Za-z0-9._-]{1,253}")),
          InetAddress.ofLiteral(each.text("address", ADDRESS)));
    }
    return Map.copyOf(hosts);
  }

  private static Docker docker(ConfigReader engine) {
    return new Docker(
        engine.text("docker.host", Pattern.compile("(unix:///|tcp://|npipe:////).+")),
        engine.integer("docker.connections-max", 2, 1024),
        engine.duration("docker.request-timeout", Duration.ofSeconds(1), Duration.ofMinutes(10)));
  }

  private static Limits limits(ConfigReader engine) {
    return new Limits(
        engine.integer("limits.pids-max", 16, 100_000),
        engine.texts("limits.capabilities", Pattern.compile("[A-Z_]+")),
        engine.bytes("limits.log-file-size", 64 * 1024, 1L << 30),
        engine.integer("limits.log-files", 1, 100));
  }
}
