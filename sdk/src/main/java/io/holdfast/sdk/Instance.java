package io.holdfast.sdk;

import java.util.Optional;

/// How much of a machine one start of a container may use.
///
/// @param type a named type: `lite`, `basic`, `standard-1` to `standard-4`; empty for a size of
///   one's own
/// @param vcpu CPU time in CPUs, 0.0625 to 64; 0 with a named type
/// @param memoryMib memory in MiB without swap, 16 to 1,048,576; 0 with a named type
/// @param diskMb disk in 10^6 bytes, 1 to 10,000,000; 0 with a named type
public record Instance(Optional<String> type, double vcpu, int memoryMib, int diskMb) {
  private static final double VCPU_MIN = 0.0625;
  private static final int VCPU_MAX = 64;
  private static final int MEMORY_MIB_MIN = 16;
  private static final int MEMORY_MIB_MAX = 1_048_576;
  private static final int DISK_MB_MAX = 10_000_000;

  /// @throws HoldfastException `invalid_argument` outside of the ranges
  public Instance {
    if (type.isEmpty()) {
      require(vcpu >= VCPU_MIN && vcpu <= VCPU_MAX, "0.0625 to 64 vCPU", vcpu);
      require(
          memoryMib >= MEMORY_MIB_MIN && memoryMib <= MEMORY_MIB_MAX,
          "16 to 1048576 MiB of memory",
          memoryMib);
      require(diskMb >= 1 && diskMb <= DISK_MB_MAX, "1 to 10000000 MB of disk", diskMb);
    } else {
      require(
          vcpu == 0 && memoryMib == 0 && diskMb == 0,
          "a named instance type or a size of one's own",
          "both");
    }
  }

  /// A named type; whether there is one is checked by the start.
  public static Instance named(String type) {
    return new Instance(Optional.of(type), 0, 0, 0);
  }

  /// A size of one's own.
  public static Instance custom(double vcpu, int memoryMib, int diskMb) {
    return new Instance(Optional.empty(), vcpu, memoryMib, diskMb);
  }

  private static void require(boolean holds, String expected, Object found) {
    if (!holds) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT, "expected " + expected + ", found " + found);
    }
  }
}
