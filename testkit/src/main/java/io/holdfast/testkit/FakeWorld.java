package io.holdfast.testkit;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerName;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.ContainerState;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.ImagePulls;
import io.holdfast.engine.StartedContainer;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/// What a Docker Engine is to a Docker client: the containers and images, shared by all fake
/// engines opened on it.
final class FakeWorld {
  /// Far apart in test JVMs that run side by side, whose pids are close: multiplied by 2^32 / phi.
  private static final int FIRST_ADDRESS =
      ((int) ProcessHandle.current().pid() * 0x9E3779B1) >>> 10;

  private static final AtomicInteger NEXT_ADDRESS = new AtomicInteger(FIRST_ADDRESS);

  final Map<String, FakeProgram> images = new ConcurrentHashMap<>();
  final Queue<HoldfastException> startFaults = new ConcurrentLinkedQueue<>();
  final AtomicInteger forgetReplies = new AtomicInteger();
  final AtomicInteger created = new AtomicInteger();
  volatile Duration startDelay = Duration.ZERO;
  volatile ImagePulls pulls = ImagePulls.NONE;

  /** What can be pulled. */
  final Map<String, FakeProgram> registry = new ConcurrentHashMap<>();

  volatile Consumer<String> pulledListener = _ -> {};
  volatile boolean down;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition startsReleased = lock.newCondition();
  private final Condition released = lock.newCondition();
  private final Set<FakeContainerEngine.Verb> held = EnumSet.noneOf(FakeContainerEngine.Verb.class);
  private final Map<String, Entry> byName = new HashMap<>();
  private final Map<FakeContainerEngine.Verb, Integer> calls =
      new EnumMap<>(FakeContainerEngine.Verb.class);
  private boolean startsHeld;

  private record Entry(Deployment deployment, FakeContainer container) {}

  void called(FakeContainerEngine.Verb verb) {
    lock.lock();
    try {
      calls.merge(verb, 1, Integer::sum);
    } finally {
      lock.unlock();
    }
  }

  int count(FakeContainerEngine.Verb verb) {
    lock.lock();
    try {
      return calls.getOrDefault(verb, 0);
    } finally {
      lock.unlock();
    }
  }

  void hold(FakeContainerEngine.Verb verb) {
    lock.lock();
    try {
      held.add(verb);
    } finally {
      lock.unlock();
    }
  }

  void release(FakeContainerEngine.Verb verb) {
    lock.lock();
    try {
      held.remove(verb);
      released.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void awaitReleased(FakeContainerEngine.Verb verb) {
    lock.lock();
    try {
      while (held.contains(verb)) {
        released.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HoldfastException(ErrorCode.ENGINE_UNAVAILABLE, "interrupted", e);
    } finally {
      lock.unlock();
    }
  }

  void holdStarts() {
    lock.lock();
    try {
      startsHeld = true;
    } finally {
      lock.unlock();
    }
  }

  void releaseStarts() {
    lock.lock();
    try {
      startsHeld = false;
      startsReleased.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void delayStart() {
    lock.lock();
    try {
      while (startsHeld) {
        startsReleased.await();
      }
      long left = startDelay.toNanos();
      while (left > 0) {
        left = startsReleased.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HoldfastException(ErrorCode.ENGINE_UNAVAILABLE, "interrupted", e);
    } finally {
      lock.unlock();
    }
  }

  StartedContainer start(
      Deployment deployment, ContainerSpec spec, ContainerEngine.Preparation preparation) {
    FakeProgram program = images.get(spec.image());
    if (program == null) {
      throw new HoldfastException(
          ErrorCode.IMAGE_NOT_FOUND,
          "image '%s' is not on the fake engine".formatted(spec.image()));
    }
    lock.lock();
    try {
      String name = ContainerName.of("fake", deployment, spec.owner().key());
      Entry there = byName.get(name);
      if (there != null) {
        refuseWhenSuperseded(there.container, spec);
        if (reusable(there.container, spec)) {
          there.container.resume();
          return started(there.container, StartedContainer.Origin.FOUND);
        }
        byName.remove(name);
        there.container.vanish();
      }
      FakeContainer container = new FakeContainer(newId(), spec, newAddress());
      byName.put(name, new Entry(deployment, container));
      run(container, program, name, preparation);
      return started(container, StartedContainer.Origin.CREATED);
    } finally {
      lock.unlock();
    }
  }

  private static void refuseWhenSuperseded(FakeContainer there, ContainerSpec spec) {
    long epoch = there.spec().owner().epoch();
    if (epoch > spec.owner().epoch()) {
      throw new HoldfastException(
          ErrorCode.WRONG_STATE,
          "expected no container of a newer instance than %s, found epoch %d"
              .formatted(spec.owner(), epoch));
    }
  }

  private static boolean reusable(FakeContainer there, ContainerSpec spec) {
    return !there.ended()
        && there.spec().owner().equals(spec.owner())
        && there.spec().fingerprint().equals(spec.fingerprint());
  }

  private void run(
      FakeContainer container,
      FakeProgram program,
      String name,
      ContainerEngine.Preparation preparation) {
    try {
      preparation.prepare(container.id());
      container.run(program);
    } catch (RuntimeException e) {
      byName.remove(name);
      container.vanish();
      throw e instanceof HoldfastException known
          ? known
          : new HoldfastException(
              ErrorCode.CONTAINER_START_FAILED, "the fake program failed: " + e, e);
    }
  }

  private static StartedContainer started(FakeContainer container, StartedContainer.Origin origin) {
    Optional<InetAddress> address =
        container.state() instanceof ContainerState.Running running
            ? Optional.of(running.address())
            : Optional.empty();
    return new StartedContainer(
        container.id(), address, Instant.now(), origin, StartedContainer.Timing.NONE);
  }

  private ContainerId newId() {
    return new ContainerId("fake%060x".formatted(created.incrementAndGet()));
  }

  /// 127.64.0.1 and on.
  private static InetAddress newAddress() {
    int host = NEXT_ADDRESS.incrementAndGet() & 0x3f_ffff;
    byte[] bytes = {127, (byte) (64 | host >> 16), (byte) (host >> 8), (byte) host};
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four bytes are an address", e);
    }
  }

  Optional<FakeContainer> find(ContainerId id) {
    lock.lock();
    try {
      return byName.values().stream()
          .map(Entry::container)
          .filter(c -> c.id().equals(id))
          .findFirst();
    } finally {
      lock.unlock();
    }
  }

  List<FakeContainer> all(Deployment deployment) {
    lock.lock();
    try {
      List<FakeContainer> all = new ArrayList<>();
      byName.values().stream()
          .filter(e -> e.deployment.equals(deployment))
          .forEach(e -> all.add(e.container));
      return all;
    } finally {
      lock.unlock();
    }
  }

  void remove(FakeContainer container) {
    lock.lock();
    try {
      byName.values().removeIf(entry -> entry.container == container);
    } finally {
      lock.unlock();
    }
    container.vanish();
  }
}
