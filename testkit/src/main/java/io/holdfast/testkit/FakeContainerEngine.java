package io.holdfast.testkit;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerLabels;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.ContainerState;
import io.holdfast.engine.ContainerStats;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.EngineImage;
import io.holdfast.engine.EngineInfo;
import io.holdfast.engine.ExecRequest;
import io.holdfast.engine.ExecResult;
import io.holdfast.engine.ExitReason;
import io.holdfast.engine.FileChanges;
import io.holdfast.engine.FoundContainer;
import io.holdfast.engine.ImagePulls;
import io.holdfast.engine.StartedContainer;
import io.holdfast.sdk.ContainerProcess;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.ExecOptions;
import io.holdfast.sdk.HoldfastException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// A container engine in memory that passes [ContainerEngineContract], with knobs for what can go
/// wrong.
///
/// Containers are [FakeContainer]s: real HTTP servers on loopback addresses of their own (Linux:
/// 127.64.0.0/10), so that a real HTTP client reaches them. They outlive a closed engine, as with
/// Docker; [#another] is the engine that the next node opens.
public final class FakeContainerEngine implements ContainerEngine {
  private final FakeWorld world;
  private final Deployment deployment;
  private volatile boolean closed;

  public FakeContainerEngine() {
    this(new FakeWorld(), new Deployment("fake"));
  }

  private FakeContainerEngine(FakeWorld world, Deployment deployment) {
    this.world = world;
    this.deployment = deployment;
  }

  /// The verbs that [#calls] counts.
  public enum Verb {
    START,
    LIST,
    INSPECT,
    AWAIT_EXIT,
    SIGNAL,
    STOP,
    DESTROY,
    PAUSE,
    RESUME,
    LOGS,
    STATS,
    EXEC,
    COPY_OUT,
    COPY_IN,
    IMAGES
  }

  // Knobs.

  /// Another engine, for this deployment or another one, on the same containers, images and knobs.
  public FakeContainerEngine another(Deployment other) {
    return new FakeContainerEngine(world, other);
  }

  /// From now on there is an image of that reference, which runs the program.
  public FakeContainerEngine image(String reference, FakeProgram program) {
    world.images.put(reference, program);
    return this;
  }

  /// From now on an image of that reference, which runs the program, can be pulled.
  public void registryHas(String reference, FakeProgram program) {
    world.registry.put(reference, program);
  }

  /// From now on there is no image of that reference.
  public void imageMissing(String reference) {
    world.images.remove(reference);
  }

  /// From now on this is what the engine says it pulls, whatever it does.
  public void pulls(ImagePulls pulls) {
    world.pulls = pulls;
  }

  /// The next start fails like this, leaving nothing behind.
  public void startFails(ErrorCode code, String message) {
    world.startFaults.add(new HoldfastException(code, message));
  }

  /// The next start does its work and throws `engine_unavailable` all the same.
  public void forgetsReply() {
    world.forgetReplies.incrementAndGet();
  }

  /// Each start takes this long from now on.
  public void startBlocksFor(Duration duration) {
    world.startDelay = duration;
  }

  /// Starts wait from now on, until [#releaseStarts].
  public void holdStarts() {
    world.holdStarts();
  }

  public void releaseStarts() {
    world.releaseStarts();
  }

  /// Calls of that verb wait from now on, until [#releases].
  public void holds(Verb verb) {
    world.hold(verb);
  }

  public void releases(Verb verb) {
    world.release(verb);
  }

  /// Every verb throws `engine_unavailable` from now on; who waits for an exit goes on waiting.
  /// Containers live on.
  public void goesDown() {
    world.down = true;
  }

  public void comesBack() {
    world.down = false;
  }

  /// The process of a container ends.
  public void exits(ContainerId id, int code) {
    container(id).exit(code);
  }

  /// The kernel kills a container at its memory limit.
  public void runsOutOfMemory(ContainerId id) {
    container(id).runOutOfMemory();
  }

  /// Somebody removes a container behind Holdfast's back.
  public void vanishes(ContainerId id) {
    world.remove(container(id));
  }

  // Looking inside.

  /// How often a verb was called, on this and all other engines of the same world.
  public int calls(Verb verb) {
    return world.count(verb);
  }

  /// The container of that id.
  public FakeContainer container(ContainerId id) {
    return world
        .find(id)
        .orElseThrow(() -> new AssertionError("expected a container %s, found none".formatted(id)));
  }

  /// The container of an object.
  public Optional<FakeContainer> containerOf(ContainerOwner.Key owner) {
    return world.all(deployment).stream()
        .filter(c -> c.spec().owner().key().equals(owner))
        .findFirst();
  }

  /// How many containers were ever made.
  public int created() {
    return world.created.get();
  }

  // The port.

  @Override
  public StartedContainer start(ContainerSpec spec, Preparation preparation) {
    enter(Verb.START);
    world.delayStart();
    HoldfastException fault = world.startFaults.poll();
    if (fault != null) {
      throw fault;
    }
    StartedContainer started = world.start(deployment, spec, preparation);
    if (world.forgetReplies.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
      throw new HoldfastException(ErrorCode.ENGINE_UNAVAILABLE, "the reply of the engine was lost");
    }
    return started;
  }

  private void enter(Verb verb) {
    world.called(verb);
    world.awaitReleased(verb);
    if (world.down || closed) {
      throw new HoldfastException(ErrorCode.ENGINE_UNAVAILABLE, "the fake engine is down");
    }
  }

  @Override
  public List<FoundContainer> list() {
    enter(Verb.LIST);
    return world.all(deployment).stream()
        .map(c ->
            new FoundContainer(
                c.id(),
                Optional.of(c.spec().owner()),
                c.spec().image(),
                c.foundPhase(),
                ContainerLabels.of(deployment, c.spec())))
        .toList();
  }

  @Override
  public ContainerState inspect(ContainerId id) {
    enter(Verb.INSPECT);
    return state(id);
  }

  private ContainerState state(ContainerId id) {
    return world.find(id).map(FakeContainer::state).orElseGet(ContainerState.Gone::new);
  }

  @Override
  public ExitReason awaitExit(ContainerId id) {
    enter(Verb.AWAIT_EXIT);
    Optional<FakeContainer> container = world.find(id);
    if (container.isEmpty()) {
      return new ExitReason.Destroyed();
    }
    try {
      while (!container.get().awaitEnd(TimeUnit.MILLISECONDS.toNanos(20)) || world.down) {
        if (closed) {
          throw calledOff("the engine was closed");
        }
        if (world.down) {
          Thread.sleep(5);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw calledOff("the waiting thread was interrupted");
    }
    return container.get().reason();
  }

  private static HoldfastException calledOff(String why) {
    return new HoldfastException(
        ErrorCode.ENGINE_UNAVAILABLE, "waiting for the end of a container: " + why);
  }

  @Override
  public void signal(ContainerId id, int number) {
    enter(Verb.SIGNAL);
    if (number < 1 || number > 64) {
      throw new HoldfastException(ErrorCode.INVALID_ARGUMENT, "Invalid signal number.");
    }
    running(id).signal(number);
  }

  /// A container that runs or is paused. Looked up once: it may be removed at any moment.
  private FakeContainer running(ContainerId id) {
    return world
        .find(id)
        .filter(FakeContainerEngine::runsOrIsPaused)
        .orElseThrow(() ->
            new HoldfastException(
                ErrorCode.CONTAINER_NOT_RUNNING,
                "expected container %s to run, found it does not".formatted(id)));
  }

  private static boolean runsOrIsPaused(FakeContainer container) {
    return switch (container.state()) {
      case ContainerState.Running _, ContainerState.Paused _ -> true;
      case ContainerState.Created _, ContainerState.Exited _, ContainerState.Gone _ -> false;
    };
  }

  @Override
  public ExitReason stop(ContainerId id, Duration grace) {
    enter(Verb.STOP);
    Optional<FakeContainer> found = world.find(id);
    if (found.isEmpty()) {
      return new ExitReason.Destroyed();
    }
    FakeContainer container = found.get();
    if (container.state() instanceof ContainerState.Created) {
      world.remove(container);
      return new ExitReason.Destroyed();
    }
    container.resume();
    if (!container.ended()) {
      container.signal(15);
    }
    try {
      if (!container.awaitEnd(grace.toNanos())) {
        container.signal(9);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw calledOff("the waiting thread was interrupted");
    }
    return container.reason();
  }

  @Override
  public void destroy(ContainerId id) {
    enter(Verb.DESTROY);
    world.find(id).ifPresent(world::remove);
  }

  @Override
  public void pause(ContainerId id) {
    enter(Verb.PAUSE);
    running(id).pause();
  }

  @Override
  public void resume(ContainerId id) {
    enter(Verb.RESUME);
    running(id).resume();
  }

  @Override
  public String logs(ContainerId id, int tailLines) {
    enter(Verb.LOGS);
    return world.find(id).map(container -> container.logs(tailLines)).orElse("");
  }

  @Override
  public InputStream follow(ContainerId id, int tailLines) {
    enter(Verb.LOGS);
    return world
        .find(id)
        .map(container -> container.follow(tailLines))
        .orElseGet(InputStream::nullInputStream);
  }

  @Override
  public ContainerStats stats(ContainerId id) {
    enter(Verb.STATS);
    return running(id).stats();
  }

  @Override
  public ExecResult exec(ContainerId id, ExecRequest request) {
    enter(Verb.EXEC);
    return running(id).exec(request);
  }

  @Override
  public ContainerProcess exec(ContainerId id, List<String> command, ExecOptions options) {
    enter(Verb.EXEC);
    FakeContainer container = running(id);
    if (container.state() instanceof ContainerState.Paused) {
      throw new HoldfastException(
          ErrorCode.CONTAINER_NOT_RUNNING,
          "expected container %s to run, found it paused".formatted(id));
    }
    return container.start(command, options);
  }

  @Override
  public InputStream copyOut(ContainerId id, String path, long bytesMax) {
    enter(Verb.COPY_OUT);
    byte[] tar = existing(id).files.get(path);
    if (tar == null) {
      throw new HoldfastException(
          ErrorCode.INVALID_ARGUMENT, "container %s has no path %s".formatted(id, path));
    }
    return new ByteArrayInputStream(tar);
  }

  @Override
  public FileChanges changes(ContainerId id) {
    enter(Verb.COPY_OUT);
    return existing(id).changes();
  }

  @Override
  public void copyIn(ContainerId id, String folder, InputStream tar) {
    enter(Verb.COPY_IN);
    try {
      existing(id).files.put(folder, tar.readAllBytes());
    } catch (IOException e) {
      throw new HoldfastException(ErrorCode.ENGINE_UNAVAILABLE, "the tar stream broke off", e);
    }
  }

  private FakeContainer existing(ContainerId id) {
    return world
        .find(id)
        .orElseThrow(() ->
            new HoldfastException(
                ErrorCode.CONTAINER_NOT_RUNNING,
                "expected container %s, found it is gone".formatted(id)));
  }

  @Override
  public List<EngineImage> images() {
    enter(Verb.IMAGES);
    return world.images.keySet().stream()
        .map(name -> new EngineImage("sha256:" + name, List.of(name), 1))
        .toList();
  }

  @Override
  public boolean imagePresent(String reference) {
    enter(Verb.IMAGES);
    return world.images.containsKey(reference);
  }

  /// Knows what [#registryHas] told.
  @Override
  public void pull(String reference) {
    if (imagePresent(reference)) {
      return;
    }
    FakeProgram remote = world.registry.get(reference);
    if (remote == null) {
      throw new HoldfastException(
          ErrorCode.IMAGE_NOT_FOUND, "image '%s' is not on the fake engine".formatted(reference));
    }
    world.images.put(reference, remote);
    world.pulledListener.accept(reference);
  }

  @Override
  public void onPulled(Consumer<String> listener) {
    world.pulledListener = listener;
  }

  @Override
  public boolean removeImage(String reference) {
    enter(Verb.IMAGES);
    boolean used =
        world.all(deployment).stream().anyMatch(each -> each.spec().image().equals(reference));
    if (!used) {
      world.images.remove(reference);
    }
    return !used;
  }

  @Override
  public ImagePulls pulls() {
    return world.pulls;
  }

  @Override
  public EngineInfo checkAvailable() {
    if (world.down || closed) {
      throw new HoldfastException(
          ErrorCode.ENGINE_UNAVAILABLE, "the fake engine is down at " + Instant.now());
    }
    return new EngineInfo(
        "fake engine",
        "memory",
        "none",
        "none",
        EngineInfo.DiskLimit.NOT_ENFORCED,
        EngineInfo.Fence.MISSING,
        EngineInfo.Isolation.UNKNOWN);
  }

  @Override
  public void close() {
    closed = true;
  }
}
