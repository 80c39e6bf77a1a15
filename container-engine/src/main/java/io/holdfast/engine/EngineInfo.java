package io.holdfast.engine;

/// What an engine is, and which of the promised limits it can keep.
///
/// @param name such as `Docker Engine 20.10.24`
/// @param address such as `unix:///var/run/docker.sock`
public record EngineInfo(
    String name,
    String address,
    String storageDriver,
    String cgroupVersion,
    DiskLimit diskLimit,
    Fence fence) {
  /// Whether [InstanceType#diskMb()] is kept. Docker can only on overlay2 over XFS mounted with
  /// `pquota`.
  public enum DiskLimit {
    ENFORCED,
    NOT_ENFORCED
  }

  /// Whether containers are kept from connecting to the host itself and to private address ranges.
  public enum Fence {
    UP,
    MISSING
  }
}
