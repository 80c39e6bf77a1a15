package io.holdfast.node.container;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.ContainerState;
import io.holdfast.engine.FoundContainer;
import io.holdfast.engine.Network;
import io.holdfast.engine.ReadinessProbe;
import io.holdfast.engine.http.ContainerHttpClient;
import io.holdfast.node.app.AppCatalog;
import io.holdfast.node.app.ContainerConfig;
import io.holdfast.node.app.ObjectClass;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectId;
import io.holdfast.sdk.StartOptions;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All containers of this node's objects.
///
/// Thread-safe.
public final class ContainerHost implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ContainerHost.class);

  private final ContainerEngine engine;
  private final ContainerHttpClient http;
  private final ReadinessProbe probe;
  private final AppCatalog apps;
  private final ContainerHooksFactory hooks;
  private final ContainerMetrics metrics;
  private final ScheduledExecutorService timer;
  private final InstantSource clock;
  private final Settings settings;
  private final Map<String, ContainerSupervisor> supervisors = new ConcurrentHashMap<>();
  private final Map<NamespaceId, AtomicInteger> instances = new ConcurrentHashMap<>();
  private boolean adopted;
  private volatile boolean closed;

  /// What the operator sets.
  ///
  /// @param node the id of this node
  /// @param region where it is
  /// @param stopGrace how long a container that the platform stops has between SIGTERM and SIGKILL
  public record Settings(String node, String region, Duration stopGrace) {}

  /// Makes the way from a container back to its object.
  @FunctionalInterface
  public interface ContainerHooksFactory {
    ContainerOwnerHooks hooks(ObjectAddress address);
  }

  public ContainerHost(
      ContainerEngine engine,
      ContainerHttpClient http,
      AppCatalog apps,
      ContainerHooksFactory hooks,
      ContainerMetrics metrics,
      ScheduledExecutorService timer,
      InstantSource clock,
      Settings settings) {
    this.engine = engine;
    this.http = http;
    this.probe = new ReadinessProbe(engine);
    this.apps = apps;
    this.hooks = hooks;
    this.metrics = metrics;
    this.timer = timer;
    this.clock = clock;
    this.settings = settings;
  }

  // ---- for objects
  // --------------------------------------------------------------------------------------------

  /// The supervisor of an object's container; made on first use.
  public ContainerSupervisor supervisor(ObjectAddress address) {
    return supervisors.computeIfAbsent(address.key(), key -> make(address));
  }

  private ContainerSupervisor make(ObjectAddress address) {
    ObjectClass objectClass = apps.objectClass(address.namespace());
    return new ContainerSupervisor(address, this, hooks.hooks(address), objectClass.isContainer());
  }

  /// A [io.holdfast.sdk.Container] came into memory: from now on its container may idle that long.
  public void entered(ObjectAddress address, Duration sleepAfter) {
    supervisor(address).inactivityTimeout(sleepAfter);
  }

  /// The object leaves memory.
  public void left(ObjectAddress address) {
    ContainerSupervisor supervisor = supervisors.get(address.key());
    if (supervisor == null) {
      return;
    }
    supervisor.objectLeaves();
    supervisors.computeIfPresent(
        address.key(), (key, present) -> present.running() ? present : null);
  }

  /// Puts all containers to sleep, as if they had been idle for long enough; then stops those that
  /// still run. Returns when all are gone or the time is over.
  public void sleepAll(Duration deadline) {
    List<Thread> threads =
        supervisors.values().stream()
            .filter(ContainerSupervisor::running)
            .map(supervisor ->
                Thread.ofVirtual().start(() -> supervisor.sleepNow(settings.stopGrace())))
            .toList();
    long end = System.nanoTime() + deadline.toNanos();
    for (Thread thread : threads) {
      try {
        thread.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  // ---- a node that starts
  // -------------------------------------------------------------------------------------

  /// Takes over what an earlier life of this node left running, and removes what no loaded app can
  /// own. Does it once; no container is started before.
  ///
  /// @throws HoldfastException `engine_unavailable`: then it is done by the first start that finds
  ///   the engine
  public synchronized void adoptAndClean() {
    if (!adopted) {
      adoptAll();
      adopted = true;
    }
  }

  private void adoptAll() {
    Map<ContainerOwner.Key, FoundContainer> newest = new HashMap<>();
    int removed = 0;
    for (FoundContainer found : engine.list()) {
      Optional<ContainerOwner> owner = found.owner().filter(this::isOurs);
      if (owner.isEmpty() || found.phase() == FoundContainer.Phase.CREATED) {
        removed += remove(found, "no object of this node owns it");
        continue;
      }
      FoundContainer other = newest.get(owner.get().key());
      if (other == null) {
        newest.put(owner.get().key(), found);
      } else {
        boolean newer = owner.get().epoch() > other.owner().orElseThrow().epoch();
        newest.put(owner.get().key(), newer ? found : other);
        removed += remove(newer ? other : found, "a newer one of the same object exists");
      }
    }
    newest.values().forEach(this::adopt);
    if (removed + newest.size() > 0) {
      log.info("containers of an earlier life: {} adopted, {} removed", newest.size(), removed);
    }
  }

  private boolean isOurs(ContainerOwner owner) {
    return apps.find(new NamespaceId(owner.app(), owner.namespace()))
        .flatMap(ObjectClass::container)
        .isPresent();
  }

  private int remove(FoundContainer found, String reason) {
    try {
      engine.destroy(found.id());
      log.info("removed container {} ({}): {}", found.id(), found.image(), reason);
      return 1;
    } catch (HoldfastException e) {
      log.warn("container {} could not be removed: {}", found.id(), e.getMessage());
      return 0;
    }
  }

  private void adopt(FoundContainer found) {
    ContainerOwner owner = found.owner().orElseThrow();
    ObjectAddress address =
        new ObjectAddress(
            new NamespaceId(owner.app(), owner.namespace()),
            new ObjectId(owner.objectId(), Optional.empty()));
    Optional<InetAddress> reached =
        switch (engine.inspect(found.id())) {
          case ContainerState.Running running -> Optional.of(running.address());
          case ContainerState.Paused paused -> {
            engine.resume(found.id());
            yield Optional.of(paused.address());
          }
          case ContainerState.Created created -> Optional.empty();
          case ContainerState.Exited exited -> Optional.empty();
          case ContainerState.Gone gone -> Optional.empty();
        };
    supervisor(address).adopt(new ContainerRun.Place(found.id(), reached));
    log.info("adopted container {} of {}", found.id(), address);
  }

  // ---- for supervisors
  // ----------------------------------------------------------------------------------------

  ContainerSpec spec(ObjectAddress address, StartOptions options) {
    ContainerConfig config =
        apps.objectClass(address.namespace())
            .container()
            .orElseThrow(() ->
                new HoldfastException(
                    ErrorCode.WRONG_STATE,
                    "namespace " + address.namespace() + " has no container"));
    ContainerOwner owner =
        new ContainerOwner(
            address.namespace().app(),
            address.namespace().name(),
            address.id().hex(),
            settings.node(),
            clock.millis());
    Map<String, String> env =
        new HashMap<>(
            Map.of(
                "CLOUDFLARE_APPLICATION_ID", address.namespace().toString(),
                "CLOUDFLARE_DURABLE_OBJECT_ID", address.id().hex(),
                "CLOUDFLARE_LOCATION", settings.region(),
                "CLOUDFLARE_REGION", settings.region(),
                "CLOUDFLARE_COUNTRY_A2", "XX"));
    env.putAll(options.env());
    return ContainerSpec.of(owner, config.image())
        .entrypoint(options.entrypoint().orElse(List.of()))
        .env(env)
        .instanceType(config.instanceType())
        .network(options.enableInternet() ? Network.INTERNET : Network.NONE_OUTSIDE)
        .labels(options.labels())
        .build();
  }

  void checkCapacity(NamespaceId namespace) {
    int max = apps.objectClass(namespace).container().map(ContainerConfig::maxInstances).orElse(0);
    if (count(namespace).get() > max) {
      throw new HoldfastException(
          ErrorCode.CONTAINER_NO_CAPACITY,
          "Maximum number of running container instances exceeded: namespace "
              + namespace
              + " has maxInstances "
              + max);
    }
  }

  /** Every state but STOPPED counts as an instance. */
  void changed(NamespaceId namespace, ContainerLifecycle.State from, ContainerLifecycle.State to) {
    if (from == ContainerLifecycle.State.STOPPED) {
      count(namespace).incrementAndGet();
      metrics.running(1);
    } else if (to == ContainerLifecycle.State.STOPPED) {
      count(namespace).decrementAndGet();
      metrics.running(-1);
    }
  }

  private AtomicInteger count(NamespaceId namespace) {
    return instances.computeIfAbsent(namespace, any -> new AtomicInteger());
  }

  ContainerEngine engine() {
    return engine;
  }

  ContainerHttpClient http() {
    return http;
  }

  ReadinessProbe probe() {
    return probe;
  }

  ContainerMetrics metrics() {
    return metrics;
  }

  ScheduledExecutorService timer() {
    return timer;
  }

  InstantSource clock() {
    return clock;
  }

  Duration stopGrace() {
    return settings.stopGrace();
  }

  boolean isClosed() {
    return closed;
  }

  /// Lets go of the engine; the containers run on, for the next life of the node.
  @Override
  public void close() {
    closed = true;
    engine.close();
  }
}
