package io.holdfast.engine.docker;

import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.exception.NotModifiedException;
import io.holdfast.engine.ContainerEngine.Preparation;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerLabels;
import io.holdfast.engine.ContainerName;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.ContainerState;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.StartedContainer;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * The name of a container is a function of its owner, and Docker lets a name be taken once. So "is there one already?"
 * needs no question of its own: create, and when the name is taken, look at who has it.
 *
 *   same owner, node, epoch and specification, not ended  -> that is the container (an earlier reply was lost)
 *   of a higher epoch                                     -> we are the superseded instance: refuse
 *   anything else                                         -> remove it, create again
 */
/// Creates and starts a container: three requests to Docker when all goes well.
final class DockerStart {
  private static final Logger LOG = LoggerFactory.getLogger(DockerStart.class);
  private static final Duration CONTEST_LIMIT = Duration.ofSeconds(30);

  private final DockerConnection docker;
  private final Deployment deployment;
  private final String namePrefix;
  private final Function<String, @Nullable String> pullRefusal;
  private final ContainerTemplate template;
  private final NetworkSlots slots;
  private final Runnable renewNetworks;
  private final Consumer<ContainerId> destroy;
  private final Consumer<ContainerId> resume;
  private volatile ContainerTemplate.DiskQuota quota;

  /// @param pullRefusal why an image of that reference is never pulled; null when it may be
  /// @param quota whether the engine claims to limit disks; learned otherwise at the first refusal
  DockerStart(
      DockerConnection docker,
      Deployment deployment,
      String namePrefix,
      Function<String, @Nullable String> pullRefusal,
      ContainerTemplate template,
      NetworkSlots slots,
      Runnable renewNetworks,
      Consumer<ContainerId> destroy,
      Consumer<ContainerId> resume,
      ContainerTemplate.DiskQuota quota) {
    this.docker = docker;
    this.deployment = deployment;
    this.namePrefix = namePrefix;
    this.pullRefusal = pullRefusal;
    this.template = template;
    this.slots = slots;
    this.renewNetworks = renewNetworks;
    this.destroy = destroy;
    this.resume = resume;
    this.quota = quota;
  }

  ContainerTemplate.DiskQuota quota() {
    return quota;
  }

  /// What was once refused is not asked for again.
  void quota(ContainerTemplate.DiskQuota asked) {
    if (quota != ContainerTemplate.DiskQuota.REFUSED) {
      this.quota = asked;
    }
  }

  StartedContainer start(ContainerSpec spec, Preparation preparation) {
    String name = ContainerName.of(namePrefix, deployment, spec.owner().key());
    long deadline = System.nanoTime() + CONTEST_LIMIT.toNanos();
    Optional<StartedContainer> started = tryOnce(spec, name, preparation);
    while (started.isEmpty()) {
      if (System.nanoTime() > deadline) {
        throw new HoldfastException(
            ErrorCode.CONTAINER_START_FAILED,
            "container name %s of %s was taken by others for %d s"
                .formatted(name, spec.owner(), CONTEST_LIMIT.toSeconds()));
      }
      // Docker takes a name some milliseconds before it shows who has it.
      DockerConnection.pauseBriefly();
      started = tryOnce(spec, name, preparation);
    }
    return started.get();
  }

  /// Empty when the way is clear for another try.
  private Optional<StartedContainer> tryOnce(
      ContainerSpec spec, String name, Preparation preparation) {
    Optional<NetworkSlot> slot = slots.take(spec.network());
    ContainerId id;
    long before = System.nanoTime();
    try {
      id = create(spec, name, slot);
    } catch (ConflictException _) {
      slot.ifPresent(slots::giveBack);
      return settle(spec, name, preparation);
    } catch (DockerException e) {
      slot.ifPresent(slots::giveBack);
      return retryWithoutQuota(e, spec);
    } catch (HoldfastException e) {
      slot.ifPresent(slots::forget);
      throw e;
    }
    slot.ifPresent(taken -> slots.use(taken, id));
    return run(id, spec, preparation, Duration.ofNanos(System.nanoTime() - before));
  }

  private ContainerId create(ContainerSpec spec, String name, Optional<NetworkSlot> slot) {
    return new ContainerId(
        docker.call(() -> {
          try (CreateContainerCmd command =
              docker.client().createContainerCmd(spec.image()).withName(name)) {
            template.fill(command, spec, quota, slot);
            return command.exec().getId();
          }
        }));
  }

  private Optional<StartedContainer> retryWithoutQuota(DockerException e, ContainerSpec spec) {
    boolean quotaRefused = DockerConnection.message(e).contains("storage-opt");
    if (quota == ContainerTemplate.DiskQuota.ASKED && quotaRefused) {
      LOG.warn("disk limits of containers are not enforced: {}", DockerConnection.message(e));
      quota = ContainerTemplate.DiskQuota.REFUSED;
      return Optional.empty();
    }
    throw startFailed(e, spec);
  }

  private Optional<StartedContainer> run(
      ContainerId id, ContainerSpec spec, Preparation preparation, Duration create) {
    prepare(id, preparation);
    long before = System.nanoTime();
    try {
      docker.run(() -> docker.client().startContainerCmd(id.value()).exec());
    } catch (NotModifiedException _) {
      // Another start of the same owner was faster.
    } catch (DockerException e) {
      return afterFailure(e, id, spec);
    }
    return Optional.of(
        started(
            id,
            StartedContainer.Origin.CREATED,
            create,
            Duration.ofNanos(System.nanoTime() - before)));
  }

  private void prepare(ContainerId id, Preparation preparation) {
    boolean prepared = false;
    try {
      preparation.prepare(id);
      prepared = true;
    } finally {
      if (!prepared) {
        removeFailed(id);
      }
    }
  }

  private Optional<StartedContainer> afterFailure(
      DockerException e, ContainerId id, ContainerSpec spec) {
    String message = DockerConnection.message(e).toLowerCase(Locale.ROOT);
    removeFailed(id);
    if (slotDied(message)) {
      slots.dropDead();
      return Optional.empty();
    }
    if (e instanceof NotFoundException && message.contains("network")) {
      renewNetworks.run();
      return Optional.empty();
    }
    if (e instanceof NotFoundException || message.contains("marked for removal")) {
      return Optional.empty();
    }
    throw startFailed(e, spec);
  }

  /// What Docker says of a start in a network whose holder has ended or is gone.
  private static boolean slotDied(String message) {
    return message.contains("cannot join network")
        || message.contains("no such container")
        || message.contains("joining network namespace");
  }

  private void removeFailed(ContainerId id) {
    try {
      destroy.accept(id);
    } catch (HoldfastException e) {
      LOG.warn("could not remove container {} that did not start: {}", id, e.getMessage());
    }
  }

  private StartedContainer started(
      ContainerId id, StartedContainer.Origin origin, Duration create, Duration start) {
    long before = System.nanoTime();
    InspectContainerResponse container;
    try {
      container = docker.inspect(id.value());
    } catch (NotFoundException _) {
      throw new HoldfastException(
          ErrorCode.CONTAINER_START_FAILED,
          "container %s was removed by someone while it started".formatted(id));
    }
    StartedContainer.Timing timing =
        new StartedContainer.Timing(create, start, Duration.ofNanos(System.nanoTime() - before));
    LOG.debug("container {} {}: {}", id, origin, timing);
    return switch (StateReader.state(container)) {
      case ContainerState.Running(var address, Instant startedAt, long _) ->
          new StartedContainer(id, Optional.of(address), startedAt, origin, timing);
      case ContainerState.Paused(var address, Instant startedAt, long _) ->
          new StartedContainer(id, Optional.of(address), startedAt, origin, timing);
      case ContainerState.Exited(int _, var _, Instant finishedAt) ->
          new StartedContainer(id, Optional.empty(), finishedAt, origin, timing);
      case ContainerState.Created _, ContainerState.Gone _ ->
          new StartedContainer(id, Optional.empty(), Instant.EPOCH, origin, timing);
    };
  }

  private StartedContainer found(ContainerId id) {
    return started(id, StartedContainer.Origin.FOUND, Duration.ZERO, Duration.ZERO);
  }

  /// What to do about the container that has the name.
  private Optional<StartedContainer> settle(
      ContainerSpec spec, String name, Preparation preparation) {
    InspectContainerResponse there;
    try {
      there = docker.inspect(name);
    } catch (NotFoundException _) {
      return Optional.empty();
    }
    ContainerId id = new ContainerId(there.getId());
    Map<String, String> found = there.getConfig().getLabels();
    Map<String, String> labels = found == null ? Map.of() : found;
    refuseWhenSuperseded(spec, id, labels);
    if (ContainerLabels.match(labels, spec)) {
      Optional<StartedContainer> same = take(id, StateReader.state(there), spec, preparation);
      if (same.isPresent()) {
        return same;
      }
    }
    destroy.accept(id);
    return Optional.empty();
  }

  private static void refuseWhenSuperseded(
      ContainerSpec spec, ContainerId id, Map<String, String> labels) {
    long epoch = ContainerLabels.owner(labels).map(ContainerOwner::epoch).orElse(-1L);
    if (epoch > spec.owner().epoch()) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE,
          "expected no container of a newer instance than %s, found %s of epoch %d"
              .formatted(spec.owner(), id, epoch));
    }
  }

  private Optional<StartedContainer> take(
      ContainerId id, ContainerState state, ContainerSpec spec, Preparation preparation) {
    return switch (state) {
      case ContainerState.Running _ -> Optional.of(found(id));
      case ContainerState.Paused _ -> {
        resume.accept(id);
        yield Optional.of(found(id));
      }
      case ContainerState.Created _ ->
          run(id, spec, preparation, Duration.ZERO).map(started -> found(started.id()));
      case ContainerState.Exited _, ContainerState.Gone _ -> Optional.empty();
    };
  }

  private HoldfastException startFailed(DockerException e, ContainerSpec spec) {
    String message = DockerConnection.message(e);
    String lower = message.toLowerCase(Locale.ROOT);
    if (e instanceof NotFoundException && lower.contains("no such image")) {
      return imageNotFound(spec.image(), e);
    }
    boolean full =
        lower.contains("no available")
            || lower.contains("cannot allocate memory")
            || lower.contains("no space left");
    return new HoldfastException(
        full ? ErrorCode.CONTAINER_NO_CAPACITY : ErrorCode.CONTAINER_START_FAILED,
        "could not start image '%s' for %s: %s".formatted(spec.image(), spec.owner(), message),
        e);
  }

  /// The fault of an image that the engine has not.
  HoldfastException imageNotFound(String image, @Nullable DockerException cause) {
    String refusal = pullRefusal.apply(image);
    return new HoldfastException(
        ErrorCode.IMAGE_NOT_FOUND,
        "image '%s' is not on the Docker Engine at %s%s: build it there (`docker build -t %s …`) or load it (`docker load`)"
            .formatted(
                image,
                docker.address(),
                refusal == null ? "" : ", and is not pulled (" + refusal + ")",
                image),
        cause);
  }
}
