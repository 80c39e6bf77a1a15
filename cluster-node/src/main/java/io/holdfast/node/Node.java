package io.holdfast.node;

import com.typesafe.config.Config;
import io.holdfast.edge.AdminServices;
import io.holdfast.edge.BearerToken;
import io.holdfast.edge.EdgeApp;
import io.holdfast.edge.EdgeConfig;
import io.holdfast.edge.EdgeServer;
import io.holdfast.edge.EdgeServices;
import io.holdfast.edge.ReadinessCheck;
import io.holdfast.edge.Route;
import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.EngineConfig;
import io.holdfast.engine.docker.DockerContainerEngine;
import io.holdfast.engine.egress.AddressRange;
import io.holdfast.engine.egress.EgressAuthority;
import io.holdfast.engine.egress.EgressGate;
import io.holdfast.engine.egress.WorldAddresses;
import io.holdfast.engine.http.ContainerHttpClient;
import io.holdfast.engine.http.HttpFetcher;
import io.holdfast.node.app.AppCatalog;
import io.holdfast.node.app.AppLoader;
import io.holdfast.node.app.LoadedApp;
import io.holdfast.node.app.WorkerCaller;
import io.holdfast.node.capacity.CapacityMetrics;
import io.holdfast.node.capacity.CapacitySettings;
import io.holdfast.node.capacity.NodeBudget;
import io.holdfast.node.capacity.NodeCapacity;
import io.holdfast.node.container.ContainerHost;
import io.holdfast.node.container.ContainerLogSettings;
import io.holdfast.node.container.ContainerMetrics;
import io.holdfast.node.container.ImageCollector;
import io.holdfast.node.container.ImageSettings;
import io.holdfast.node.container.OperatorContainers;
import io.holdfast.node.container.OutboundServices;
import io.holdfast.node.container.RunBook;
import io.holdfast.node.dispatch.CarrierWatch;
import io.holdfast.node.files.FileKeeper;
import io.holdfast.node.files.FileMetrics;
import io.holdfast.node.files.FileSettings;
import io.holdfast.node.metering.MeterBook;
import io.holdfast.node.metering.MeteringMetrics;
import io.holdfast.node.metering.MeteringSettings;
import io.holdfast.node.metering.UsageReports;
import io.holdfast.node.object.AlarmScheduler;
import io.holdfast.node.object.AlarmSettings;
import io.holdfast.node.object.ObjectMetrics;
import io.holdfast.node.object.ObjectServices;
import io.holdfast.node.object.ObjectSettings;
import io.holdfast.node.object.OperatorObjects;
import io.holdfast.node.object.ShardedGateway;
import io.holdfast.persistence.archive.ArchiveReferences;
import io.holdfast.persistence.archive.Archives;
import io.holdfast.persistence.blob.FileBlobStore;
import io.holdfast.persistence.database.ObjectDatabases;
import io.holdfast.persistence.embedded.EmbeddedStoreExtension;
import io.holdfast.persistence.embedded.StoredRows;
import io.holdfast.persistence.history.HistoryConfig;
import io.holdfast.persistence.history.HistorySweep;
import io.holdfast.persistence.history.HistoryTrim;
import io.holdfast.persistence.history.ObjectHistory;
import io.holdfast.persistence.history.StoredObjects;
import io.holdfast.persistence.writer.WriterConfig;
import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.admin.ContainerAdmin;
import io.holdfast.protocol.admin.ObjectAdmin;
import io.holdfast.protocol.admin.UsageAdmin;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.HoldfastException;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.net.ssl.SSLSocketFactory;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One node: everything wired, started in order, and shut down in order by Pekko's coordinated
/// shutdown.
public final class Node {
  private static final Logger log = LoggerFactory.getLogger(Node.class);
  private static final Duration JOIN_MAX = Duration.ofSeconds(30);

  private final ActorSystem<Void> system;
  private final NodeConfig config;
  private final AppCatalog apps;
  private final ContainerHost containers;
  private final MeterBook usage;
  private final EgressGate gate;
  private final AlarmScheduler alarms;
  private final HistorySweep sweep;
  private final FileKeeper files;
  private final EdgeServer edge;
  private final Path tokenFile;
  private final Optional<Path> adminTokenFile;

  private Node(ActorSystem<Void> system, NodeConfig config, Config root, Engines engines) {
    this.system = system;
    this.config = config;
    EmbeddedStoreExtension data = EmbeddedStoreExtension.get(system);
    Path directory = data.directory().path();
    this.apps = new AppLoader(directory.resolve("apps")).loadAll(config.appsDirectory());
    PrometheusRegistry registry = new PrometheusRegistry();
    JvmMetrics.builder().register(registry);
    ScheduledExecutorService timer = timer();
    EngineConfig engineConfig = EngineConfig.of(root);
    HttpFetcher outbound = new HttpFetcher(engineConfig.http());
    ContainerHttpClient toContainers = new ContainerHttpClient(engineConfig.http());

    ShardedGateway gateway = new ShardedGateway(system, apps);
    this.gate = gate(directory, engineConfig);
    ContainerEngine engine =
        engines.open(
            engineConfig,
            new Deployment(NodeFiles.readOrMake(directory.resolve("deployment-id"))),
            gate);
    this.usage =
        new MeterBook(
            data.store().meters(),
            MeteringSettings.from(root),
            Clock.systemUTC(),
            new MeteringMetrics(registry));
    FileSettings fileSettings = FileSettings.from(root);
    this.files =
        new FileKeeper(
            new Archives(
                FileBlobStore.open(directory.resolve("files"), fileSettings.freeBytesMin()),
                new ArchiveReferences(
                    data.store().archives(), Clock.systemUTC(), fileSettings.retention())),
            engine,
            fileSettings,
            new FileMetrics(registry),
            Clock.systemUTC());
    this.containers =
        new ContainerHost(
            engine,
            toContainers,
            apps,
            gateway::containerHooks,
            RunBook.in(data.store().nodeTable("containers")),
            new ContainerMetrics(registry),
            timer,
            Clock.systemUTC(),
            new NodeCapacity(
                CapacitySettings.from(root, NodeBudget.Machine.here(directory)),
                apps::instancesMax,
                System::nanoTime,
                (delay, task) -> timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS),
                new CapacityMetrics(registry)),
            usage,
            new ImageCollector(
                engine,
                apps,
                data.store().meters(),
                Clock.systemUTC(),
                ImageSettings.from(root),
                files.snapshots()::images),
            files,
            outboundServices(gateway, outbound, gate),
            new ContainerHost.Settings(
                config.node(),
                config.region(),
                config.stopGrace(),
                config.pausedMax(),
                ContainerLogSettings.from(root)));
    gate.directory(containers.egress());
    HistoryConfig historyConfig = HistoryConfig.from(root);
    StoredRows rows = new StoredRows(data.store(), Adapter.toClassic(system));
    ObjectHistory history = new ObjectHistory(rows, historyConfig, Clock.systemUTC());
    HistoryTrim trim = new HistoryTrim(rows, historyConfig, Clock.systemUTC());
    this.sweep = new HistorySweep(rows, trim, historyConfig, timer);
    ObjectServices services =
        new ObjectServices(
            ObjectSettings.from(root),
            apps,
            containers,
            new ObjectMetrics(registry),
            usage,
            outbound,
            timer,
            Clock.systemUTC(),
            gateway,
            WriterConfig.from(root),
            ObjectDatabases.of(root),
            history,
            trim);
    joinSelf();
    gateway.connect(system, services);
    this.alarms =
        new AlarmScheduler(
            data.store().alarms(),
            gateway,
            Clock.systemUTC(),
            ThreadLocalRandom.current(),
            AlarmSettings.from(root));
    this.adminTokenFile =
        config.admin() == NodeConfig.Admin.ON
            ? Optional.of(config.adminTokenFile().orElse(directory.resolve("admin-token")))
            : Optional.empty();
    this.tokenFile = config.tokenFile().orElse(directory.resolve("api-token"));
    this.edge =
        EdgeServer.start(
            system,
            EdgeConfig.from(root),
            new EdgeServices(
                edgeApps(gateway, outbound),
                gateway,
                apps,
                Optional.of(BearerToken.of(NodeFiles.readOrMake(tokenFile))),
                admin(
                    new OperatorObjects(gateway, services, new StoredObjects(rows)),
                    new OperatorContainers(containers, gateway),
                    new UsageReports(usage)),
                List.of(memberUp(), engineAnswers(engine)),
                registry));
    CarrierWatch.ensureStarted();
    alarms.start();
    sweep.start();
    files.start(timer);
    usage.start(engine::stats);
    if (apps.hasContainers()) {
      containers.open();
    }
    onShutdown();
  }

  /// Starts a node; returns when it serves.
  ///
  /// @throws HoldfastException when something of its configuration, its data or its apps is wrong
  public static Node start(Config root) {
    return start(root, DockerContainerEngine::open);
  }

  /** How the node gets its container engine; tests bring their own. */
  @FunctionalInterface
  interface Engines {
    /// @param gate through which gated containers reach what they may
    ContainerEngine open(EngineConfig config, Deployment deployment, EgressGate gate);
  }

  static Node start(Config root, Engines engines) {
    NodeConfig config = NodeConfig.from(root);
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "holdfast", root);
    try {
      return new Node(system, config, root, engines);
    } catch (RuntimeException e) {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().join();
      throw e;
    }
  }

  /** What is cancelled lets go at once of the object that it holds. */
  private static ScheduledExecutorService timer() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("holdfast-timer").factory());
    timer.setRemoveOnCancelPolicy(true);
    return timer;
  }

  /// Completes when the node has shut down, for whatever reason.
  public CompletionStage<Done> terminated() {
    return system.getWhenTerminated();
  }

  /// Shuts the node down in order.
  public CompletionStage<Done> stop() {
    system.terminate();
    return system.getWhenTerminated();
  }

  /// Where it serves HTTP.
  public InetSocketAddress address() {
    return edge.address();
  }

  /// Prints what it serves, for people and scripts that wait for it.
  public void announce(PrintStream out) {
    String url = "http://" + edge.address().getHostString() + ":" + edge.address().getPort();
    out.printf("holdfast: ready on %s%n", url);
    out.printf(
        "  apps        %s%n",
        apps.apps().stream().map(LoadedApp::name).collect(Collectors.joining(", ")));
    out.printf("  data        %s%n", config.dataDirectory().toAbsolutePath());
    out.printf("  API token   %s%n", tokenFile.toAbsolutePath());
    adminTokenFile.ifPresent(file -> out.printf("  admin token %s%n", file.toAbsolutePath()));
    out.printf("  health      %s/healthz  %s/readyz  %s/metrics%n", url, url, url);
    out.flush();
  }

  private Optional<AdminServices> admin(
      ObjectAdmin objects, ContainerAdmin operated, UsageAdmin reports) {
    return adminTokenFile.map(file ->
        new AdminServices(objects, operated, reports, BearerToken.of(NodeFiles.readOrMake(file))));
  }

  private List<EdgeApp> edgeApps(ShardedGateway gateway, HttpFetcher outbound) {
    return apps.apps().stream()
        .map(app ->
            new EdgeApp(
                app.name(),
                app.descriptor().routes().stream().map(Route::parse).toList(),
                app.worker(),
                context -> apps.env(app, gateway, new WorkerCaller(context, outbound::fetch))))
        .toList();
  }

  private static EgressGate gate(Path directory, EngineConfig config) {
    return new EgressGate(
        EgressAuthority.in(directory, Clock.systemUTC()),
        new WorldAddresses(
            AddressRange.all(config.blockedRanges()), config.hosts(), InetAddress::getAllByName),
        config.http(),
        (SSLSocketFactory) SSLSocketFactory.getDefault());
  }

  private OutboundServices outboundServices(
      ShardedGateway gateway, HttpFetcher outbound, EgressGate gate) {
    return new OutboundServices() {
      @Override
      public Env env(NamespaceId namespace) {
        CallContext context = CallContext.of("outbound-" + UUID.randomUUID());
        return apps.env(apps.app(namespace), gateway, new WorkerCaller(context, outbound::fetch));
      }

      @Override
      public void ended(InetAddress address) {
        gate.cut(address);
      }
    };
  }

  private void joinSelf() {
    Cluster cluster = Cluster.get(system);
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    long deadline = System.nanoTime() + JOIN_MAX.toNanos();
    while (cluster.selfMember().status() != MemberStatus.up()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("the node did not become a member of its own cluster");
      }
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(5);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private ReadinessCheck memberUp() {
    return check(
        "cluster",
        () ->
            Cluster.get(system).selfMember().status() == MemberStatus.up()
                ? Optional.empty()
                : Optional.of(
                    "expected member status Up, found "
                        + Cluster.get(system).selfMember().status()));
  }

  private ReadinessCheck engineAnswers(ContainerEngine engine) {
    return check(
        "container-engine",
        () -> {
          if (!apps.hasContainers()) {
            return Optional.empty();
          }
          try {
            engine.checkAvailable();
            return Optional.empty();
          } catch (HoldfastException e) {
            return Optional.of(e.getMessage());
          }
        });
  }

  private static ReadinessCheck check(String name, Supplier<Optional<String>> problem) {
    return new ReadinessCheck() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Optional<String> problem() {
        return problem.get();
      }
    };
  }

  private void onShutdown() {
    task(CoordinatedShutdown.PhaseServiceUnbind(), "edge", () -> edge.stop(Duration.ofSeconds(30)));
    task(CoordinatedShutdown.PhaseServiceStop(), "alarms and containers", this::stopServices);
    task(CoordinatedShutdown.PhaseBeforeActorSystemTerminate(), "usage", usage::close);
    task(CoordinatedShutdown.PhaseBeforeActorSystemTerminate(), "engine", this::closeEngine);
  }

  private void stopServices() {
    alarms.close();
    sweep.close();
    files.close();
    if (config.onShutdown() == NodeConfig.OnShutdown.SLEEP) {
      containers.sleepAll(config.shutdownTimeout());
    }
  }

  private void closeEngine() {
    containers.close();
    gate.close();
  }

  /** A step of the shutdown; may block. */
  @FunctionalInterface
  private interface Task {
    void run() throws Exception;
  }

  private void task(String phase, String name, Task task) {
    CoordinatedShutdown.get(system)
        .addTask(phase, name, (Supplier<CompletionStage<Done>>) () -> onVirtualThread(task));
  }

  private static CompletionStage<Done> onVirtualThread(Task task) {
    CompletableFuture<Done> done = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            task.run();
            done.complete(Done.getInstance());
          } catch (Exception e) {
            done.completeExceptionally(e);
          }
        });
    return done;
  }
}
