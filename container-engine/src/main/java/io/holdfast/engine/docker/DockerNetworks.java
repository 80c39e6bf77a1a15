package io.holdfast.engine.docker;

import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.PruneType;
import io.holdfast.engine.ContainerLabels;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.Network;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.net.InetAddress;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The bridge networks of a deployment: the gated ones are made when the first container needs
/// them. On none do containers reach each other (`enable_icc=false`).
final class DockerNetworks {
  private static final Logger LOG = LoggerFactory.getLogger(DockerNetworks.class);

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
          case GATED -> "gated";
          case GATED_OPEN -> "gated-open";
        };
    return "%s-%s-%s".formatted(prefix, deployment.digest(12), reach);
  }

  /// The name of the bridge on the host; Linux allows 15 characters.
  String bridge(Network network) {
    return bridge(deployment.digest(12), network);
  }

  /// @param digest of the deployment
  static String bridge(String digest, Network network) {
    return "hf"
        + digest
        + switch (network) {
          case NONE_OUTSIDE -> "i";
          case INTERNET -> "o";
          case GATED -> "g";
          case GATED_OPEN -> "p";
        };
  }

  /// Makes it when it is not there.
  void ensure(Network network) {
    if (find(network).isEmpty()) {
      create(network);
    }
  }

  /// The host's own address on its bridge; empty when the engine has no such network.
  Optional<InetAddress> gateway(Network network) {
    return find(network)
        .map(found ->
            found.getIpam().getConfig().stream()
                .map(config -> config.getGateway())
                .filter(Objects::nonNull)
                .findFirst()
                .map(InetAddress::ofLiteral)
                .orElseThrow(() -> unusable(network, "it has no gateway")));
  }

  private Optional<com.github.dockerjava.api.model.Network> find(Network network) {
    try {
      var found =
          docker.call(
              () -> docker.client().inspectNetworkCmd().withNetworkId(name(network)).exec());
      boolean internal = Boolean.TRUE.equals(found.getInternal());
      if (internal != (network == Network.NONE_OUTSIDE)) {
        throw unusable(network, "it exists with internal=" + internal);
      }
      return Optional.of(found);
    } catch (NotFoundException _) {
      return Optional.empty();
    }
  }

  private void create(Network network) {
    try {
      createOnce(network);
    } catch (DockerException e) {
      if (!DockerConnection.message(e).contains("address pool")) {
        throw unusable(network, e);
      }
      pruneUnused();
      try {
        createOnce(network);
      } catch (DockerException again) {
        throw unusable(network, again);
      }
    }
  }

  private void createOnce(Network network) {
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
    }
  }

  /// Docker has addresses for some 30 networks. When they are used up, networks of deployments that
  /// are gone are in the way; a living deployment that loses an unused one makes it again at its
  /// next start.
  private void pruneUnused() {
    LOG.warn(
        "Docker has no addresses for another network: removing networks of Holdfast that no container uses");
    try {
      docker.call(() ->
          docker
              .client()
              .pruneCmd(PruneType.NETWORKS)
              .withLabelFilter(ContainerLabels.DEPLOYMENT)
              .exec());
    } catch (DockerException e) {
      LOG.warn("could not remove unused networks: {}", DockerConnection.message(e));
    }
  }

  private HoldfastException unusable(Network network, DockerException e) {
    return unusable(network, DockerConnection.message(e));
  }

  private HoldfastException unusable(Network network, String why) {
    return new HoldfastException(
        ErrorCode.ENGINE_UNAVAILABLE,
        "cannot use Docker network %s for containers: %s (unused networks go with `docker network prune`)"
            .formatted(name(network), why));
  }

  /// Removes all; true when all are gone, false when containers still use one.
  boolean remove() {
    boolean gone = true;
    for (Network network : Network.values()) {
      gone &= removed(network);
    }
    return gone;
  }

  private boolean removed(Network network) {
    try {
      docker.run(() -> docker.client().removeNetworkCmd(name(network)).exec());
      return true;
    } catch (NotFoundException _) {
      return true;
    } catch (DockerException e) {
      LOG.debug("network {} stays: {}", name(network), DockerConnection.message(e));
      return false;
    }
  }
}
