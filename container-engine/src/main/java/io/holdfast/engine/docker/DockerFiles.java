package io.holdfast.engine.docker;

import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.ChangeLog;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerState;
import io.holdfast.engine.FileChanges;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.io.InputStream;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;

/// Files of containers, in and out.
final class DockerFiles {
  private static final Duration COPY_LIMIT = Duration.ofMinutes(30);

  /** Of Docker's `changes`: 0 is changed, 1 added. */
  private static final int REMOVED = 2;

  private final DockerConnection docker;
  private final Function<ContainerId, ContainerState> states;

  DockerFiles(DockerConnection docker, Function<ContainerId, ContainerState> states) {
    this.docker = docker;
    this.states = states;
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
    try {
      docker.callOnce(
          COPY_LIMIT,
          () ->
              docker
                  .client()
                  .copyArchiveToContainerCmd(id.value())
                  .withRemotePath(folder)
                  .withTarInputStream(tar)
                  .exec());
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

  private HoldfastException noPath(ContainerId id, String path, NotFoundException e) {
    if (states.apply(id) instanceof ContainerState.Gone) {
      return gone(id);
    }
    return new HoldfastException(
        ErrorCode.INVALID_ARGUMENT, "container %s has no path %s".formatted(id, path), e);
  }

  FileChanges changes(ContainerId id) {
    try {
      String image =
          docker.call(() -> docker.client().inspectContainerCmd(id.value()).exec()).getImageId();
      Set<String> written = new HashSet<>();
      Set<String> removed = new HashSet<>();
      for (ChangeLog change :
          docker.call(() -> docker.client().containerDiffCmd(id.value()).exec())) {
        (change.getKind() == REMOVED ? removed : written).add(change.getPath());
      }
      return new FileChanges(image, written, removed);
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
