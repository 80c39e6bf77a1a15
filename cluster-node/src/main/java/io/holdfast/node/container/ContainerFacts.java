package io.holdfast.node.container;

import io.holdfast.engine.ContainerLabels;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.FoundContainer;
import io.holdfast.engine.InstanceType;
import io.holdfast.engine.Network;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// What a container was started with, as its object may ask later; read from the engine's labels
/// when it was taken over.
///
/// @param instanceType empty when the labels do not tell
/// @param image the reference it was started from
/// @param labels of the user
/// @param network empty when the labels do not tell
/// @param hardDeadline when it is killed, whatever it does
record ContainerFacts(
    Optional<InstanceType> instanceType,
    String image,
    Map<String, String> labels,
    Optional<Network> network,
    Optional<Instant> hardDeadline) {
  static ContainerFacts of(ContainerSpec spec) {
    return new ContainerFacts(
        Optional.of(spec.instanceType()),
        spec.image(),
        spec.labels(),
        Optional.of(spec.network()),
        spec.hardDeadline());
  }

  static ContainerFacts of(FoundContainer found) {
    Map<String, String> labels = found.labels();
    return new ContainerFacts(
        ContainerLabels.size(labels),
        labels.getOrDefault(ContainerLabels.IMAGE, found.image()),
        ContainerLabels.ofUser(labels),
        ContainerLabels.network(labels),
        ContainerLabels.hardDeadline(labels));
  }
}
