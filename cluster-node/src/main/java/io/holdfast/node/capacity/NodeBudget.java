package io.holdfast.node.capacity;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.ToLongFunction;

/// What the containers of a node may take together, see `holdfast.containers.budget` in
/// reference.conf.
public record NodeBudget(Resources resources) {
  private static final String PATH = "holdfast.containers.budget";
  private static final Path DOCKER = Path.of("/var/lib/docker");

  /// What the machine has, of which a budget may be a percentage.
  ///
  /// @param diskBytes the size of the file system that containers are on
  public record Machine(long cpuMillis, long memoryBytes, long diskBytes) {
    /// This machine, or what its control group leaves of it.
    ///
    /// @param dataDirectory on the file system that counts when Docker's usual directory is not
    ///   here
    public static Machine here(Path dataDirectory) {
      var system =
          (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
      return new Machine(
          Runtime.getRuntime().availableProcessors() * 1_000L,
          system.getTotalMemorySize(),
          diskBytes(Files.isDirectory(DOCKER) ? DOCKER : dataDirectory));
    }

    private static long diskBytes(Path on) {
      try {
        return Files.getFileStore(on).getTotalSpace();
      } catch (IOException e) {
        throw new HoldfastException(
            ErrorCode.CONFIG_INVALID, "cannot tell the size of the disk of " + on + ": " + e, e);
      }
    }
  }

  public NodeBudget {
    for (Resources.Kind kind : Resources.Kind.values()) {
      if (resources.of(kind) < 1) {
        throw new IllegalArgumentException("expected some " + kind + ", found none");
      }
    }
  }

  /// @throws HoldfastException `config_invalid`, naming the key
  public static NodeBudget from(Config root, Machine machine) {
    Config config = root.getConfig(PATH);
    return new NodeBudget(
        new Resources(
            amount(config, "cpu", machine.cpuMillis, c -> Math.round(c.getDouble("cpu") * 1_000)),
            amount(config, "memory", machine.memoryBytes, c -> c.getBytes("memory")),
            amount(config, "disk", machine.diskBytes, c -> c.getBytes("disk")),
            instances(config)));
  }

  private static long amount(
      Config config, String key, long whole, ToLongFunction<Config> absolute) {
    try {
      String text = config.getString(key).strip();
      long amount =
          text.endsWith("%")
              ? Math.round(whole * Double.parseDouble(text.substring(0, text.length() - 1)) / 100)
              : absolute.applyAsLong(config);
      if (amount >= 1) {
        return amount;
      }
    } catch (ConfigException | NumberFormatException _) {
      // Told below.
    }
    throw invalid(key, "an amount above 0, or a percentage of the machine such as 80%", config);
  }

  private static long instances(Config config) {
    try {
      int number = config.getInt("instances");
      if (number >= 1 && number <= 100_000) {
        return number;
      }
    } catch (ConfigException _) {
      // Told below.
    }
    throw invalid("instances", "a number from 1 to 100000", config);
  }

  private static HoldfastException invalid(String key, String expected, Config config) {
    return new HoldfastException(
        ErrorCode.CONFIG_INVALID,
        "%s.%s: expected %s, found '%s'"
            .formatted(PATH, key, expected, config.getValue(key).unwrapped()));
  }
}
