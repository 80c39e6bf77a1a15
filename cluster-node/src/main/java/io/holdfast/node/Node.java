package io.holdfast.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigRenderOptions;
import io.holdfast.cassandra.store.CassandraIndex;
import io.holdfast.cassandra.store.CassandraStore;
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
import io.holdfast.node.capacity.InstanceDivision;
import io.holdfast.node.capacity.NodeBudget;
import io.holdfast.node.capacity.NodeCapacity;
import io.holdfast.node.cluster.Agreement;
import io.holdfast.node.cluster.AlarmSlots;
import io.holdfast.node.cluster.ClusterConfig;
import io.holdfast.node.cluster.Members;
import io.holdfast.node.cluster.Membership;
import io.holdfast.node.cluster.NodeRole;
import io.holdfast.node.cluster.Ownership;
import io.holdfast.node.cluster.RegionInstances;
import io.holdfast.node.container.ContainerHost;
import io.holdfast.node.container.ContainerLogSettings;
import io.holdfast.node.container.ContainerMetrics;
import io.holdfast.node.container.ImageCollector;
import io.holdfast.node.container.ImageSettings;
import io.holdfast.node.container.OperatorContainers;
import io.holdfast.node.container.OutboundServices;
import io.holdfast.node.container.PresentImages;
import io.holdfast.node.container.RunBook;
import io.holdfast.node.dispatch.CarrierWatch;
import io.holdfast.node.files.FileKeeper;
import io.holdfast.node.files.FileMetrics;
import io.holdfast.node.files.FileSettings;
import io.holdfast.node.guard.ContainerGuard;
import io.holdfast.node.metering.ClusterMeters;
import io.holdfast.node.metering.MeterBook;
import io.holdfast.node.metering.MeteringMetrics;
import io.holdfast.node.metering.MeteringSettings;
import io.holdfast.node.metering.UsageReports;
import io.holdfast.node.metering.UsageTotals;
import io.holdfast.node.object.AlarmRescue;
import io.holdfast.node.object.AlarmScheduler;
import io.holdfast.node.object.AlarmSettings;
import io.holdfast.node.object.ClusterContainers;
import io.holdfast.node.object.ClusterObjects;
import io.holdfast.node.object.Homes;
import io.holdfast.node.object.ObjectMetrics;
import io.holdfast.node.object.ObjectServices;
import io.holdfast.node.object.ObjectSettings;
import io.holdfast.node.object.ObjectStore;
import io.holdfast.node.object.OperatorObjects;
import io.holdfast.node.object.ShardKind;
import io.holdfast.node.object.ShardedGateway;
import io.holdfast.node.object.Underway;
import io.holdfast.node.peer.Peers;
import io.holdfast.node.placement.HostReports;
import io.holdfast.node.placement.ShardPlacement;
import io.holdfast.node.region.Hosts;
import io.holdfast.node.region.LostRegions;
import io.holdfast.node.region.OperatorRegions;
import io.holdfast.node.region.Placements;
import io.holdfast.node.region.ReachableRegions;
import io.holdfast.node.region.Region;
import io.holdfast.node.region.RegionLossPolicy;
import io.holdfast.node.region.Regions;
import io.holdfast.node.tls.NodeTls;
import io.holdfast.node.tls.TlsExtension;
import io.holdfast.persistence.archive.ArchiveReferences;
import io.holdfast.persistence.archive.Archives;
import io.holdfast.persistence.blob.FileBlobStore;
import io.holdfast.persistence.database.ObjectDatabases;
import io.holdfast.persistence.embedded.EmbeddedStoreExtension;
import io.holdfast.persistence.embedded.MeterTable;
import io.holdfast.persistence.history.HistoryConfig;
import io.holdfast.persistence.history.HistorySweep;
import io.holdfast.persistence.history.HistoryTrim;
import io.holdfast.persistence.history.ObjectHistory;
import io.holdfast.persistence.history.StoredObjects;
import io.holdfast.persistence.store.StoredRows;
import io.holdfast.persistence.writer.WriterConfig;
import io.holdfast.protocol.ByJurisdiction;
import io.holdfast.protocol.CallContext;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.admin.ContainerAdmin;
import io.holdfast.protocol.admin.ObjectAdmin;
import io.holdfast.protocol.admin.RegionAdmin;
import io.holdfast.protocol.admin.UsageAdmin;
import io.holdfast.sdk.Env;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
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
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.ShardCoordinator.ShardAllocationStrategy;
import org.apache.pekko.cluster.typed.Cluster;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One node: everything wired, started in order, and shut down in order by Pekko's coordinated
/// shutdown.
public final class Node {
  private static final Logger log = LoggerFactory.getLogger(Node.class);

  /** How long a shutdown waits for requests. */
  private static final Duration STOP_MAX = Duration.ofSeconds(30);

  private static final Duration LOST_STOP_MAX = Duration.ofSeconds(2);

  private final ActorSystem<Void> system;
  private final NodeConfig config;
  private final AppCatalog apps;
  private final boolean hostsContainers;
  private final ContainerHost containers;
  private final MeterBook usage;
  private final EgressGate gate;
  private final Optional<ContainerGuard> guard;
  private final AlarmScheduler alarms;
  private final Membership membership;
  private final HistorySweep sweep;
  private final FileKeeper files;
  private final EdgeServer edge;
  private final Path tokenFile;
  private final Optional<Path> adminTokenFile;
  private volatile boolean lost;

  private Node(ActorSystem<Void> system, NodeConfig config, Config root, Engines engines) {
    this.system = system;
    this.config = config;
    EmbeddedStoreExtension data = EmbeddedStoreExtension.get(system);
    Optional<NodeTls> _ = TlsExtension.of(system); // Tells what is wrong before anything begins.
    Ownership ownership = Ownership.get(system);
    Path directory = data.directory().path();
    this.apps = new AppLoader(directory.resolve("apps")).loadAll(config.appsDirectory());
    ClusterConfig clusterConfig = ClusterConfig.from(root);
    this.hostsContainers =
        apps.hasContainers() && clusterConfig.roles().contains(NodeRole.CONTAINERS);
    if (ownership.isLeased()) {
      requireSleep();
    }
    PrometheusRegistry registry = new PrometheusRegistry();
    JvmMetrics.builder().register(registry);
    ScheduledExecutorService timer = timer();
    EngineConfig engineConfig = EngineConfig.of(root);
    HttpFetcher outbound = new HttpFetcher(engineConfig.http());
    ContainerHttpClient toContainers = new ContainerHttpClient(engineConfig.http());

    Regions regions = Regions.from(root);
    this.membership = new Membership(system, clusterConfig, regions.areSeveral(), ownership);
    Members members = new Members(system);
    ReachableRegions reachable = new ReachableRegions(system, members, regions);
    Hosts hosts = hosts(ownership, members);
    Optional<LostRegions> lost = lostRegions(regions, clusterConfig);
    Optional<Placements> placements =
        lost.map(given ->
            new Placements(
                regions, reachable, given, CassandraStore.get(system).placements(), hosts));
    ShardedGateway gateway =
        new ShardedGateway(
            system,
            apps,
            new Homes(
                system,
                regions,
                reachable,
                placements,
                underway(clusterConfig),
                hosts,
                namespace -> ShardKind.of(apps, namespace)));
    this.gate = gate(directory, engineConfig);
    Deployment deployment =
        new Deployment(NodeFiles.readOrMake(directory.resolve("deployment-id")));
    ContainerEngine engine = engines.open(engineConfig, deployment, gate);
    MeteringSettings metering = MeteringSettings.from(root);
    Optional<ClusterMeters> allMeters =
        clusterMeters(ownership, clusterConfig.store(), regions, metering);
    this.usage =
        new MeterBook(
            allMeters.<MeterTable>map(all -> all).orElseGet(data.store()::meters),
            metering,
            Clock.systemUTC(),
            new MeteringMetrics(registry));
    FileSettings fileSettings = FileSettings.from(root);
    this.files =
        new FileKeeper(
            archives(clusterConfig.store(), data, fileSettings),
            engine,
            fileSettings,
            new FileMetrics(registry),
            Clock.systemUTC());
    NodeCapacity.Timer later =
        (delay, task) -> timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    NodeCapacity capacity =
        new NodeCapacity(
            CapacitySettings.from(root, NodeBudget.Machine.here(directory)),
            apps::instancesMax,
            division(ownership, clusterConfig.store(), later),
            System::nanoTime,
            later,
            new CapacityMetrics(registry));
    this.containers =
        new ContainerHost(
            engine,
            toContainers,
            apps,
            gateway::containerHooks,
            ownership.isLeased() ? RunBook.NONE : RunBook.in(data.store().nodeTable("containers")),
            new ContainerMetrics(registry),
            timer,
            Clock.systemUTC(),
            capacity,
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
                ContainerLogSettings.from(root),
                ownership.isLeased()
                    ? ContainerHost.Heritage.REMOVED
                    : ContainerHost.Heritage.ADOPTED,
                clusterConfig.silentMax()));
    gate.directory(containers.egress());
    HistoryConfig historyConfig = HistoryConfig.from(root);
    ObjectStore objects =
        switch (clusterConfig.store()) {
          case EMBEDDED -> ObjectStore.in(data.store(), system);
          case CASSANDRA -> ObjectStore.in(CassandraStore.get(system));
        };
    StoredRows rows = objects.rows();
    ObjectHistory history = new ObjectHistory(rows, historyConfig, Clock.systemUTC());
    HistoryTrim trim = new HistoryTrim(rows, historyConfig, Clock.systemUTC());
    this.sweep = new HistorySweep(rows, trim, historyConfig, timer, gateway.owned(ownership));
    AlarmSettings alarmSettings = AlarmSettings.from(root);
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
            trim,
            objects.index(),
            ownership,
            placements,
            alarmSettings);
    this.guard =
        hostsContainers && ownership.isLeased()
            ? Optional.of(ContainerGuard.start(deployment, root, ownership::left))
            : Optional.empty();
    if (guard.isPresent()) {
      containers.open(); // Before others could wait for what an earlier life has left.
    }
    if (clusterConfig.seeds().isEmpty()) {
      membership.join();
    } else {
      Agreement agreement = new Agreement(system, agreed(root, regions, clusterConfig));
      membership.join();
      agreement.check();
    }
    members.start();
    reachable.start(timer);
    lost.ifPresent(given -> {
      given.start(timer);
      clusterConfig
          .regionLostAfter()
          .ifPresent(after -> regionLoss(regions, reachable, given, after).start(timer));
    });
    PresentImages present = new PresentImages(engine, hostsContainers ? apps.images() : Set.of());
    gateway.connect(system, services, strategies(ownership, members, capacity, present));
    if (ownership.isLeased()) {
      members.onGone(Underway.get(system)::memberIsGone);
    }
    this.alarms =
        new AlarmScheduler(
            objects.alarms(),
            gateway,
            Clock.systemUTC(),
            ThreadLocalRandom.current(),
            alarmSettings);
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
                clusterConfig.roles().contains(NodeRole.EDGE)
                    ? EdgeServices.Clients.SERVED
                    : EdgeServices.Clients.REFUSED,
                edgeApps(gateway, outbound),
                gateway,
                apps,
                Optional.of(BearerToken.of(NodeFiles.readOrMake(tokenFile))),
                admin(
                    objectAdmin(
                        ownership,
                        gateway,
                        new OperatorObjects(gateway, services, new StoredObjects(rows))),
                    containerAdmin(
                        ownership, gateway, members, new OperatorContainers(containers, gateway)),
                    new UsageReports(
                        allMeters.<UsageTotals>map(all -> all).orElse(usage), Clock.systemUTC()),
                    new OperatorRegions(regions, reachable, lost)),
                List.of(memberUp(), engineAnswers(engine)),
                registry));
    CarrierWatch.ensureStarted();
    if (clusterConfig.store() == ClusterConfig.Store.CASSANDRA) {
      CassandraIndex index = CassandraStore.get(system).index();
      Optional<AlarmRescue> rescue =
          lost.map(given -> new AlarmRescue(regions, given, reachable, index, gateway));
      new AlarmSlots(system, members, index)
          .start(
              () -> {
                alarms.lookAgain();
                rescue.ifPresent(AlarmRescue::lookAgain);
              },
              alarms::alarmSet);
      rescue.ifPresent(AlarmRescue::start);
    }
    alarms.start();
    sweep.start();
    files.start(
        timer,
        law ->
            members.isFirst(region ->
                regions.named(region).filter(its -> Regions.isLawful(its, law)).isPresent()));
    usage.start(engine::stats);
    if (hostsContainers && guard.isEmpty()) {
      containers.open();
    }
    onShutdown();
    ownership.onLost(this::endLost);
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

  /** Others have its objects now. */
  private void endLost() {
    log.error("this node was silent for too long and owns nothing any more: it ends");
    lost = true;
    Thread.ofVirtual().start(() -> containers.endAll(_ -> true));
    membership.leaveAtOnce();
  }

  /// Whether it ended because others have taken its objects or its place in the cluster: it is to
  /// be started again.
  public boolean isLost() {
    return lost
        || CoordinatedShutdown.get(system)
            .getShutdownReason()
            .filter(CoordinatedShutdown.clusterDowningReason()::equals)
            .isPresent();
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

  private SequencedMap<String, String> agreed(Config root, Regions regions, ClusterConfig cluster) {
    SequencedMap<String, String> all = new LinkedHashMap<>();
    all.put("holdfast.regions", regions.toString());
    all.put("holdfast.objects.shards", "" + root.getInt("holdfast.objects.shards"));
    all.put("holdfast.cluster.silent-max", cluster.silentMax().toMillis() + " ms");
    all.put(
        "holdfast.cluster.region-lost-after",
        cluster.regionLostAfter().map(after -> after.toMillis() + " ms").orElse("never"));
    for (String key : List.of("keyspace", "jurisdiction-keyspaces", "strict-append")) {
      String path = "holdfast.persistence.cassandra." + key;
      all.put(path, root.getValue(path).render(ConfigRenderOptions.concise()));
    }
    apps.apps().stream()
        .flatMap(app -> app.objects().stream())
        .forEach(objects ->
            all.put(
                Agreement.NAMESPACE + objects.namespace(),
                switch (ShardKind.of(objects)) {
                  case PLAIN -> "no container";
                  case CONTAINER -> "a container";
                }));
    return all;
  }

  /** Present when there are several regions. */
  private Optional<LostRegions> lostRegions(Regions regions, ClusterConfig cluster) {
    if (!regions.areSeveral()) {
      return Optional.empty();
    }
    return switch (cluster.store()) {
      case EMBEDDED ->
          throw new HoldfastException(
              ErrorCode.CONFIG_INVALID,
              "holdfast.regions: expected at most one with holdfast.store = embedded, found "
                  + regions.all());
      case CASSANDRA ->
          Optional.of(
              new LostRegions(
                  regions, CassandraStore.get(system).regionStates(), System::nanoTime));
    };
  }

  private RegionLossPolicy regionLoss(
      Regions regions, ReachableRegions reachable, LostRegions lost, Duration after) {
    return new RegionLossPolicy(
        regions,
        reachable,
        lost,
        CassandraStore.get(system).signsOfLife(),
        after,
        System::nanoTime);
  }

  private Hosts hosts(Ownership ownership, Members members) {
    return ownership.isLeased()
        ? (region, namespace) -> members.has(region.name(), ShardKind.of(apps, namespace).role())
        : (_, _) -> true;
  }

  /** Where the shards of a cluster go. */
  private Map<ShardKind, ShardAllocationStrategy> strategies(
      Ownership ownership, Members members, NodeCapacity capacity, PresentImages images) {
    if (!ownership.isLeased()) {
      return Map.of();
    }
    Cluster cluster = Cluster.get(system);
    HostReports reports = new HostReports(system, members, capacity, images, ownership::shard);
    return Map.of(
        ShardKind.PLAIN, new ShardPlacement(cluster, members, Optional.empty()),
        ShardKind.CONTAINER, new ShardPlacement(cluster, members, Optional.of(reports)));
  }

  private Optional<Underway> underway(ClusterConfig cluster) {
    return switch (cluster.store()) {
      case EMBEDDED -> Optional.empty();
      case CASSANDRA -> Optional.of(Underway.get(system));
    };
  }

  /** Containers that outlive their node have no place where others may have their objects. */
  private void requireSleep() {
    if (hostsContainers && config.onShutdown() == NodeConfig.OnShutdown.KEEP) {
      throw new HoldfastException(
          ErrorCode.CONFIG_INVALID,
          "holdfast.containers.on-shutdown: expected sleep with holdfast.store = cassandra, found"
              + " keep");
    }
  }

  private ByJurisdiction<Archives> archives(
      ClusterConfig.Store store, EmbeddedStoreExtension data, FileSettings settings) {
    Clock clock = Clock.systemUTC();
    return switch (store) {
      case EMBEDDED ->
          ByJurisdiction.together(
              new Archives(
                  FileBlobStore.open(data.directory().files(), settings.freeBytesMin()),
                  new ArchiveReferences(data.store().archives(), clock, settings.retention())));
      case CASSANDRA -> CassandraStore.get(system).archives(clock, settings.retention());
    };
  }

  private Optional<ClusterMeters> clusterMeters(
      Ownership ownership, ClusterConfig.Store store, Regions regions, MeteringSettings settings) {
    return switch (store) {
      case EMBEDDED -> Optional.empty();
      case CASSANDRA ->
          Optional.of(
              new ClusterMeters(
                  CassandraStore.get(system).meters(),
                  regions.all().stream().map(Region::name).toList(),
                  config.region(),
                  ownership.life(),
                  settings.retention(),
                  Clock.systemUTC()));
    };
  }

  private Optional<InstanceDivision> division(
      Ownership ownership, ClusterConfig.Store store, NodeCapacity.Timer later) {
    return switch (store) {
      case EMBEDDED -> Optional.empty();
      case CASSANDRA ->
          Optional.of(
              new RegionInstances(
                  config.region(),
                  ownership.life(),
                  CassandraStore.get(system).instances(),
                  ownership::isOver,
                  apps::instancesMax,
                  task -> Thread.ofVirtual().name("instances").start(task),
                  later));
    };
  }

  private Optional<AdminServices> admin(
      ObjectAdmin objects, ContainerAdmin operated, UsageAdmin reports, RegionAdmin regions) {
    return adminTokenFile.map(file ->
        new AdminServices(
            objects, operated, reports, regions, BearerToken.of(NodeFiles.readOrMake(file))));
  }

  private static ObjectAdmin objectAdmin(
      Ownership ownership, ShardedGateway gateway, ObjectAdmin here) {
    return ownership.isLeased() ? new ClusterObjects(here, gateway) : here;
  }

  private ContainerAdmin containerAdmin(
      Ownership ownership, ShardedGateway gateway, Members members, ContainerAdmin here) {
    return ownership.isLeased()
        ? new ClusterContainers(here, gateway, members, Peers.get(system))
        : here;
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
        () -> EgressAuthority.in(directory, Clock.systemUTC()),
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

  private ReadinessCheck memberUp() {
    return check("cluster", membership::problem);
  }

  private ReadinessCheck engineAnswers(ContainerEngine engine) {
    return check(
        "container-engine",
        () -> {
          if (!hostsContainers) {
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
    task(CoordinatedShutdown.PhaseServiceUnbind(), "edge", this::stopEdge);
    task(CoordinatedShutdown.PhaseServiceStop(), "alarms and containers", this::stopServices);
    task(CoordinatedShutdown.PhaseBeforeActorSystemTerminate(), "usage", usage::close);
    task(CoordinatedShutdown.PhaseBeforeActorSystemTerminate(), "membership", membership::close);
    task(CoordinatedShutdown.PhaseBeforeActorSystemTerminate(), "engine", this::closeEngine);
  }

  /** What a node that owns nothing any more still waits for does not come. */
  private void stopEdge() throws InterruptedException {
    edge.stop(isLost() ? LOST_STOP_MAX : STOP_MAX);
  }

  private void stopServices() {
    alarms.close();
    sweep.close();
    files.close();
    if (isLost()) {
      Thread.ofVirtual().start(() -> containers.endAll(_ -> true));
    } else if (config.onShutdown() == NodeConfig.OnShutdown.SLEEP) {
      containers.sleepAll(config.shutdownTimeout());
    }
  }

  private void closeEngine() {
    containers.close();
    guard.ifPresent(ContainerGuard::close);
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
