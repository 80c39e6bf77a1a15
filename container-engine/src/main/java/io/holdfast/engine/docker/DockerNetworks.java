package io.holdfast.engine.docker;

import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import io.holdfast.engine.ContainerLabels;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.Network;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Map;

/// The two bridge networks of a deployment. On neither do containers reach each other
/// (`enable_icc=false`).
final class DockerNetworks {
  private final DockerConnection docker;
  private final Deployment deployment;
  private final String prefix;

  DockerNetworks(DockerConnection docker, Deployment deployment, String prefix) {
    this.docker = docker;
    this.deployment = deployment;
    this.prefix = prefix;
  }

  String name(Network network) {
    String reach =
        switch (network) {
          case NONE_OUTSIDE -> "internal";
          case INTERNET -> "internet";
        };
    return "%s-%s-%s".formatted(prefix, deployment.digest(12), reach);
  }

  /// The name of the bridge on the host; Linux allows 15 characters.
  String bridge(Network network) {
    return switch (network) {
      case NONE_OUTSIDE -> "hf" + deployment.digest(12) + "i";
      case INTERNET -> "hf" + deployment.digest(12) + "o";
    };
  }

  /// Makes the networks that are not there.
  void ensure() {
    for (Network network : Network.values()) {
      if (!present(network)) {
        create(network);
      }
    }
  }

  private boolean present(Network network) {
    try {
      var found =
          docker.call(
              () -> docker.client().inspectNetworkCmd().withNetworkId(name(network)).exec());
      boolean internal = Boolean.TRUE.equals(found.getInternal());
      if (internal != (network == Network.NONE_OUTSIDE)) {
        throw unusable(network, "it exists with internal=" + internal);
      }
      return true;
    } catch (NotFoundException _) {
      return false;
    }
  }

  private void create(Network network) {
    Map<String, String> options =
        Map.of(
            "com.docker.network.bridge.name",
            bridge(network),
            "com.docker.network.bridge.enable_icc",
            "false");
    try {
      docker.call(() ->
          docker
              .client()
              .createNetworkCmd()
              .withName(name(network))
              .withDriver("bridge")
              .withCheckDuplicate(true)
              .withInternal(network == Network.NONE_OUTSIDE)
              .withOptions(options)
              .withLabels(Map.of(ContainerLabels.DEPLOYMENT, deployment.id()))
              .exec());
    } catch (ConflictException _) {
      // Another node of the deployment was faster.
    } catch (DockerException e) {
      throw unusable(network, DockerConnection.message(e));
    }
  }

  private HoldfastException unusable(Network network, String why) {
    return new HoldfastException(
        ErrorCode.ENGINE_UNAVAILABLE,
        "cannot use Docker network %s for containers: %s (unused networks go with `docker network prune`)"
            .formatted(name(network), why));
  }

  /// Removes both; those that are gone, or still have containers, are passed over.
  void remove() {
    for (Network network : Network.values()) {
      try {
        docker.run(() -> docker.client().removeNetworkCmd(name(network)).exec());
      } catch (DockerException _) {
        // Gone or in use.
      }
    }
  }
}
