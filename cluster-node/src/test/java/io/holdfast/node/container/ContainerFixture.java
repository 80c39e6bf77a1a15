package io.holdfast.node.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.typesafe.config.ConfigFactory;
import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.EngineConfig;
import io.holdfast.engine.http.ContainerHttpClient;
import io.holdfast.node.app.AppCatalog;
import io.holdfast.node.app.TestApps;
import io.holdfast.node.capacity.NodeCapacity;
import io.holdfast.node.capacity.Room;
import io.holdfast.node.metering.MemoryMeters;
import io.holdfast.node.metering.MeterBook;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.sdk.Container;
import io.holdfast.sdk.ContainerState;
import io.holdfast.sdk.DurableObject;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectContext;
import io.holdfast.sdk.StartOptions;
import io.holdfast.testkit.FakeContainer;
import io.holdfast.testkit.FakeContainerEngine;
import io.holdfast.testkit.FakeProgram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/// A [ContainerHost] on a fake engine, with fake objects.
///
/// Namespaces of app `test`: `box` (a [Container]), `low` (no [Container]), `few` (a [Container],
/// `maxInstances` 2), `many` (likewise, 100), `plain` (without containers). All run image `app`,
/// which serves "hello" on port 8080.
final class ContainerFixture implements AutoCloseable {
  static final int PORT = 8080;
  static final Duration GRACE = Duration.ofMillis(300);
  static final Duration DEADLINE = Duration.ofSeconds(20);
  static final Duration FENCE_MAX = Duration.ofMillis(400);
  static final CompletableFuture<Void> PERMITTED = CompletableFuture.completedFuture(null);
  private static final Deployment DEPLOYMENT = new Deployment("fake");
  private static final AppCatalog APPS =
      TestApps.of(
          """
          {"name": "test", "objects": [
            {"name": "box", "class": "%1$s$Box",
             "container": {"image": "app", "images": {"tiny": "host:5000/tiny:1"}}},
            {"name": "few", "class": "%1$s$Few", "container": {"image": "app", "maxInstances": 2}},
            {"name": "many", "class": "%1$s$Many", "container": {"image": "app", "maxInstances": 100}},
            {"name": "low", "class": "%1$s$Low", "container": {"image": "app"}},
            {"name": "keep", "class": "%1$s$Keep",
             "container": {"image": "app", "persistentPaths": ["/workspace"]}},
            {"name": "sealed", "class": "%1$s$Sealed",
             "container": {"image": "app", "persistentPaths": ["/srv/app"], "readOnlyRoot": true, "runtime": "runsc"}},
            {"name": "plain", "class": "%1$s$Plain"}]}
          """
              .formatted(ContainerFixture.class.getName()));

  volatile FakeContainerEngine engine = new FakeContainerEngine();
  final ContainerHttpClient http =
      new ContainerHttpClient(EngineConfig.of(ConfigFactory.load()).http());
  final AtomicLong clockOffsetMillis = new AtomicLong();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
  private final Map<String, FakeHooks> hooks = new ConcurrentHashMap<>();
  private final Duration queueTimeout;
  volatile NodeCapacity capacity;
  volatile MeterBook usage;
  private final TestFiles files = new TestFiles();
  volatile String fileSettings = "";
  private final ContainerLogSettings logs = new ContainerLogSettings(1_000, 2_500, 2);
  volatile MemoryRunBook book = new MemoryRunBook();
  volatile int pausedMax = 10;
  volatile ContainerHost host;
  private volatile PrometheusRegistry registry = new PrometheusRegistry();

  ContainerFixture() {
    this(Duration.ZERO);
  }

  /// @param queueTimeout how long starts wait for room
  ContainerFixture(Duration queueTimeout) {
    this.queueTimeout = queueTimeout;
    engine.image("app", FakeProgram.serving(PORT, "hello"));
    this.host = make(engine);
    host.open();
  }

  /// What becomes of the containers of an earlier life.
  ContainerHost.Heritage heritage = ContainerHost.Heritage.ADOPTED;

  ContainerHost make(ContainerEngine on) {
    NodeCapacity made = Room.of(APPS, timer, queueTimeout);
    capacity = made;
    InstantSource clock = () -> Instant.now().plusMillis(clockOffsetMillis.get());
    usage = MemoryMeters.book(clock);
    return new ContainerHost(
        on,
        http,
        APPS,
        this::hooks,
        book,
        new ContainerMetrics(registry = new PrometheusRegistry()),
        timer,
        () -> Instant.now().plusMillis(clockOffsetMillis.get()),
        made,
        usage,
        new ImageCollector(on, APPS, new MemoryMeters(), clock, ImageSettings.USUAL, Set::of),
        files.keeper(on, fileSettings, clock),
        NoOutbound.INSTANCE,
        new ContainerHost.Settings(
            "node-1",
            "local",
            GRACE,
            Duration.ofMillis(5),
            Duration.ofMillis(200),
            pausedMax,
            logs,
            heritage,
            FENCE_MAX));
  }

  /// The node is gone, its containers are not; the next node has not yet looked for them.
  void restartsNode() {
    host.close();
    book = book.nextLife();
    hooks.clear();
    engine = engine.another(DEPLOYMENT);
    host = make(engine);
  }

  /// How often something happened to the containers of this life of the node, as its metrics tell.
  Map<String, Double> transitions() {
    Map<String, Double> taken = new ConcurrentHashMap<>();
    registry.scrape().stream()
        .filter(metric -> metric.getMetadata().getName().equals("holdfast_container_transitions"))
        .flatMap(metric -> metric.getDataPoints().stream())
        .forEach(point ->
            taken.put(
                point.getLabels().get("state") + " " + point.getLabels().get("event"),
                ((CounterDataPointSnapshot) point).getValue()));
    return taken;
  }

  // Objects.

  static ObjectAddress address(String namespace, String name) {
    NamespaceId id = new NamespaceId("test", namespace);
    return new ObjectAddress(id, new ObjectIds(id).named(name));
  }

  static ContainerOwner.Key key(String namespace, String name) {
    return new ContainerOwner.Key("test", namespace, address(namespace, name).id().hex());
  }

  FakeHooks hooks(ObjectAddress address) {
    return hooks.computeIfAbsent(address.key(), any -> new FakeHooks());
  }

  FakeHooks hooks(String namespace, String name) {
    return hooks(address(namespace, name));
  }

  ContainerSupervisor supervisor(String namespace, String name) {
    return host.supervisor(address(namespace, name));
  }

  ContainerSupervisor box() {
    return supervisor("box", "a");
  }

  FakeHooks boxHooks() {
    return hooks("box", "a");
  }

  ContainerSupervisor low() {
    return supervisor("low", "a");
  }

  // Containers.

  static void order(ContainerSupervisor supervisor) {
    supervisor.start(StartOptions.DEFAULT, PERMITTED);
  }

  /// Starts and waits until it runs.
  static ContainerSupervisor run(ContainerSupervisor supervisor) {
    order(supervisor);
    awaitStatus(supervisor, ContainerState.Status.RUNNING);
    return supervisor;
  }

  FakeContainer container(String namespace, String name) {
    return engine
        .containerOf(key(namespace, name))
        .orElseThrow(() -> new AssertionError("no container of " + namespace + "/" + name));
  }

  FakeContainer boxContainer() {
    return container("box", "a");
  }

  boolean hasContainer(String namespace, String name) {
    return engine.containerOf(key(namespace, name)).isPresent();
  }

  /// How many containers the engine has.
  int containers() {
    return engine.list().size();
  }

  void awaitGone(String namespace, String name) {
    await("the container of " + name + " to be removed")
        .until(() -> !hasContainer(namespace, name));
  }

  // Waiting.

  static ConditionFactory await(String what) {
    return Awaitility.await(what).atMost(DEADLINE).pollInterval(Duration.ofMillis(2));
  }

  static void awaitStatus(ContainerSupervisor supervisor, ContainerState.Status status) {
    await("status " + status).until(() -> supervisor.state().status() == status);
  }

  static <T> CompletableFuture<T> async(Callable<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            result.complete(task.call());
          } catch (Throwable e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  static CompletableFuture<Void> async(Runnable task) {
    return async(() -> {
      task.run();
      return null;
    });
  }

  static <T> T get(CompletableFuture<T> future) {
    return future.orTimeout(DEADLINE.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS).join();
  }

  /// The fault that a task ends with.
  static HoldfastException fault(org.assertj.core.api.ThrowableAssert.ThrowingCallable task) {
    HoldfastException fault = catchThrowableOfType(HoldfastException.class, task);
    assertThat(fault).as("a fault was expected").isNotNull();
    return fault;
  }

  static HoldfastException fault(CompletableFuture<?> future) {
    return fault(() -> {
      try {
        get(future);
      } catch (java.util.concurrent.CompletionException e) {
        throw e.getCause();
      }
    });
  }

  @Override
  public void close() {
    engine.comesBack();
    engine.releaseStarts();
    host.close();
    timer.shutdownNow();
    http.close();
    files.close();
  }

  /// The object class of `box`; never made.
  public static class Box extends Container {
    public Box(ObjectContext ctx, Env env) {
      super(ctx, env);
    }
  }

  /// The object class of `keep`; never made.
  public static class Keep extends Box {
    public Keep(ObjectContext ctx, Env env) {
      super(ctx, env);
    }
  }

  /// The object class of `sealed`; never made.
  public static class Sealed extends Box {
    public Sealed(ObjectContext ctx, Env env) {
      super(ctx, env);
    }
  }

  /// The object class of `few`; never made.
  public static class Few extends Box {
    public Few(ObjectContext ctx, Env env) {
      super(ctx, env);
    }
  }

  /// The object class of `many`; never made.
  public static class Many extends Box {
    public Many(ObjectContext ctx, Env env) {
      super(ctx, env);
    }
  }

  /// The object class of `low`; never made.
  public static class Low extends DurableObject {
    public Low(ObjectContext ctx, Env env) {
      super(ctx, env);
    }
  }

  /// The object class of `plain`; never made.
  public static class Plain extends Low {
    public Plain(ObjectContext ctx, Env env) {
      super(ctx, env);
    }
  }
}
