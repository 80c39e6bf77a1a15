package io.holdfast.engine;

import java.util.Optional;

/// What an object that lives on this node believes of its container, from its stored facts.
///
/// @param epoch of the instance that started, or meant to start, the container
/// @param containerId empty when the start was stored as intended and its reply is not
public record KnownContainer(
    ContainerOwner.Key owner, long epoch, Optional<ContainerId> containerId) {
  boolean means(ContainerId id, ContainerOwner found) {
    return containerId.map(id::equals).orElse(found.epoch() == epoch);
  }
}
