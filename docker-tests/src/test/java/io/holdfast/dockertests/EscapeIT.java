package io.holdfast.dockertests;

import static io.holdfast.dockertests.DockerCommand.docker;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.holdfast.dockertests.Escape.Kind;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.EngineConfig;
import io.holdfast.engine.ExecRequest;
import io.holdfast.engine.FoundContainer;
import io.holdfast.engine.InstanceType;
import io.holdfast.engine.Network;
import io.holdfast.engine.ReadinessProbe;
import io.holdfast.engine.StartedContainer;
import io.holdfast.engine.docker.DockerContainerEngine;
import io.holdfast.engine.egress.AddressRange;
import io.holdfast.engine.egress.EgressAuthority;
import io.holdfast.engine.egress.EgressClient;
import io.holdfast.engine.egress.EgressGate;
import io.holdfast.engine.egress.EgressPolicy;
import io.holdfast.engine.egress.HandlerRef;
import io.holdfast.engine.egress.WorldAddresses;
import io.holdfast.sdk.OutboundConfig;
import io.holdfast.sdk.OutboundHandlers;
import io.holdfast.sdk.OutboundRules;
import io.holdfast.sdk.Readiness;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import javax.net.ssl.SSLSocketFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A container that tries every way out: against the walls that every container has, none succeeds;
/// without the wall in question each does, so that a script that could not fail would be found.
@Timeout(180)
class EscapeIT {
  private static final String IMAGE = "holdfast-test/busybox:latest";
  private static final String METADATA = "169.254.169.254";
  private static final int OUTSIDE_PORT = 8090;
  private static final String SECRET = "escape-" + UUID.randomUUID();
  private static final Deployment DEPLOYMENT = new Deployment("escape-it-" + UUID.randomUUID());
  private static final InstanceType ONE_CPU = new InstanceType("custom", 1, 256, 100);
  private static final InstanceType SMALL = new InstanceType("custom", 0.0625, 64, 100);

  /// What this test opened, closed in reverse order.
  private static final Deque<AutoCloseable> OPEN = new ArrayDeque<>();

  private static final Map<String, String> VARIABLES = new HashMap<>();
  private static final Map<Network, String> GATEWAYS = new EnumMap<>(Network.class);
  private static final EgressGate GATE = gate();
  private static final DockerContainerEngine ENGINE = open("network.prepared = 1");
  private static int objects;

  private static DockerContainerEngine open(String setting) {
    return DockerContainerEngine.open(config(setting), DEPLOYMENT, GATE);
  }

  private static EngineConfig config(String setting) {
    return EngineConfig.of(
        ConfigFactory.parseString("holdfast.engine." + setting).withFallback(ConfigFactory.load()));
  }

  /// Lets nothing through, and answers no request; but it answers questions for names.
  private static EgressGate gate() {
    EngineConfig config = config("network.prepared = 1");
    EgressGate gate =
        new EgressGate(
            EscapeIT::authority,
            new WorldAddresses(
                AddressRange.all(config.blockedRanges()), Map.of(), InetAddress::getAllByName),
            config.http(),
            (SSLSocketFactory) SSLSocketFactory.getDefault());
    EgressClient nothing = new ReachesNothing();
    gate.directory(_ -> Optional.of(nothing));
    return gate;
  }

  private static EgressAuthority authority() {
    try {
      return EgressAuthority.in(
          Files.createTempDirectory("holdfast-escape"), InstantSource.system());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class ReachesNothing implements EgressClient {
    @Override
    public String name() {
      return "escape";
    }

    @Override
    public EgressPolicy policy() {
      return EgressPolicy.of(
          OutboundConfig.internet(false), OutboundHandlers.none(), OutboundRules.NONE);
    }

    @Override
    public Response handle(HandlerRef handler, Request request) {
      throw new AssertionError("there is no handler");
    }
  }

  @BeforeAll
  static void buildTheWorld() throws Exception {
    DockerCommand.buildContractImage(IMAGE);
    ENGINE.checkAvailable();
    for (Network network : Network.values()) {
      ENGINE.prepare(network);
      GATEWAYS.put(network, gateway(networkName(network)));
    }
    openHost();
    openOutside();
    openHostProcess();
    String published = run("-p", "0:8080");
    VARIABLES.put("PUBLISHED", docker("port", published, "8080").lines().findFirst().orElseThrow());
    VARIABLES.compute("PUBLISHED", (_, line) -> port(line));
    VARIABLES.put("TOLD", OutsideServer.TOLD);
    VARIABLES.put("PIDS", "100");
    VARIABLES.put("BYTES", "200000000");
  }

  private static String port(String line) {
    return line.substring(line.lastIndexOf(':') + 1);
  }

  private static String networkName(Network network) {
    return "holdfast-%s-%s"
        .formatted(
            DEPLOYMENT.digest(12),
            switch (network) {
              case NONE_OUTSIDE -> "internal";
              case INTERNET -> "internet";
              case GATED -> "gated";
              case GATED_OPEN -> "gated-open";
            });
  }

  private static String gateway(String network) throws Exception {
    return docker("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", network);
  }

  /// An engine in its first life does not tell that of its own bridge, but its containers know.
  private static String gatewayOfDefaultBridge() throws Exception {
    return docker("inspect", "-f", "{{.NetworkSettings.Networks.bridge.Gateway}}", run());
  }

  /// The host listens on all its addresses, and answers questions for names at the gateways.
  private static void openHost() throws Exception {
    ServerSocket host = opened(new ServerSocket());
    host.bind(new InetSocketAddress("0.0.0.0", 0), 1_000);
    VARIABLES.put("HOST_PORT", Integer.toString(host.getLocalPort()));
    VARIABLES.put(
        "HOSTS",
        NetworkInterface.networkInterfaces()
            .filter(each -> !each.getName().equals("lo"))
            .flatMap(NetworkInterface::inetAddresses)
            .map(InetAddress::getHostAddress)
            .filter(address -> address.indexOf(':') < 0)
            .collect(Collectors.joining(" ")));
    for (String gateway : GATEWAYS.values()) {
      opened(new OutsideServer(gateway, 0));
    }
    opened(new OutsideServer(gatewayOfDefaultBridge(), 0));
  }

  private static void openOutside() throws Exception {
    Outside outside = opened(new Outside());
    String someone =
        "10.254.%d.%d"
            .formatted(
                ThreadLocalRandom.current().nextInt(256), ThreadLocalRandom.current().nextInt(256));
    outside.alsoAt(METADATA);
    outside.alsoAt(someone);
    outside.run(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            Path.of(OutsideServer.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toString(),
            OutsideServer.class.getName(),
            Integer.toString(OUTSIDE_PORT),
            outside.address(),
            someone,
            METADATA));
    VARIABLES.put("OUTSIDE", outside.address());
    VARIABLES.put("PRIVATE", someone);
    VARIABLES.put("METADATA", METADATA);
    VARIABLES.put("OUTSIDE_PORT", Integer.toString(OUTSIDE_PORT));
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .until(() -> {
          try (java.net.Socket _ = new java.net.Socket(METADATA, OUTSIDE_PORT)) {
            return true;
          }
        });
  }

  private static void openHostProcess() throws Exception {
    ProcessBuilder builder = new ProcessBuilder("/bin/busybox", "sleep", "600");
    builder.environment().put("SECRET_OF_HOST", SECRET);
    Process process = builder.start();
    OPEN.push(process::destroyForcibly);
    VARIABLES.put("HOST_PID", Long.toString(process.pid()));
    VARIABLES.put("SECRET", SECRET);
  }

  private static <T extends AutoCloseable> T opened(T resource) {
    OPEN.push(resource);
    return resource;
  }

  @AfterAll
  static void removeEverything() throws Exception {
    for (FoundContainer left : ENGINE.list()) {
      ENGINE.destroy(left.id());
    }
    ENGINE.removeNetworks();
    ENGINE.close();
    GATE.close();
    while (!OPEN.isEmpty()) {
      OPEN.pop().close();
    }
  }

  /// A container of Docker without any of our walls, but what the options put up.
  private static String run(String... options) throws Exception {
    List<String> command = new ArrayList<>(List.of("run", "-d", "--label=holdfast-test=escape"));
    command.addAll(List.of(options));
    command.add(IMAGE);
    String id = docker(command.toArray(String[]::new));
    OPEN.push(() -> docker("rm", "-f", id));
    return id;
  }

  private static String addressOf(String container) throws Exception {
    return docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", container);
  }

  private static StartedContainer start(Network network, InstanceType type) {
    return start(ENGINE, network, type);
  }

  private static StartedContainer start(
      DockerContainerEngine engine, Network network, InstanceType type) {
    ContainerOwner owner =
        new ContainerOwner("escape", "Test", "%064x".formatted(++objects), "node-1", 1);
    StartedContainer container =
        engine.start(ContainerSpec.of(owner, IMAGE).network(network).instanceType(type).build());
    new ReadinessProbe(engine).await(container, new Readiness.Tcp(8080), Duration.ofSeconds(30));
    return container;
  }

  /// In a network that was ready, or on a bridge.
  private static StartedContainer start(Network network, boolean prepared) throws Exception {
    ENGINE.prepare(network);
    StartedContainer container = start(network, ONE_CPU);
    while (isPrepared(container) != prepared) {
      ENGINE.destroy(container.id());
      if (prepared) {
        Thread.sleep(100); // One is being made.
      }
      container = start(network, ONE_CPU);
    }
    return container;
  }

  private static boolean isPrepared(StartedContainer container) throws Exception {
    return docker("inspect", "-f", "{{.HostConfig.NetworkMode}}", container.id().value())
        .startsWith("container:");
  }

  private static Set<Escape> attempt(
      ContainerId container, Set<Escape> escapes, Map<String, String> place) {
    ExecRequest request =
        ExecRequest.of("sh", "-c", Escape.attempt(escapes, place))
            .withTimeout(Duration.ofSeconds(60));
    return Escape.reported(ENGINE.exec(container, request).stdoutText());
  }

  private static Set<Escape> attemptWithoutWalls(
      String container, Set<Escape> escapes, Map<String, String> place) throws Exception {
    return Escape.reported(docker("exec", container, "sh", "-c", Escape.attempt(escapes, place)));
  }

  private static Map<String, String> place(String neighbour, String gateway) {
    Map<String, String> place = new HashMap<>(VARIABLES);
    place.put("NEIGHBOUR", neighbour);
    place.put("GATEWAY", gateway);
    return place;
  }

  private static Set<Escape> attemptsFrom(StartedContainer container, Network network) {
    StartedContainer neighbour = start(network, ONE_CPU);
    return attempt(
        container.id(),
        Escape.of(Kind.NETWORK, Kind.INTERNET, Kind.KERNEL),
        place(neighbour.address().orElseThrow().getHostAddress(), GATEWAYS.get(network)));
  }

  @Test
  void noContainerWithoutInternetGetsOutOfAPreparedNetwork() throws Exception {
    StartedContainer container = start(Network.NONE_OUTSIDE, true);
    assertThat(attemptsFrom(container, Network.NONE_OUTSIDE)).isEmpty();
  }

  @Test
  void noContainerWithoutInternetGetsOffABridge() throws Exception {
    StartedContainer container = start(Network.NONE_OUTSIDE, false);
    assertThat(attemptsFrom(container, Network.NONE_OUTSIDE)).isEmpty();
  }

  @Test
  void aContainerWithInternetReachesThatAndNothingElseFromAPreparedNetwork() throws Exception {
    StartedContainer container = start(Network.INTERNET, true);
    assertThat(attemptsFrom(container, Network.INTERNET)).isEqualTo(Escape.of(Kind.INTERNET));
  }

  @Test
  void noContainerBehindTheGateGetsOutOfAPreparedNetwork() throws Exception {
    StartedContainer container = start(Network.GATED, true);
    assertThat(attemptsFrom(container, Network.GATED)).isEmpty();
  }

  @Test
  void noContainerBehindTheGateGetsOffABridge() throws Exception {
    StartedContainer container = start(Network.GATED, false);
    assertThat(attemptsFrom(container, Network.GATED)).isEmpty();
  }

  @Test
  void aContainerBehindTheGateWithInternetReachesThatAndNothingElse() throws Exception {
    StartedContainer container = start(Network.GATED_OPEN, true);
    // Names it is told by the gate, whomever it asks.
    assertThat(attemptsFrom(container, Network.GATED_OPEN)).containsExactly(Escape.INTERNET_TCP);
  }

  @Test
  void noContainerTakesMoreThanItsLimits() {
    try (DockerContainerEngine strict = open("limits.pids-max = 80")) {
      for (Escape limit : Escape.of(Kind.LIMIT)) {
        StartedContainer container = start(strict, Network.NONE_OUTSIDE, SMALL);
        assertThat(attempt(container.id(), Set.of(limit), VARIABLES)).isEmpty();
      }
    }
  }

  // The same scripts without the wall in question.

  @Test
  void eachWayThroughTheNetworkIsOneWithoutTheFence() throws Exception {
    String neighbour = run();
    String container = run("--sysctl", "net.ipv6.conf.all.disable_ipv6=0");
    Set<Escape> escapes = Escape.of(Kind.NETWORK, Kind.INTERNET);
    assertThat(
            attemptWithoutWalls(
                container, escapes, place(addressOf(neighbour), gatewayOfDefaultBridge())))
        .isEqualTo(escapes);
  }

  @Test
  void eachWayThroughTheKernelIsOneWithoutItsWalls() throws Exception {
    String container =
        run(
            "--pid=host",
            "--cap-add=NET_ADMIN",
            "--cap-add=SYS_ADMIN",
            "--cap-add=SYS_PTRACE",
            "--cap-add=SYSLOG",
            "--cap-add=DAC_READ_SEARCH",
            "--cap-add=SYS_MODULE",
            "--cap-add=SYS_RAWIO",
            "--cap-add=SYS_BOOT",
            "--cap-add=SYS_NICE",
            "--cap-add=SYS_TIME",
            "--cap-add=IPC_LOCK",
            "--security-opt=seccomp=unconfined",
            "--security-opt=apparmor=unconfined",
            "--security-opt=systempaths=unconfined",
            "-v=/sys:/sys",
            "-v=/var/run/docker.sock:/var/run/docker.sock");
    Set<Escape> escapes = Escape.of(Kind.KERNEL);
    assertThat(attemptWithoutWalls(container, escapes, place("127.0.0.1", "127.0.0.1")))
        .isEqualTo(escapes);
  }

  @Test
  void eachLimitIsExceededWhereThereIsNone() throws Exception {
    String container = run();
    for (Escape limit : Escape.of(Kind.LIMIT)) {
      assertThat(attemptWithoutWalls(container, Set.of(limit), VARIABLES)).containsExactly(limit);
    }
  }
}
