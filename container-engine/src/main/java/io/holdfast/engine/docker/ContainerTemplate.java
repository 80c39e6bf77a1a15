package io.holdfast.engine.docker;

import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HealthCheck;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.LogConfig;
import com.github.dockerjava.api.model.RestartPolicy;
import io.holdfast.engine.ContainerLabels;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.EngineConfig;
import io.holdfast.engine.EngineInfo;
import io.holdfast.engine.InstanceType;
import io.holdfast.engine.Network;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/// What every container is held to, whatever its specification says.
final class ContainerTemplate {
  /// One scheduling period of the CPU limit; a container may use its share of it in one go.
  private static final long CPU_PERIOD_MICROS = 100_000;

  private final EngineConfig config;
  private final Deployment deployment;
  private final DockerNetworks networks;
  private final Function<Network, Optional<InetAddress>> nameServers;
  private volatile EngineInfo.Seccomp seccomp = EngineInfo.Seccomp.DEFAULT;

  /// @param nameServers where containers of a network ask for names; empty = where Docker says
  ContainerTemplate(
      EngineConfig config,
      Deployment deployment,
      DockerNetworks networks,
      Function<Network, Optional<InetAddress>> nameServers) {
    this.config = config;
    this.deployment = deployment;
    this.networks = networks;
    this.nameServers = nameServers;
  }

  /// @param slot the prepared network it moves into; empty = one is made for it on a bridge
  void fill(
      CreateContainerCmd command, ContainerSpec spec, DiskQuota quota, Optional<NetworkSlot> slot) {
    Map<String, String> labels = ContainerLabels.of(deployment, spec);
    slot.ifPresent(ready -> labels.put(ContainerLabels.ADDRESS, ready.address().getHostAddress()));
    command
        .withLabels(labels)
        .withEnv(
            new TreeMap<>(spec.env())
                .entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList())
        // The image's own check would run a process every few seconds that nobody looks at.
        .withHealthcheck(new HealthCheck().withTest(List.of("NONE")))
        .withHostConfig(inNetwork(hostConfig(spec, quota), spec.network(), slot));
    if (!spec.entrypoint().isEmpty()) {
      command.withEntrypoint(spec.entrypoint());
    }
  }

  private HostConfig inNetwork(HostConfig host, Network network, Optional<NetworkSlot> slot) {
    if (slot.isPresent()) {
      return host.withNetworkMode(slot.get().mode()); // With the names of its holder.
    }
    nameServers.apply(network).ifPresent(server -> host.withDns(server.getHostAddress()));
    return host.withNetworkMode(networks.name(network));
  }

  /// Whether the storage driver is asked to limit the disk.
  enum DiskQuota {
    ASKED,
    NOT_ASKED,
    /// It was, and cannot.
    REFUSED
  }

  private HostConfig hostConfig(ContainerSpec spec, DiskQuota quota) {
    InstanceType type = spec.instanceType();
    HostConfig host =
        new HostConfig()
            .withPublishAllPorts(false)
            .withRestartPolicy(RestartPolicy.noRestart())
            .withInit(true)
            .withPrivileged(false)
            .withCapDrop(Capability.ALL)
            .withSecurityOpts(securityOptions())
            .withPidsLimit((long) config.limits().pidsMax())
            .withMemory(type.memoryBytes())
            // Memory and swap together: so no swap.
            .withMemorySwap(type.memoryBytes())
            .withCpuPeriod(CPU_PERIOD_MICROS)
            .withCpuQuota(
                Math.max(1_000, type.cpuNanosPerSecond() * CPU_PERIOD_MICROS / 1_000_000_000))
            .withLogConfig(logConfig());
    Capability[] kept =
        config.limits().capabilities().stream().map(Capability::valueOf).toArray(Capability[]::new);
    if (kept.length > 0) {
      host.withCapAdd(kept);
    }
    String runtime = spec.runtime().orElse(config.runtime());
    if (!runtime.isEmpty()) {
      host.withRuntime(runtime);
    }
    spec.readOnlyRoot().ifPresent(root -> ReadOnlyMounts.fill(host, root, spec.network()));
    if (quota == DiskQuota.ASKED) {
      host.withStorageOpt(Map.of("size", type.diskMb() + "MB"));
    }
    return host;
  }

  /// What the engine was found to do by itself.
  void seccomp(EngineInfo.Seccomp found) {
    this.seccomp = found;
  }

  private List<String> securityOptions() {
    return seccomp == EngineInfo.Seccomp.ASKED
        ? List.of("no-new-privileges", "seccomp=builtin")
        : List.of("no-new-privileges");
  }

  private LogConfig logConfig() {
    return new LogConfig(
        LogConfig.LoggingType.JSON_FILE,
        Map.of(
            "max-size", Long.toString(config.limits().logFileBytes()),
            "max-file", Integer.toString(config.limits().logFiles())));
  }
}
