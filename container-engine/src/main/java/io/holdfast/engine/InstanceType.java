package io.holdfast.engine;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How much of a machine a container may use.
///
/// @param name one of the named types, or `custom`
/// @param vcpu share of CPU time in CPUs; a hard limit
/// @param memoryMib hard limit without swap; the process is killed when it needs more
/// @param diskMb limit of what it writes to its own disk, in 10^6 bytes; see
///   [EngineInfo#diskLimit()]
public record InstanceType(String name, double vcpu, int memoryMib, int diskMb) {
  public static final InstanceType LITE = new InstanceType("lite", 1.0 / 16, 256, 2_000);
  public static final InstanceType BASIC = new InstanceType("basic", 1.0 / 4, 1_024, 4_000);
  public static final InstanceType STANDARD_1 =
      new InstanceType("standard-1", 1.0 / 2, 4_096, 8_000);
  public static final InstanceType STANDARD_2 = new InstanceType("standard-2", 1, 6_144, 12_000);
  public static final InstanceType STANDARD_3 = new InstanceType("standard-3", 2, 8_192, 16_000);
  public static final InstanceType STANDARD_4 = new InstanceType("standard-4", 4, 12_288, 20_000);

  /// The types by name, also the old names `dev` and `standard`.
  private static final Map<String, InstanceType> NAMED = named();

  public InstanceType {
    if (!(vcpu >= 0.01 && vcpu <= 1_024) || memoryMib < 6 || diskMb < 1) {
      throw new IllegalArgumentException(
          "expected at least 0.01 vCPU, 6 MiB memory and 1 MB disk, found %s vCPU, %d MiB, %d MB"
              .formatted(vcpu, memoryMib, diskMb));
    }
  }

  private static Map<String, InstanceType> named() {
    Map<String, InstanceType> types = new LinkedHashMap<>();
    List.of(LITE, BASIC, STANDARD_1, STANDARD_2, STANDARD_3, STANDARD_4)
        .forEach(type -> types.put(type.name, type));
    types.put("dev", LITE);
    types.put("standard", STANDARD_1);
    return types;
  }

  /// The type of that name.
  ///
  /// @throws HoldfastException `invalid_argument`, listing the names there are
  public static InstanceType of(String name) {
    InstanceType type = NAMED.get(name);
    if (type == null) {
      throw invalid("expected an instance type of %s, found '%s'".formatted(NAMED.keySet(), name));
    }
    return type;
  }

  /// A type of one's own: 1 to 4 vCPU, at least 3 GiB memory per vCPU and at most 12 GiB, disk up
  /// to 20 GB and up to 2 GB per GiB of memory.
  ///
  /// @throws HoldfastException `invalid_argument`, naming the bound that was passed
  public static InstanceType custom(double vcpu, int memoryMib, int diskMb) {
    require(vcpu >= 1 && vcpu <= 4, "expected 1 to 4 vCPU, found " + vcpu);
    require(memoryMib <= 12_288, "expected at most 12288 MiB memory, found " + memoryMib);
    require(
        memoryMib >= 3_072 * vcpu,
        "expected at least 3072 MiB memory per vCPU, found %d for %s vCPU"
            .formatted(memoryMib, vcpu));
    require(diskMb >= 1 && diskMb <= 20_000, "expected 1 to 20000 MB disk, found " + diskMb);
    require(
        diskMb <= memoryMib / 1_024.0 * 2_000,
        "expected at most 2000 MB disk per GiB memory, found %d MB for %d MiB"
            .formatted(diskMb, memoryMib));
    return new InstanceType("custom", vcpu, memoryMib, diskMb);
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw invalid(message);
    }
  }

  private static HoldfastException invalid(String message) {
    return new HoldfastException(ErrorCode.INVALID_ARGUMENT, message);
  }

  /// All of it as one text, for a label.
  String label() {
    return "%s/%s/%d/%d".formatted(name, vcpu, memoryMib, diskMb);
  }

  /// The type that [#label()] gave; empty for another text.
  static Optional<InstanceType> ofLabel(String label) {
    String[] parts = label.split("/", -1);
    try {
      return parts.length != 4
          ? Optional.empty()
          : Optional.of(
              new InstanceType(
                  parts[0],
                  Double.parseDouble(parts[1]),
                  Integer.parseInt(parts[2]),
                  Integer.parseInt(parts[3])));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  public long memoryBytes() {
    return memoryMib * 1024L * 1024L;
  }

  /// CPU time per second of wall time, in nanoseconds.
  public long cpuNanosPerSecond() {
    return Math.round(vcpu * 1e9);
  }
}
