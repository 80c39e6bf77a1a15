package io.holdfast.engine;

import java.util.Set;

/// What an engine is, and which of the promised limits it can keep.
///
/// @param name such as `Docker Engine 20.10.24`
/// @param address such as `unix:///var/run/docker.sock`
/// @param isolation what stands between containers and the kernel
public record EngineInfo(
    String name,
    String address,
    String storageDriver,
    String cgroupVersion,
    DiskLimit diskLimit,
    Fence fence,
    Isolation isolation) {
  /// Whether [InstanceType#diskMb()] is kept. Docker can only on btrfs, ZFS, and overlay2 over XFS
  /// mounted with `pquota`; the last is known for certain after the first start.
  public enum DiskLimit {
    ENFORCED,
    NOT_ENFORCED
  }

  /// Whether containers are kept from connecting to the host itself and to private address ranges.
  public enum Fence {
    UP,
    MISSING
  }

  /// What stands between containers and the kernel, beside the limits that every container has.
  ///
  /// @param runtimes names of the OCI runtimes that containers can be given
  public record Isolation(Seccomp seccomp, UserNamespaces userNamespaces, Set<String> runtimes) {
    /// Of an engine that tells nothing of itself.
    public static final Isolation UNKNOWN =
        new Isolation(Seccomp.MISSING, UserNamespaces.OFF, Set.of());

    public Isolation {
      runtimes = Set.copyOf(runtimes);
    }
  }

  /// How system calls of containers are filtered.
  public enum Seccomp {
    /// By the engine's own profile.
    DEFAULT,
    /// By a profile that the engine's operator wrote.
    CUSTOM,
    /// The engine filters nothing by itself; each container asks for the engine's built-in profile.
    ASKED,
    /// Not at all.
    MISSING
  }

  /// Whether root in a container is another user on the host (Docker: `userns-remap`, rootless).
  public enum UserNamespaces {
    ON,
    OFF
  }
}
