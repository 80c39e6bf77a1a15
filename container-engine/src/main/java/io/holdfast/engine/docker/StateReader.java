package io.holdfast.engine.docker;

import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.ContainerNetwork;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerLabels;
import io.holdfast.engine.ContainerState;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.net.InetAddress;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads what Docker says of a container into a [ContainerState].
final class StateReader {
  private final DockerConnection docker;

  StateReader(DockerConnection docker) {
    this.docker = docker;
  }

  ContainerState read(ContainerId id) {
    try {
      return state(docker.inspect(id.value()));
    } catch (NotFoundException _) {
      return new ContainerState.Gone();
    }
  }

  static ContainerState state(InspectContainerResponse container) {
    InspectContainerResponse.ContainerState state = container.getState();
    String status = state.getStatus() == null ? "" : state.getStatus();
    return switch (status) {
      case "created" -> new ContainerState.Created();
      case "running", "restarting" -> {
        InetAddress address = address(container);
        yield new ContainerState.Running(address, instant(state.getStartedAt()), pid(state));
      }
      case "paused" ->
          new ContainerState.Paused(address(container), instant(state.getStartedAt()), pid(state));
      default -> exited(state);
    };
  }

  private static ContainerState exited(InspectContainerResponse.ContainerState state) {
    long code = state.getExitCodeLong() == null ? -1 : state.getExitCodeLong();
    ContainerState.OutOfMemory outOfMemory =
        Boolean.TRUE.equals(state.getOOMKilled()) && code != 0
            ? ContainerState.OutOfMemory.YES
            : ContainerState.OutOfMemory.NO;
    return new ContainerState.Exited((int) code, outOfMemory, instant(state.getFinishedAt()));
  }

  private static long pid(InspectContainerResponse.ContainerState state) {
    return state.getPidLong() == null ? 0 : state.getPidLong();
  }

  private static Instant instant(@Nullable String text) {
    return text == null || text.isEmpty() ? Instant.EPOCH : OffsetDateTime.parse(text).toInstant();
  }

  private static InetAddress address(InspectContainerResponse container) {
    Map<String, ContainerNetwork> networks = container.getNetworkSettings().getNetworks();
    for (ContainerNetwork network : networks.values()) {
      String text = network.getIpAddress();
      if (text != null && !text.isEmpty()) {
        return InetAddress.ofLiteral(text);
      }
    }
    Map<String, String> labels = container.getConfig().getLabels();
    String prepared = labels == null ? null : labels.get(ContainerLabels.ADDRESS);
    if (prepared != null) {
      return InetAddress.ofLiteral(prepared);
    }
    throw new HoldfastException(
        ErrorCode.CONTAINER_DISCONNECTED,
        "container %.12s runs without an address: it was taken off its network by hand"
            .formatted(container.getId()));
  }
}
