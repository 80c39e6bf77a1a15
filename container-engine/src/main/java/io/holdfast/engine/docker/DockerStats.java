package io.holdfast.engine.docker;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerStats;
import java.util.Optional;

/// Reads a container's use of the machine, without Docker's usual wait of a second for a second
/// sample.
final class DockerStats {
  private final DockerConnection docker;

  DockerStats(DockerConnection docker) {
    this.docker = docker;
  }

  /// @param holder the container that holds its network, if that is another one: Docker counts
  ///   traffic there
  ContainerStats read(ContainerId id, Optional<String> holder) {
    JsonNode own = ask(id.value());
    return of(own, holder.map(this::ask).orElse(own));
  }

  private JsonNode ask(String container) {
    return docker.getJson("/containers/%s/stats?stream=false&one-shot=true".formatted(container));
  }

  /// @param traffic what has the networks
  static ContainerStats of(JsonNode stats, JsonNode traffic) {
    JsonNode memory = stats.path("memory_stats");
    // cgroup v1 says total_inactive_file, v2 inactive_file.
    JsonNode inactive = memory.path("stats").path("total_inactive_file");
    long reclaimable =
        inactive.isMissingNode()
            ? memory.path("stats").path("inactive_file").asLong()
            : inactive.asLong();
    long received = 0;
    long sent = 0;
    for (JsonNode network : traffic.path("networks")) {
      received += network.path("rx_bytes").asLong();
      sent += network.path("tx_bytes").asLong();
    }
    return new ContainerStats(
        stats.path("cpu_stats").path("cpu_usage").path("total_usage").asLong() / 1_000,
        Math.max(0, memory.path("usage").asLong() - reclaimable),
        received,
        sent,
        stats.path("pids_stats").path("current").asLong());
  }
}
