package io.holdfast.node.capacity;

import io.holdfast.engine.InstanceType;

/// An amount of what containers take from a node.
///
/// @param cpuMillis thousandths of a processor
/// @param diskBytes of the containers' own disks
/// @param instances how many containers
public record Resources(long cpuMillis, long memoryBytes, long diskBytes, long instances) {
  static final Resources NONE = new Resources(0, 0, 0, 0);
  private static final long BYTES_PER_MB = 1_000_000;

  /// The kinds, for messages and metrics.
  public enum Kind {
    CPU,
    MEMORY,
    DISK,
    INSTANCES
  }

  /// What one container of that type takes.
  public static Resources of(InstanceType type) {
    return new Resources(
        Math.round(type.vcpu() * 1_000), type.memoryBytes(), type.diskMb() * BYTES_PER_MB, 1);
  }

  public long of(Kind kind) {
    return switch (kind) {
      case CPU -> cpuMillis;
      case MEMORY -> memoryBytes;
      case DISK -> diskBytes;
      case INSTANCES -> instances;
    };
  }

  Resources plus(Resources other) {
    return new Resources(
        cpuMillis + other.cpuMillis,
        memoryBytes + other.memoryBytes,
        diskBytes + other.diskBytes,
        instances + other.instances);
  }

  Resources minus(Resources other) {
    return new Resources(
        cpuMillis - other.cpuMillis,
        memoryBytes - other.memoryBytes,
        diskBytes - other.diskBytes,
        instances - other.instances);
  }

  /// The largest of the parts that this takes of each kind of the whole.
  public double shareOf(Resources whole) {
    double share = 0;
    for (Kind kind : Kind.values()) {
      share = Math.max(share, (double) of(kind) / Math.max(1, whole.of(kind)));
    }
    return share;
  }

  /// Such as `1.5 vCPU`, for messages.
  static String text(Kind kind, long amount) {
    return switch (kind) {
      case CPU -> amount / 1_000.0 + " vCPU";
      case MEMORY -> amount / (1 << 20) + " MiB memory";
      case DISK -> amount / BYTES_PER_MB + " MB disk";
      case INSTANCES -> amount + " instances";
    };
  }
}
