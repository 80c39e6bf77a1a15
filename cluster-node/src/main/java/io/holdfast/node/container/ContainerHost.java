package io.holdfast.node.container;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerLabels;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.FoundContainer;
import io.holdfast.engine.InstanceType;
import io.holdfast.engine.Network;
import io.holdfast.engine.ReadinessProbe;
import io.holdfast.engine.egress.EgressDirectory;
import io.holdfast.engine.http.ContainerHttpClient;
import io.holdfast.node.app.AppCatalog;
import io.holdfast.node.app.ContainerConfig;
import io.holdfast.node.app.ObjectClass;
import io.holdfast.node.capacity.NodeCapacity;
import io.holdfast.node.files.FileKeeper;
import io.holdfast.node.files.KeptFiles;
import io.holdfast.node.metering.MeterBook;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.OutboundHandlers;
import io.holdfast.sdk.SleepMode;
import io.holdfast.sdk.StartOptions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
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
  private final RunBook book;
  private final ContainerMetrics metrics;
  private final ScheduledExecutorService timer;
  private final InstantSource clock;
  private final Settings settings;
  private final FileKeeper files;
  private final Map<String, ContainerSupervisor> supervisors = new ConcurrentHashMap<>();
  private final ContainerInventory inventory;
  private final ContainerSpecs specs;
  private final NodeCapacity capacity;
  private final ContainerLogs logs;
  private final MeterBook usage;
  private final ImageCollector images;
  private final AddressBook addresses;
  private final OutboundServices outbound;
  private final PausedLimit paused;
  private final String life = UUID.randomUUID().toString();
  private final AtomicLong lastEpoch = new AtomicLong();
  private volatile boolean closed;

  /// What the operator sets.
  ///
  /// @param node the id of this node
  /// @param region where it is
  /// @param stopGrace how long a container that the platform stops has between SIGTERM and SIGKILL
  /// @param retryPause the first pause before something that failed is tried again
  /// @param cleanEvery how often the engine is searched for containers that nobody wants
  /// @param pausedMax how many containers may be paused at one time
  /// @param heritage what becomes of the containers of the node's earlier life
  /// @param fenceMax how long it may take to end the containers of a node that has lost its objects
  public record Settings(
      String node,
      String region,
      Duration stopGrace,
      Duration retryPause,
      Duration cleanEvery,
      int pausedMax,
      ContainerLogSettings logs,
      Heritage heritage,
      Duration fenceMax) {
    /// With the usual pauses.
    public Settings(
        String node,
        String region,
        Duration stopGrace,
        int pausedMax,
        ContainerLogSettings logs,
        Heritage heritage,
        Duration fenceMax) {
      this(
          node,
          region,
          stopGrace,
          Duration.ofMillis(500),
          Duration.ofMinutes(1),
          pausedMax,
          logs,
          heritage,
          fenceMax);
    }
  }

  /// Whose the containers are that an earlier life of the node left.
  public enum Heritage {
    /// This node's: nobody else has had their objects.
    ADOPTED,
    /// Nobody's: others may have their objects, and the objects of this node may go to others.
    REMOVED
  }

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
      RunBook book,
      ContainerMetrics metrics,
      ScheduledExecutorService timer,
      InstantSource clock,
      NodeCapacity capacity,
      MeterBook usage,
      ImageCollector images,
      FileKeeper files,
      OutboundServices outbound,
      Settings settings) {
    this.files = files;
    this.engine = engine;
    this.http = http;
    this.probe = new ReadinessProbe(engine);
    this.apps = apps;
    this.hooks = hooks;
    this.book = book;
    this.metrics = metrics;
    metrics.watch(engine);
    this.timer = timer;
    this.clock = clock;
    this.settings = settings;
    this.inventory = new ContainerInventory(this, apps);
    this.specs = new ContainerSpecs(apps, clock, settings.region());
    this.capacity = capacity;
    this.logs = new ContainerLogs(engine, settings.logs());
    this.usage = usage;
    this.images = images;
    this.outbound = outbound;
    this.addresses = new AddressBook(http, outbound);
    this.paused = new PausedLimit(settings.pausedMax());
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

  /// A [io.holdfast.sdk.Container] came into memory: from now on its container may idle for that,
  /// and be paused that long.
  public void entered(
      ObjectAddress address, Duration sleepAfter, SleepMode mode, Duration pausedFor) {
    supervisor(address).inactivityTimeout(sleepAfter, mode, pausedFor);
  }

  /// The object leaves memory.
  public void left(ObjectAddress address) {
    ContainerSupervisor supervisor = supervisors.get(address.key());
    if (supervisor == null) {
      return;
    }
    supervisor.objectLeaves();
    supervisors.computeIfPresent(
        address.key(), (key, present) -> present.retire() ? null : present);
  }

  /// Puts all containers to sleep, as if they had been idle for long enough; then stops those that
  /// still run. Starts no more, unless other nodes wait for its objects. Returns when all are gone
  /// and their objects have heard of it, or the time is over.
  public void sleepAll(Duration deadline) {
    if (!mayLoseObjects()) {
      capacity.close(
          new HoldfastException(
              ErrorCode.OBJECT_UNAVAILABLE, "node " + settings.node() + " is shutting down"));
    }
    List<Thread> threads =
        supervisors.values().stream()
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

  // ---- objects that go to other nodes
  // -------------------------------------------------------------------------

  /// Whether objects of this node may go to others.
  public boolean mayLoseObjects() {
    return settings.heritage() == Heritage.REMOVED;
  }

  /// This life of the node; no other one has that.
  public String life() {
    return life;
  }

  /// The container of an object was lost with another node, whose guard may not have ended it yet.
  public void lostElsewhere(ObjectAddress address) {
    supervisor(address).hadOneElsewhere(settings.fenceMax());
  }

  /// Whether an object must not leave, because of its container: it runs, or the object has not
  /// heard of its end.
  public boolean holds(ObjectAddress address) {
    return mayLoseObjects() && find(address).filter(ContainerSupervisor::isBusy).isPresent();
  }

  /// Whether the container of an object runs.
  public boolean isRunning(ObjectAddress address) {
    return find(address).filter(ContainerSupervisor::running).isPresent();
  }

  /// Puts the container of an object to sleep.
  ///
  /// @return completes when it has ended, its object knows, and its files are kept; or that failed
  public CompletableFuture<Void> sleep(ObjectAddress address) {
    return apart("sleep", address, supervisor -> supervisor.sleepNow(settings.stopGrace()));
  }

  /// Ends the container of an object, and starts it no more until it is said to [#remain].
  ///
  /// @param graceMax how long its program may take at most
  /// @return completes when it has ended, its object knows, and its files are kept; or that failed
  public CompletableFuture<Void> leave(ObjectAddress address, Duration graceMax) {
    Duration grace = graceMax.compareTo(settings.stopGrace()) < 0 ? graceMax : settings.stopGrace();
    return apart("leave", address, supervisor -> supervisor.leave(grace));
  }

  private CompletableFuture<Void> apart(
      String what, ObjectAddress address, Consumer<ContainerSupervisor> task) {
    Optional<ContainerSupervisor> supervisor = find(address);
    if (supervisor.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    return CompletableFuture.runAsync(
        () -> {
          try {
            task.accept(supervisor.get());
          } catch (RuntimeException e) {
            log.warn("{}: the container could not be ended in order: {}", address, e.getMessage());
            throw e;
          }
        },
        run -> Thread.ofVirtual().name("container-" + what).start(run));
  }

  /// An object stays after all.
  public void remain(ObjectAddress address) {
    find(address).ifPresent(ContainerSupervisor::remain);
  }

  /// Another node has the object: kills its container. Does not wait.
  public void disown(ObjectAddress address) {
    var _ = find(address).map(ContainerSupervisor::disown);
  }

  /// Kills the containers of these objects, and starts them no more; returns when they have ended,
  /// or this is closed.
  public void endAll(Predicate<ObjectAddress> of) {
    CompletableFuture<?>[] ends =
        supervisors.values().stream()
            .filter(supervisor -> of.test(supervisor.address()))
            .map(ContainerSupervisor::disown)
            .toArray(CompletableFuture[]::new);
    var _ = CompletableFuture.allOf(ends).exceptionally(_ -> null).join();
  }

  /// The containers that run here, as the gate knows them.
  public EgressDirectory egress() {
    return addresses;
  }

  // ---- a node that starts
  // -------------------------------------------------------------------------------------

  /// Takes over what an earlier life of this node left running, and removes what no object of this
  /// node wants; goes on with that as long as the host is open. When the engine is away that is
  /// done once it is there; no container is started before.
  public void open() {
    try {
      inventory.adopt();
    } catch (RuntimeException e) {
      log.warn("no container can be started for now: {}", e.getMessage());
    }
    if (apps.hasContainers()) {
      Thread.ofVirtual().name("container-prepare").start(this::prepare);
    }
    Thread.ofVirtual()
        .name("container-inventory")
        .start(() -> inventory.keep(settings.cleanEvery()));
    Thread.ofVirtual().name("container-images").start(() -> images.keep(this));
  }

  /// Objects extend [io.holdfast.sdk.Container] more often than not, whose containers have
  /// internet.
  private void prepare() {
    try {
      engine.prepare(Network.INTERNET);
    } catch (RuntimeException e) {
      log.debug("nothing is prepared for containers yet: {}", e.getMessage());
    }
  }

  // ---- for supervisors
  // ----------------------------------------------------------------------------------------

  /// The owner of a new container; its epoch is above all earlier ones, whatever the clock does.
  ContainerOwner newOwner(ObjectAddress address) {
    long now = clock.millis();
    return new ContainerOwner(
        address.namespace().app(),
        address.namespace().name(),
        address.id().hex(),
        settings.node(),
        lastEpoch.updateAndGet(last -> Math.max(last + 1, now)));
  }

  void sawEpoch(long epoch) {
    lastEpoch.accumulateAndGet(epoch, Math::max);
  }

  /// The image of an object's class.
  String image(ObjectAddress address) {
    return specs.image(address);
  }

  /// See [ContainerSpecs#check].
  void check(ObjectAddress address, StartOptions options) {
    specs.check(address, options);
  }

  /// How large a container a start with these options asks for.
  InstanceType instanceType(ObjectAddress address, StartOptions options) {
    return specs.instanceType(address, options);
  }

  /// @param first the files that it begins with
  ContainerSpec spec(
      ObjectAddress address,
      ContainerOwner owner,
      StartOptions options,
      Network network,
      StartFiles first) {
    ContainerSpec.Builder spec = specs.of(address, owner, options, network);
    first.image().ifPresent(spec::image);
    if (specs.isReadOnly(address, options)) {
      spec.readOnlyRoot(first.readOnlyRoot(address, persistentPaths(address), files));
    }
    return spec.build();
  }

  /// The instance type that a container was started with, as far as that is known.
  InstanceType type(FoundContainer found, NamespaceId namespace) {
    return ContainerLabels.size(found.labels())
        .or(() -> apps.objectClass(namespace).container().map(ContainerConfig::instanceType))
        .orElse(InstanceType.LITE);
  }

  ImageCollector images() {
    return images;
  }

  /// What containers use, for the bill.
  MeterBook usage() {
    return usage;
  }

  NodeCapacity capacity() {
    return capacity;
  }

  /** Every state but STOPPED counts as a container. */
  void stepped(
      ContainerLifecycle.State from, ContainerLifecycle.Event event, ContainerLifecycle.State to) {
    metrics.stepped(from, event);
    if (from == to) {
      return;
    }
    if (from == ContainerLifecycle.State.STOPPED) {
      metrics.running(1);
    } else if (to == ContainerLifecycle.State.STOPPED) {
      metrics.running(-1);
    }
    if (to == ContainerLifecycle.State.PAUSED) {
      metrics.paused(1);
    } else if (from == ContainerLifecycle.State.PAUSED) {
      metrics.paused(-1);
      paused.giveBack();
    }
  }

  /// The supervisors there are.
  Collection<ContainerSupervisor> all() {
    return supervisors.values();
  }

  /// The supervisor of an object, if there is one.
  Optional<ContainerSupervisor> find(ObjectAddress address) {
    return Optional.ofNullable(supervisors.get(address.key()));
  }

  /// The id of this node.
  String node() {
    return settings.node();
  }

  ContainerLogs logs() {
    return logs;
  }

  FileKeeper files() {
    return files;
  }

  /// An object is going to have files again that it, or another, had before.
  ///
  /// @return whether they are still there
  public boolean keepAgain(ObjectAddress address, KeptFiles kept) {
    return files.keepAgain(address, kept);
  }

  /** What of the file system of a container outlives it. */
  List<String> persistentPaths(ObjectAddress address) {
    return apps.objectClass(address.namespace())
        .container()
        .map(ContainerConfig::persistentPaths)
        .orElse(List.of());
  }

  ContainerInventory inventory() {
    return inventory;
  }

  RunBook book() {
    return book;
  }

  PausedLimit pausedLimit() {
    return paused;
  }

  OutboundServices outbound() {
    return outbound;
  }

  /// The handlers that the class of an object has for what its container sends out.
  OutboundHandlers outboundHandlers(ObjectAddress address) {
    return apps.objectClass(address.namespace()).outbound();
  }

  /// What the classes of the app are loaded by.
  ClassLoader classLoader(ObjectAddress address) {
    return apps.app(address.namespace()).classLoader();
  }

  AddressBook addresses() {
    return addresses;
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

  Duration retryPause() {
    return settings.retryPause();
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
