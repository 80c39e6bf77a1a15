package io.holdfast.engine;

import java.util.Map;
import java.util.Optional;

/// A container of this deployment, as a list shows it.
///
/// @param owner empty when its labels cannot be read
/// @param labels all of them, to be read with [ContainerLabels]
public record FoundContainer(
    ContainerId id,
    Optional<ContainerOwner> owner,
    String image,
    Phase phase,
    Map<String, String> labels) {
  public FoundContainer {
    labels = Map.copyOf(labels);
  }

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
