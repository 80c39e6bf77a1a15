package io.holdfast.engine.docker;

import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.ChangeLog;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.VolumesFrom;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerState;
import io.holdfast.engine.FileChanges;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.InputStream;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/// Files of containers, in and out.
final class DockerFiles {
  private static final Duration COPY_LIMIT = Duration.ofMinutes(30);

  /** Of Docker's `changes`: 0 is changed, 1 added. */
  private static final int REMOVED = 2;

  private final DockerConnection docker;
  private final Function<ContainerId, ContainerState> states;
  private final NetworkSlots helpers;

  DockerFiles(
      DockerConnection docker, Function<ContainerId, ContainerState> states, NetworkSlots helpers) {
    this.docker = docker;
    this.states = states;
    this.helpers = helpers;
  }

  InputStream copyOut(ContainerId id, String path, long bytesMax) {
    try {
      InputStream tar =
          docker.call(() -> docker.client().copyArchiveFromContainerCmd(id.value(), path).exec());
      return new LimitedStream(tar, bytesMax);
    } catch (NotFoundException e) {
      throw noPath(id, path, e);
    } catch (DockerException e) {
      throw docker.refused(e);
    }
  }

  void copyIn(ContainerId id, String folder, InputStream tar) {
    taken(
        id,
        folder,
        () -> {
          InspectContainerResponse container = docker.inspect(id.value());
          if (isReadOnly(container)) {
            helpers.withHelper(
                labels -> twin(container, labels), twin -> unpack(twin, folder, tar));
          } else {
            unpack(id.value(), folder, tar);
          }
        });
  }

  /// As [#copyIn], for a container whose root is known to be writable: one request less.
  void copyIntoWritable(ContainerId id, String folder, InputStream tar) {
    taken(id, folder, () -> unpack(id.value(), folder, tar));
  }

  private void taken(ContainerId id, String folder, Runnable copy) {
    try {
      copy.run();
    } catch (NotFoundException e) {
      throw noPath(id, folder, e);
    } catch (DockerException e) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "could not unpack into %s of container %s: %s"
              .formatted(folder, id, DockerConnection.message(e)),
          e);
    }
  }

  private void unpack(String container, String folder, InputStream tar) {
    docker.callOnce(
        COPY_LIMIT,
        () ->
            docker
                .client()
                .copyArchiveToContainerCmd(container)
                .withRemotePath(folder)
                .withTarInputStream(tar)
                .exec());
  }

  private static boolean isReadOnly(InspectContainerResponse container) {
    return Boolean.TRUE.equals(container.getHostConfig().getReadonlyRootfs());
  }

  /**
   * Docker copies nothing into a read-only root, and changes no attributes of a volume's own
   * directory. But it does both for a container that has the same volumes in a root of its own that
   * can be written; it never runs.
   */
  private String twin(InspectContainerResponse container, Map<String, String> labels) {
    return docker.call(() -> {
      try (CreateContainerCmd command =
          docker.client().createContainerCmd(container.getImageId())) {
        return command
            .withLabels(labels)
            .withEntrypoint("none")
            .withHostConfig(
                new HostConfig()
                    .withNetworkMode("none")
                    .withVolumesFrom(new VolumesFrom(container.getId())))
            .exec()
            .getId();
      }
    });
  }

  private HoldfastException noPath(ContainerId id, String path, NotFoundException e) {
    if (states.apply(id) instanceof ContainerState.Gone) {
      return gone(id);
    }
    return new HoldfastException(
        ErrorCode.INVALID_ARGUMENT, "container %s has no path %s".formatted(id, path), e);
  }

  FileChanges changes(ContainerId id) {
    try {
      InspectContainerResponse container = docker.inspect(id.value());
      if (isReadOnly(container)) {
        throw new HoldfastException(
            ErrorCode.WRONG_STATE,
            "expected a container that can change its whole file system, found a read-only root: what changes are its writable folders, each for itself");
      }
      Set<String> written = new HashSet<>();
      Set<String> removed = new HashSet<>();
      for (ChangeLog change :
          docker.call(() -> docker.client().containerDiffCmd(id.value()).exec())) {
        (change.getKind() == REMOVED ? removed : written).add(change.getPath());
      }
      return new FileChanges(container.getImageId(), written, removed);
    } catch (NotFoundException e) {
      throw gone(id);
    } catch (DockerException e) {
      throw docker.refused(e);
    }
  }

  private static HoldfastException gone(ContainerId id) {
    return DockerContainerEngine.notRunning(id, "it is gone");
  }
}
