package io.holdfast.engine;

import java.util.Optional;

/// A container of this deployment, as a list shows it.
///
/// @param owner empty when its labels cannot be read
public record FoundContainer(
    ContainerId id, Optional<ContainerOwner> owner, String image, Phase phase) {
  /// What it is doing, coarsely; [ContainerEngine#inspect] says more.
  public enum Phase {
    CREATED,
    RUNNING,
    PAUSED,
    EXITED,
    /// Being removed, or broken in between.
    REMOVING
  }
}
