package io.holdfast.engine.docker;

import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.LogConfig;
import com.github.dockerjava.api.model.RestartPolicy;
import io.holdfast.engine.ContainerLabels;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.Network;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/// The containers that hold network slots open, on the engine. They carry a label of their own, so
/// that nobody takes them for containers of objects.
final class SlotHolders {
  /// The least with which runc starts anything; the program itself needs 12 KiB.
  private static final long MEMORY_BYTES = 16L << 20;

  private static final long PIDS_MAX = 32;

  private final DockerConnection docker;
  private final Deployment deployment;
  private final String namePrefix;
  private final DockerNetworks networks;
  private final HostFence fence;
  private final Function<Network, Optional<InetAddress>> nameServers;
  private final SlotImage image;

  /// One that the engine has.
  ///
  /// @param maker who made it
  record Holder(String id, SlotMaker maker, boolean running, Instant createdAt) {}

  SlotHolders(
      DockerConnection docker,
      Deployment deployment,
      String namePrefix,
      DockerNetworks networks,
      HostFence fence,
      Function<Network, Optional<InetAddress>> nameServers) {
    this.docker = docker;
    this.deployment = deployment;
    this.namePrefix = namePrefix;
    this.networks = networks;
    this.fence = fence;
    this.nameServers = nameServers;
    this.image = new SlotImage(docker);
  }

  /// Makes a slot: three requests to the engine, most of the time of a start on a bridge.
  ///
  /// @throws HoldfastException when it cannot be made; nothing is left then
  NetworkSlot make(Network network, SlotMaker maker) {
    String id;
    try {
      id = create(network, maker);
    } catch (DockerException e) {
      throw unmade(DockerConnection.message(e), e);
    }
    try {
      docker.run(() -> docker.client().startContainerCmd(id).exec());
      NetworkSlot slot = new NetworkSlot(id, network, address(id));
      fence.isolatePorts();
      return slot;
    } catch (DockerException e) {
      remove(id);
      throw unmade(DockerConnection.message(e), e);
    } catch (IOException e) {
      remove(id);
      throw unmade(String.valueOf(e.getMessage()), e);
    }
  }

  private static HoldfastException unmade(String why, Exception e) {
    return new HoldfastException(
        ErrorCode.ENGINE_UNAVAILABLE, "no network could be prepared: " + why, e);
  }

  private String create(Network network, SlotMaker maker) {
    String imageId = image.ensure();
    String name = "%s-slot-%s-%.8s".formatted(namePrefix, deployment.digest(12), UUID.randomUUID());
    return docker.call(() -> {
      try (CreateContainerCmd command = docker.client().createContainerCmd(imageId)) {
        return command
            .withName(name)
            .withLabels(labels(maker))
            .withHostConfig(hostConfig(network))
            .exec()
            .getId();
      }
    });
  }

  /// Of what belongs to the node itself.
  Map<String, String> labels(SlotMaker maker) {
    return Map.of(ContainerLabels.SLOT, deployment.id(), ContainerLabels.SLOT_MAKER, maker.label());
  }

  private HostConfig hostConfig(Network network) {
    HostConfig host = new HostConfig();
    nameServers.apply(network).ifPresent(server -> host.withDns(server.getHostAddress()));
    return host.withNetworkMode(networks.name(network))
        .withRestartPolicy(RestartPolicy.noRestart())
        .withPrivileged(false)
        .withReadonlyRootfs(true)
        .withIpcMode("none")
        .withCapDrop(Capability.ALL)
        .withSecurityOpts(List.of("no-new-privileges"))
        .withPidsLimit(PIDS_MAX)
        .withMemory(MEMORY_BYTES)
        .withMemorySwap(MEMORY_BYTES)
        .withLogConfig(new LogConfig(LogConfig.LoggingType.NONE));
  }

  private InetAddress address(String id) {
    for (ContainerNetwork network :
        docker.inspect(id).getNetworkSettings().getNetworks().values()) {
      String text = network.getIpAddress();
      if (text != null && !text.isEmpty()) {
        return InetAddress.ofLiteral(text);
      }
    }
    throw new NotFoundException("holder %.12s has ended at once".formatted(id));
  }

  /// All of the deployment, whoever made them.
  List<Holder> list() {
    return docker
        .call(() ->
            docker
                .client()
                .listContainersCmd()
                .withShowAll(true)
                .withLabelFilter(Map.of(ContainerLabels.SLOT, deployment.id()))
                .exec())
        .stream()
        .map(SlotHolders::holder)
        .toList();
  }

  private static Holder holder(Container container) {
    Map<String, String> labels = container.getLabels() == null ? Map.of() : container.getLabels();
    return new Holder(
        container.getId(),
        new SlotMaker(labels.getOrDefault(ContainerLabels.SLOT_MAKER, "")),
        "running".equals(container.getState()),
        Instant.ofEpochSecond(container.getCreated() == null ? 0 : container.getCreated()));
  }

  boolean running(String holder) {
    try {
      return Boolean.TRUE.equals(docker.inspect(holder).getState().getRunning());
    } catch (NotFoundException _) {
      return false;
    }
  }

  /// Removes one with its interface and address. Safe to repeat.
  void remove(String holder) {
    try {
      docker.run(() -> docker.client().removeContainerCmd(holder).withForce(true).exec());
    } catch (NotFoundException | ConflictException _) {
      // It is gone, or somebody removes it just now.
    } catch (DockerException e) {
      throw unmade("holder %.12s stays: %s".formatted(holder, DockerConnection.message(e)), e);
    }
  }
}
