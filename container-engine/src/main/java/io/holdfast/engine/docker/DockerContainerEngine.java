package io.holdfast.engine.docker;

import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.api.model.Image;
import com.github.dockerjava.api.model.Info;
import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerLabels;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.ContainerState;
import io.holdfast.engine.ContainerStats;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.EngineConfig;
import io.holdfast.engine.EngineImage;
import io.holdfast.engine.EngineInfo;
import io.holdfast.engine.ExecRequest;
import io.holdfast.engine.ExecResult;
import io.holdfast.engine.ExitReason;
import io.holdfast.engine.FileChanges;
import io.holdfast.engine.FoundContainer;
import io.holdfast.engine.ImagePulls;
import io.holdfast.engine.Network;
import io.holdfast.engine.StartedContainer;
import io.holdfast.engine.egress.EgressGate;
import io.holdfast.engine.egress.EgressGate.Doors;
import io.holdfast.sdk.ContainerProcess;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ExecOptions;
import io.holdfast.sdk.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Containers on a Docker Engine, held to hardened defaults ([ContainerTemplate]).
///
/// Isolation is that of plain Docker: namespaces, cgroups, seccomp, no capabilities; one kernel for
/// all. For more, set `holdfast.engine.runtime` to gVisor or Kata.
public final class DockerContainerEngine implements ContainerEngine {
  private static final Logger LOG = LoggerFactory.getLogger(DockerContainerEngine.class);
  private static final Duration KILL_LIMIT = Duration.ofSeconds(60);
  private static final int FREEZE_TRIES = 20;

  /// What runc says when processes of a container were made faster than it could freeze them.
  private static final String BUSY = "unable to freeze";

  private static final int SIGTERM = 15;
  private static final int SIGKILL = 9;

  private final EngineConfig config;
  private final Deployment deployment;
  private final DockerConnection docker;
  private final DockerNetworks networks;
  private final HostFence fence;
  private final Optional<EgressGate> gate;
  private final StateReader states;
  private final ExitWatch exits;
  private final NetworkSlots slots;
  private final ContainerTemplate template;
  private final DockerStart starts;
  private final ImagePuller images;
  private final DockerFiles files;
  private final ReentrantLock preparing = new ReentrantLock();
  private final Set<Network> wanted = EnumSet.noneOf(Network.class); // Guarded by `preparing`.
  private volatile Map<Network, Doors> doors = Map.of();
  private volatile @Nullable EngineInfo prepared;

  private DockerContainerEngine(
      EngineConfig config, Deployment deployment, Optional<EgressGate> gate) {
    this.config = config;
    this.deployment = deployment;
    this.gate = gate;
    this.docker = new DockerConnection(config.docker());
    this.networks = new DockerNetworks(docker, deployment, config.namePrefix());
    this.fence = HostFence.around(deployment, config.blockedRanges());
    this.states = new StateReader(docker);
    this.slots =
        new NetworkSlots(
            docker,
            new SlotHolders(
                docker, deployment, config.namePrefix(), networks, fence, this::nameServer),
            config.preparedNetworks());
    this.exits = new ExitWatch(docker, slots::died, states::read);
    this.template = new ContainerTemplate(config, deployment, networks, this::nameServer);
    this.images = new ImagePuller(docker, config.images());
    this.files = new DockerFiles(docker, this::inspect, slots);
    this.starts =
        new DockerStart(
            docker,
            deployment,
            config.namePrefix(),
            images::refusal,
            template,
            slots,
            this::checkAvailable,
            this::destroy,
            this::resume,
            ContainerTemplate.DiskQuota.NOT_ASKED);
  }

  /// An engine for one deployment, without gated networks. Asks Docker nothing yet;
  /// [#checkAvailable] does.
  public static DockerContainerEngine open(EngineConfig config, Deployment deployment) {
    return new DockerContainerEngine(config, deployment, Optional.empty());
  }

  /// As [#open(EngineConfig, Deployment)], with gated networks.
  ///
  /// @param gate through which their containers reach what they may; closed by the caller, later
  public static DockerContainerEngine open(
      EngineConfig config, Deployment deployment, EgressGate gate) {
    return new DockerContainerEngine(config, deployment, Optional.of(gate));
  }

  /// Also makes the networks and the fence, which the first start would wait for otherwise, and
  /// from then on prepares networks ahead.
  @Override
  public EngineInfo checkAvailable() {
    preparing.lock();
    try {
      Info info = asked(() -> docker.client().infoCmd().exec());
      DockerSecurity security = DockerSecurity.of(info);
      security.require(config.seccomp());
      template.seccomp(security.seccomp());
      networks.ensure(Network.NONE_OUTSIDE);
      networks.ensure(Network.INTERNET);
      Map<Network, Doors> opened = openDoors();
      EngineInfo result = describe(info, raiseFence(opened), security);
      doors = result.fence() == EngineInfo.Fence.UP ? opened : Map.of();
      starts.quota(
          result.diskLimit() == EngineInfo.DiskLimit.ENFORCED
              ? ContainerTemplate.DiskQuota.ASKED
              : ContainerTemplate.DiskQuota.NOT_ASKED);
      slots.enable(obstacleToSlots(info, result.fence()));
      prepared = result;
      return result;
    } finally {
      preparing.unlock();
    }
  }

  /// The doors of the gated networks that somebody wants, or that are left with containers of an
  /// earlier life.
  private Map<Network, Doors> openDoors() {
    Map<Network, Doors> opened = new EnumMap<>(Network.class);
    gate.ifPresent(behind -> {
      for (Network network : Network.values()) {
        if (network.isGated()) {
          open(behind, network).ifPresent(at -> opened.put(network, at));
        }
      }
    });
    return opened;
  }

  private Optional<Doors> open(EgressGate behind, Network network) {
    if (wanted.contains(network)) {
      networks.ensure(network);
    }
    return networks
        .gateway(network)
        .flatMap(address -> {
          try {
            return Optional.of(behind.open(address));
          } catch (IOException e) {
            LOG.warn(
                "the gate of network {} cannot be opened at {}: {}",
                networks.name(network),
                address.getHostAddress(),
                e.getMessage());
            return Optional.empty();
          }
        });
  }

  /// Gated containers run nowhere else: what they may reach is not left to chance.
  private void requireDoors(Network network) {
    if (!network.isGated() || doors.containsKey(network)) {
      return;
    }
    preparing.lock();
    try {
      wanted.add(network);
      checkAvailable();
    } finally {
      preparing.unlock();
    }
    if (!doors.containsKey(network)) {
      throw new HoldfastException(
          ErrorCode.ENGINE_UNAVAILABLE,
          "a container whose outbound requests are decided on cannot start, because nothing would hold it to that:"
              + " expected a node with root, iptables and an engine on the same host; see the node's log");
    }
  }

  /// Where containers of a network ask for names, if not where Docker lets them.
  private Optional<InetAddress> nameServer(Network network) {
    return Optional.ofNullable(doors.get(network)).map(Doors::address);
  }

  private EngineInfo.Fence raiseFence(Map<Network, Doors> opened) {
    Optional<String> missing = fence.raise(opened);
    if (missing.isEmpty()) {
      return EngineInfo.Fence.UP;
    }
    String problem =
        "containers can connect to services of this host and to private addresses, because iptables cannot be set: "
            + missing.get();
    if (fenceRequired()) {
      throw new HoldfastException(
          ErrorCode.ENGINE_UNAVAILABLE,
          problem
              + " (run as root with iptables installed, or set holdfast.engine.network.fence = warn)");
    }
    LOG.warn("{} (run as root with iptables installed)", problem);
    return EngineInfo.Fence.MISSING;
  }

  private static Optional<String> obstacleToSlots(Info info, EngineInfo.Fence fence) {
    if (fence == EngineInfo.Fence.MISSING) {
      return Optional.of("there is no fence around them");
    }
    return SlotImage.ARCHITECTURE.equals(info.getArchitecture())
        ? Optional.empty()
        : Optional.of("the engine runs on " + info.getArchitecture());
  }

  private boolean fenceRequired() {
    return switch (config.fence()) {
      case REQUIRE -> true;
      case WARN -> false;
      case AUTO -> HostFence.isRoot();
    };
  }

  private EngineInfo describe(Info info, EngineInfo.Fence fenceState, DockerSecurity security) {
    return new EngineInfo(
        "Docker Engine " + info.getServerVersion(),
        docker.address(),
        String.valueOf(info.getDriver()),
        String.valueOf(info.getRawValues().getOrDefault("CgroupVersion", "1")),
        diskLimit(info),
        fenceState,
        security.isolation());
  }

  /// overlay2 limits disks on XFS with `pquota`; the first start shows whether that option is
  /// there.
  private EngineInfo.DiskLimit diskLimit(Info info) {
    boolean xfs =
        info.getDriverStatuses() != null
            && info.getDriverStatuses().stream().anyMatch(pair -> pair.contains("xfs"));
    boolean can =
        switch (String.valueOf(info.getDriver())) {
          case "overlay2" -> xfs;
          case "btrfs", "zfs" -> true;
          default -> false;
        };
    return can && starts.quota() != ContainerTemplate.DiskQuota.REFUSED
        ? EngineInfo.DiskLimit.ENFORCED
        : EngineInfo.DiskLimit.NOT_ENFORCED;
  }

  private void prepareOnce() {
    if (prepared == null) {
      checkAvailable();
    }
  }

  @Override
  public StartedContainer start(ContainerSpec spec, Preparation preparation) {
    prepareOnce();
    requireDoors(spec.network());
    spec.runtime().ifPresent(this::requireAllowed);
    try {
      return startOrPull(
          spec, spec.network().isGated() ? trusting(preparation, spec) : preparation);
    } finally {
      slots.refill(spec.network());
    }
  }

  private Preparation trusting(Preparation preparation, ContainerSpec spec) {
    return created -> {
      preparation.prepare(created);
      InputStream certificate = TrustedCertificate.tar(gate.orElseThrow().certificate());
      if (spec.readOnlyRoot().isPresent()) {
        files.copyIn(created, "/", certificate);
      } else {
        files.copyIntoWritable(created, "/", certificate);
      }
    };
  }

  private void requireAllowed(String runtime) {
    if (!runtime.equals(config.runtime()) && !config.runtimes().contains(runtime)) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT,
          "expected a runtime of holdfast.engine.runtimes %s, found '%s'"
              .formatted(config.runtimes(), runtime));
    }
  }

  private StartedContainer startOrPull(ContainerSpec spec, Preparation preparation) {
    try {
      return starts.start(spec, preparation);
    } catch (HoldfastException e) {
      if (e.code() != ErrorCode.IMAGE_NOT_FOUND || images.refusal(spec.image()) != null) {
        throw e;
      }
    }
    images.pull(spec.image());
    return starts.start(spec, preparation);
  }

  @Override
  public void prepare(Network network) {
    prepareOnce();
    requireDoors(network);
    slots.refill(network);
  }

  @Override
  public List<FoundContainer> list() {
    NetworkSlots.Look before = asked(slots::look);
    List<Container> containers =
        asked(() ->
            docker
                .client()
                .listContainersCmd()
                .withShowAll(true)
                .withLabelFilter(Map.of(ContainerLabels.DEPLOYMENT, deployment.id()))
                .exec());
    slots.sweep(before, containers);
    return containers.stream().map(DockerContainerEngine::found).toList();
  }

  private static FoundContainer found(Container container) {
    Map<String, String> labels = container.getLabels() == null ? Map.of() : container.getLabels();
    return new FoundContainer(
        new ContainerId(container.getId()),
        ContainerLabels.owner(labels),
        container.getImage(),
        phase(container.getState()),
        labels);
  }

  private static FoundContainer.Phase phase(@Nullable String state) {
    return switch (state == null ? "" : state) {
      case "created" -> FoundContainer.Phase.CREATED;
      case "running", "restarting" -> FoundContainer.Phase.RUNNING;
      case "paused" -> FoundContainer.Phase.PAUSED;
      case "exited" -> FoundContainer.Phase.EXITED;
      default -> FoundContainer.Phase.REMOVING;
    };
  }

  @Override
  public ContainerState inspect(ContainerId id) {
    return states.read(id);
  }

  @Override
  public ExitReason awaitExit(ContainerId id) {
    return exits.await(id);
  }

  @Override
  public void signal(ContainerId id, int number) {
    if (number < 1 || number > 64) {
      throw new HoldfastException(ErrorCode.INVALID_ARGUMENT, "Invalid signal number.");
    }
    onRunning(
        id,
        () ->
            docker
                .client()
                .killContainerCmd(id.value())
                .withSignal(Integer.toString(number))
                .exec());
  }

  @Override
  public ExitReason stop(ContainerId id, Duration grace) {
    ContainerState state;
    try {
      state = inspect(id);
    } catch (HoldfastException e) {
      if (e.code() == ErrorCode.CONTAINER_DISCONNECTED) {
        return end(id, grace); // It runs, without an address: it needs none to end.
      }
      throw e;
    }
    return switch (state) {
      case ContainerState.Exited exited -> exited.reason();
      case ContainerState.Gone _ -> new ExitReason.Destroyed();
      case ContainerState.Created _ -> {
        destroy(id);
        yield new ExitReason.Destroyed();
      }
      case ContainerState.Paused _ -> {
        unlessEnded(() -> resume(id));
        yield end(id, grace);
      }
      case ContainerState.Running _ -> end(id, grace);
    };
  }

  /// Waits for the exit by the event stream, so that a grace of minutes holds no connection to
  /// Docker.
  private ExitReason end(ContainerId id, Duration grace) {
    unlessEnded(() -> signal(id, SIGTERM));
    Optional<ExitReason> reason = exits.await(id, grace);
    if (reason.isPresent()) {
      return reason.get();
    }
    unlessEnded(() -> signal(id, SIGKILL));
    return exits
        .await(id, KILL_LIMIT)
        .orElseThrow(() ->
            new HoldfastException(
                ErrorCode.ENGINE_UNAVAILABLE,
                "container %s did not end within %d s of SIGKILL"
                    .formatted(id, KILL_LIMIT.toSeconds())));
  }

  private static void unlessEnded(Runnable verb) {
    try {
      verb.run();
    } catch (HoldfastException e) {
      if (e.code() != ErrorCode.CONTAINER_NOT_RUNNING) {
        throw e;
      }
    }
  }

  @Override
  public void destroy(ContainerId id) {
    exits.destroying(id);
    try {
      remove(id);
    } finally {
      exits.destroyed(id);
    }
  }

  private void remove(ContainerId id) {
    long deadline = System.nanoTime() + KILL_LIMIT.toNanos();
    while (!removed(id)) {
      if (System.nanoTime() > deadline) {
        throw new HoldfastException(
            ErrorCode.ENGINE_UNAVAILABLE,
            "container %s was not removed within %d s".formatted(id, KILL_LIMIT.toSeconds()));
      }
      DockerConnection.pauseBriefly();
    }
    slots.released(id);
  }

  /// False when someone else is removing it just now.
  private boolean removed(ContainerId id) {
    try {
      docker.run(() ->
          docker
              .client()
              .removeContainerCmd(id.value())
              .withForce(true)
              .withRemoveVolumes(true)
              .exec());
      return true;
    } catch (NotFoundException _) {
      return true;
    } catch (ConflictException _) {
      return inspect(id) instanceof ContainerState.Gone;
    } catch (DockerException e) {
      throw docker.refused(e);
    }
  }

  @Override
  public void pause(ContainerId id) {
    freeze(
        id,
        () -> docker.client().pauseContainerCmd(id.value()).exec(),
        state -> state instanceof ContainerState.Paused);
  }

  @Override
  public void resume(ContainerId id) {
    freeze(
        id,
        () -> docker.client().unpauseContainerCmd(id.value()).exec(),
        state -> state instanceof ContainerState.Running);
  }

  /// One request when all goes well: a container that wakes up is waited for. What it is doing is
  /// looked at only when Docker does not like the order.
  private void freeze(ContainerId id, Runnable order, Predicate<ContainerState> done) {
    for (int attempt = 1; ; attempt++) {
      try {
        docker.run(order);
        return;
      } catch (DockerException e) {
        ContainerState state = inspect(id);
        if (done.test(state)) {
          return;
        }
        switch (state) {
          case ContainerState.Running _, ContainerState.Paused _ -> {
            if (attempt == FREEZE_TRIES || !DockerConnection.message(e).contains(BUSY)) {
              throw docker.refused(e);
            }
            DockerConnection.pauseBriefly();
          }
          case ContainerState.Created _, ContainerState.Exited _, ContainerState.Gone _ ->
              throw notRunning(id, DockerConnection.message(e));
        }
      }
    }
  }

  private void onRunning(ContainerId id, Runnable verb) {
    try {
      docker.run(verb);
    } catch (NotFoundException | ConflictException e) {
      throw notRunning(id, DockerConnection.message(e));
    } catch (DockerException e) {
      // Docker 20.10 answers 500 to some verbs on a container that has just ended.
      if (!(inspect(id) instanceof ContainerState.Running)) {
        throw notRunning(id, DockerConnection.message(e));
      }
      throw docker.refused(e);
    }
  }

  static HoldfastException notRunning(ContainerId id, String found) {
    return new HoldfastException(
        ErrorCode.CONTAINER_NOT_RUNNING,
        "expected container %s to run, found: %s".formatted(id, found));
  }

  /// For calls to which any error is an unexpected answer.
  private <T> T asked(Supplier<T> call) {
    try {
      return docker.call(call);
    } catch (DockerException e) {
      throw docker.refused(e);
    }
  }

  @Override
  public String logs(ContainerId id, int tailLines) {
    return new DockerLogs(docker).tail(id, tailLines);
  }

  @Override
  public InputStream follow(ContainerId id, int tailLines) {
    return new DockerLogs(docker).follow(id, tailLines, exits::await);
  }

  @Override
  public ContainerStats stats(ContainerId id) {
    return switch (inspect(id)) {
      case ContainerState.Running _, ContainerState.Paused _ ->
          asked(() -> new DockerStats(docker).read(id, slots.holder(id)));
      case ContainerState.Created _, ContainerState.Exited _, ContainerState.Gone _ ->
          throw notRunning(id, "it is not");
    };
  }

  @Override
  public ExecResult exec(ContainerId id, ExecRequest request) {
    return new DockerExec(docker).run(id, request);
  }

  @Override
  public ContainerProcess exec(ContainerId id, List<String> command, ExecOptions options) {
    return new DockerProcesses(docker).start(id, command, options, () -> pid(id));
  }

  private long pid(ContainerId id) {
    return switch (inspect(id)) {
      case ContainerState.Running running -> running.pid();
      case ContainerState.Paused paused -> paused.pid();
      case ContainerState.Created _, ContainerState.Exited _, ContainerState.Gone _ -> 0;
    };
  }

  @Override
  public InputStream copyOut(ContainerId id, String path, long bytesMax) {
    return files.copyOut(id, path, bytesMax);
  }

  @Override
  public FileChanges changes(ContainerId id) {
    return files.changes(id);
  }

  @Override
  public void copyIn(ContainerId id, String folder, InputStream tar) {
    files.copyIn(id, folder, tar);
  }

  @Override
  public List<EngineImage> images() {
    return asked(() -> docker.client().listImagesCmd().exec()).stream()
        .map(DockerContainerEngine::image)
        .toList();
  }

  private static EngineImage image(Image image) {
    String[] tags = image.getRepoTags();
    List<String> references =
        tags == null
            ? List.of()
            : Arrays.stream(tags).filter(tag -> !tag.equals("<none>:<none>")).toList();
    return new EngineImage(
        image.getId(), references, image.getSize() == null ? 0 : image.getSize());
  }

  @Override
  public boolean imagePresent(String reference) {
    try {
      Object _ = docker.call(() -> docker.client().inspectImageCmd(reference).exec());
      return true;
    } catch (NotFoundException _) {
      return false;
    } catch (DockerException e) {
      throw docker.refused(e);
    }
  }

  @Override
  public void pull(String reference) {
    if (imagePresent(reference)) {
      return;
    }
    if (images.refusal(reference) != null) {
      throw starts.imageNotFound(reference, null);
    }
    images.pull(reference);
  }

  @Override
  public void onPulled(Consumer<String> listener) {
    images.onPulled(listener);
  }

  @Override
  public boolean removeImage(String reference) {
    try {
      docker.run(() -> docker.client().removeImageCmd(reference).exec());
      return true;
    } catch (NotFoundException _) {
      return true;
    } catch (ConflictException _) {
      return false;
    } catch (DockerException e) {
      throw docker.refused(e);
    }
  }

  @Override
  public ImagePulls pulls() {
    return images.pulls();
  }

  /// Removes the deployment's networks and the fence around them, unless containers still need
  /// them.
  public void removeNetworks() {
    slots.drain();
    if (networks.remove()) {
      fence.lower();
    }
    doors = Map.of();
    prepared = null;
  }

  @Override
  public void close() {
    exits.close();
    slots.close();
    if (config.networksAtClose() == EngineConfig.NetworksAtClose.REMOVE && prepared != null) {
      removeNetworks();
    }
    docker.close();
  }
}
