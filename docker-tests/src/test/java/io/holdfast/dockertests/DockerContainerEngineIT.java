package io.holdfast.dockertests;

import static io.holdfast.dockertests.DockerCommand.docker;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.ContainerId;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.EngineConfig;
import io.holdfast.engine.EngineInfo;
import io.holdfast.engine.ExecRequest;
import io.holdfast.engine.ExecResult;
import io.holdfast.engine.ExitReason;
import io.holdfast.engine.FoundContainer;
import io.holdfast.engine.InstanceType;
import io.holdfast.engine.Network;
import io.holdfast.engine.ReadOnlyRoot;
import io.holdfast.engine.ReadOnlyRoot.FirstContent;
import io.holdfast.engine.StartedContainer;
import io.holdfast.engine.docker.DockerContainerEngine;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.testkit.ContainerEngineContract;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The contract on a real Docker Engine, and what only a real one can show.
class DockerContainerEngineIT extends ContainerEngineContract {
  private static final String IMAGE = "holdfast-test/busybox:latest";
  private static final Deployment DEPLOYMENT = new Deployment("it-" + UUID.randomUUID());

  /// Each start makes its own network; those that are prepared ahead are for [NetworkSlotsIT].
  private static final EngineConfig CONFIG = with("name-prefix = holdfast");

  private final List<AutoCloseable> sockets = new ArrayList<>();

  @BeforeAll
  static void buildImage() throws Exception {
    DockerCommand.buildContractImage(IMAGE);
  }

  @AfterAll
  static void removeEverything() {
    try (DockerContainerEngine engine = DockerContainerEngine.open(CONFIG, DEPLOYMENT)) {
      for (FoundContainer left : engine.list()) {
        engine.destroy(left.id());
      }
      engine.removeNetworks();
    }
  }

  @AfterEach
  void closeSockets() throws Exception {
    for (AutoCloseable socket : sockets) {
      socket.close();
    }
  }

  @Override
  protected ContainerEngine open(Deployment deployment) {
    return DockerContainerEngine.open(CONFIG, deployment);
  }

  @Override
  protected String image() {
    return IMAGE;
  }

  @Override
  protected Deployment deployment() {
    return DEPLOYMENT;
  }

  @Override
  protected void killByHand(ContainerId id) throws Exception {
    docker("kill", id.value());
  }

  @Override
  protected void removeByHand(ContainerId id) throws Exception {
    docker("rm", "-f", id.value());
  }

  /// False where containerd cannot read cgroups, for example because the hierarchy name=systemd is
  /// not mounted.
  @Override
  protected boolean countsUse() throws Exception {
    return !docker("stats", "--no-stream", "--format", "{{.PIDs}}").lines().allMatch("0"::equals);
  }

  @Override
  protected ContainerEngine openForgetful(Deployment deployment) throws Exception {
    return openForgetting("POST /containers/create");
  }

  private DockerContainerEngine openForgetting(String request) throws IOException {
    UnreliableSocket socket = new UnreliableSocket(request);
    sockets.add(socket);
    return DockerContainerEngine.open(at(socket.host()), DEPLOYMENT);
  }

  private static EngineConfig at(String host) {
    return with("docker.host = \"" + host + "\"");
  }

  private static EngineConfig with(String setting) {
    return EngineConfig.of(
        ConfigFactory.parseString("holdfast.engine { network.prepared = 0, " + setting + " }")
            .withFallback(ConfigFactory.load()));
  }

  @Test
  void findsTheContainerWhoseStartReplyWasLost() throws Exception {
    ContainerSpec spec = program(owner(), "serve").build();
    try (DockerContainerEngine forgetful = openForgetting("POST /containers/[0-9a-f]+/start")) {
      assertThatThrownBy(() -> forgetful.start(spec))
          .hasMessageContaining("no Docker Engine answers");
    }
    StartedContainer again = engine().start(spec);
    assertThat(again.origin()).isEqualTo(StartedContainer.Origin.FOUND);
    awaitReady(again, 8080);
  }

  @Test
  void learnsOfAnExitThatHappenedWhileDockerDidNotAnswer() throws Exception {
    UnreliableSocket socket = new UnreliableSocket("none");
    sockets.add(socket);
    StartedContainer killed = serving("serve");
    StartedContainer lives = serving("serve");
    try (DockerContainerEngine cutOff = DockerContainerEngine.open(at(socket.host()), DEPLOYMENT)) {
      CompletableFuture<ExitReason> exit = async(() -> cutOff.awaitExit(killed.id()));
      CompletableFuture<ExitReason> none = async(() -> cutOff.awaitExit(lives.id()));
      eventually().until(() -> socket.connections() > 0);
      socket.cut();
      assertThatThrownBy(() -> cutOff.inspect(killed.id()))
          .hasMessageContaining("no Docker Engine answers");
      killByHand(killed.id());
      assertThat(exit).isNotDone();
      socket.mend();
      assertThat(exit.get(20, TimeUnit.SECONDS)).isEqualTo(new ExitReason.Exited(137));
      assertThat(none).isNotDone();
      killByHand(lives.id());
      assertThat(none.get(20, TimeUnit.SECONDS)).isEqualTo(new ExitReason.Exited(137));
    }
  }

  @Test
  void goesOnAtOnceWhenDockerIsBackAlthoughItsConnectionsAreDead() throws Exception {
    UnreliableSocket socket = new UnreliableSocket("none");
    sockets.add(socket);
    ContainerSpec spec = program(owner(), "serve").build();
    try (DockerContainerEngine engine = DockerContainerEngine.open(at(socket.host()), DEPLOYMENT)) {
      engine.checkAvailable();
      List<CompletableFuture<Integer>> calls = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        calls.add(async(() -> engine.images().size()));
      }
      for (CompletableFuture<Integer> call : calls) {
        call.get(30, TimeUnit.SECONDS);
      }
      assertThat(socket.connections()).isGreaterThan(1);
      socket.cut();
      socket.mend();
      StartedContainer container = engine.start(spec);
      socket.cut();
      socket.mend();
      engine.signal(container.id(), 10);
      socket.cut();
      socket.mend();
      engine.destroy(container.id());
    }
  }

  @Test
  void saysHowToStartDockerWhenItDoesNotAnswer() {
    try (DockerContainerEngine nowhere =
        DockerContainerEngine.open(at("unix:///tmp/holdfast-it-no-such.sock"), DEPLOYMENT)) {
      assertThatThrownBy(nowhere::checkAvailable)
          .hasMessageContaining("/tmp/holdfast-it-no-such.sock")
          .hasMessageContaining("systemctl start docker")
          .satisfies(e ->
              assertThat(((HoldfastException) e).code()).isEqualTo(ErrorCode.ENGINE_UNAVAILABLE));
    }
  }

  @Test
  void tellsWhatItRunsOn() {
    EngineInfo info = engine().checkAvailable();
    assertThat(info.name()).startsWith("Docker Engine ");
    assertThat(info.storageDriver()).isNotEmpty();
  }

  @Test
  void holdsContainersToTheirLimitsAndToTheHardenedDefaults() throws Exception {
    StartedContainer container =
        engine().start(program(owner(), "serve").instanceType(InstanceType.BASIC).build());
    assertThat(host(container, ".Memory")).isEqualTo("1073741824");
    assertThat(host(container, ".MemorySwap")).isEqualTo("1073741824");
    assertThat(host(container, ".CpuQuota")).isEqualTo("25000");
    assertThat(host(container, ".CpuPeriod")).isEqualTo("100000");
    assertThat(host(container, ".PidsLimit")).isEqualTo("512");
    assertThat(host(container, ".CapDrop")).isEqualTo("[ALL]");
    assertThat(host(container, ".CapAdd")).isEqualTo("[]");
    assertThat(host(container, ".SecurityOpt")).isEqualTo("[no-new-privileges]");
    assertThat(host(container, ".Privileged")).isEqualTo("false");
    assertThat(host(container, ".Init")).isEqualTo("true");
    assertThat(host(container, ".PublishAllPorts")).isEqualTo("false");
    assertThat(host(container, ".PortBindings")).isEqualTo("map[]");
    assertThat(host(container, ".RestartPolicy.Name")).isIn("", "no");
    assertThat(host(container, ".LogConfig.Config")).isEqualTo("map[max-file:2 max-size:1048576]");
    assertThat(docker("port", container.id().value())).isEmpty();
  }

  @Test
  void holdsAContainerToItsDiskWhereTheEngineCan() throws Exception {
    InstanceType small = new InstanceType("custom", 1, 64, 20);
    StartedContainer container =
        engine().start(program(owner(), "serve").instanceType(small).build());
    Assumptions.assumeTrue(
        host(container, ".StorageOpt").contains("size:20MB"),
        "the engine's storage driver cannot limit disks");
    assertThat(sh(container, "dd if=/dev/zero of=/small bs=1M count=10").exitCode()).isZero();
    // btrfs limits nothing while it counts what is there, which begins with the first limit.
    eventually()
        .untilAsserted(() -> {
          ExecResult written = sh(container, "dd if=/dev/zero of=/big bs=1M count=50");
          assertThat(written.stderrText())
              .containsAnyOf("No space left on device", "quota exceeded");
        });
  }

  @Test
  void rootInAContainerIsNobodyOnTheHostWhereTheEngineHasUserNamespaces() {
    StartedContainer container = serving("serve");
    boolean remapped =
        engine().checkAvailable().isolation().userNamespaces() == EngineInfo.UserNamespaces.ON;
    String[] map = sh(container, "cat /proc/self/uid_map").stdoutText().strip().split("\\s+");
    assertThat(map[0]).isEqualTo("0");
    assertThat(!map[1].equals("0")).isEqualTo(remapped);
  }

  @Test
  void keepsAProgramFromChangingAReadOnlyRoot() throws Exception {
    ReadOnlyRoot root =
        new ReadOnlyRoot(Map.of("/bin", FirstContent.OF_IMAGE, "/data", FirstContent.EMPTY));
    StartedContainer container =
        engine().start(program(owner(), "serve").readOnlyRoot(root).build());
    assertThat(sh(container, "echo x >/x").stderrText()).contains("Read-only file system");
    assertThat(sh(container, "rm /etc/hostname").exitCode()).isNotZero();
    assertThat(sh(container, "mount -o remount,rw /").exitCode()).isNotZero();
    assertThat(sh(container, "echo a >/data/a && cat /data/a").stdoutText()).isEqualTo("a\n");
    assertThat(sh(container, "cp /bin/sh /tmp/sh && /tmp/sh -c 'echo ran'").stdoutText())
        .isEqualTo("ran\n");
    assertThat(sh(container, "cp /bin/sh /bin/other && ls /bin | wc -l").exitCode()).isZero();
    assertThatThrownBy(() -> engine().changes(container.id()))
        .hasMessageContaining("found a read-only root");
    String volumes = volumes(container);
    assertThat(volumes.lines()).hasSize(2);

    engine().destroy(container.id());

    assertThat(docker("volume", "ls", "-q").lines())
        .doesNotContainAnyElementsOf(volumes.lines().toList());
  }

  private static String volumes(StartedContainer container) throws Exception {
    return docker(
            "inspect",
            "-f",
            "{{range .Mounts}}{{if eq .Type \"volume\"}}{{println .Name}}{{end}}{{end}}",
            container.id().value())
        .strip();
  }

  @Test
  void givesOnlyRuntimesThatAreNamedInTheSettings() throws Exception {
    String other = "io.containerd.runc.v2";
    ContainerSpec spec = program(owner(), "serve").runtime(other).build();
    assertThatThrownBy(() -> engine().start(spec))
        .hasMessageContaining("expected a runtime of holdfast.engine.runtimes [], found '" + other)
        .satisfies(
            e -> assertThat(((HoldfastException) e).code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
    EngineConfig config = with("runtimes = [\"" + other + "\", none-such]");
    try (DockerContainerEngine permitting = DockerContainerEngine.open(config, DEPLOYMENT)) {
      StartedContainer container = permitting.start(spec);
      assertThat(host(container, ".Runtime")).isEqualTo(other);
      assertThatThrownBy(
              () -> permitting.start(program(owner(), "serve").runtime("none-such").build()))
          .hasMessageContaining("none-such")
          .satisfies(e ->
              assertThat(((HoldfastException) e).code())
                  .isEqualTo(ErrorCode.CONTAINER_START_FAILED));
    }
  }

  private static String host(StartedContainer container, String field) throws Exception {
    return docker("inspect", "-f", "{{.HostConfig" + field + "}}", container.id().value());
  }

  @Test
  void givesTheProcessNoCapabilitiesAndNoWayToGetAny() {
    StartedContainer container = serving("serve");
    String status = sh(container, "cat /proc/1/status").stdoutText();
    assertThat(status).contains("CapEff:\t0000000000000000").contains("CapBnd:\t0000000000000000");
    assertThat(status).contains("NoNewPrivs:\t1");
  }

  private ExecResult sh(StartedContainer container, String script) {
    return engine().exec(container.id(), ExecRequest.of("sh", "-c", script));
  }

  @Test
  void labelsContainersWithTheirOwnerSoThatUsersCannotForgeIt() throws Exception {
    ContainerSpec spec = program(owner(), "serve").labels(Map.of("team", "blue")).build();
    StartedContainer container = engine().start(spec);
    assertThat(label(container, "io.holdfast.deployment")).isEqualTo(DEPLOYMENT.id());
    assertThat(label(container, "io.holdfast.app")).isEqualTo("contract");
    assertThat(label(container, "io.holdfast.namespace")).isEqualTo("Test");
    assertThat(label(container, "io.holdfast.object")).isEqualTo(spec.owner().objectId());
    assertThat(label(container, "io.holdfast.node")).isEqualTo("node-1");
    assertThat(label(container, "io.holdfast.epoch")).isEqualTo("7");
    assertThat(label(container, "io.holdfast.user.team")).isEqualTo("blue");
  }

  private static String label(StartedContainer container, String name) throws Exception {
    return docker(
        "inspect", "-f", "{{index .Config.Labels \"" + name + "\"}}", container.id().value());
  }

  @Test
  void killsAProgramAtItsMemoryLimitAndSaysSo() throws Exception {
    StartedContainer any = serving("serve");
    Assumptions.assumeTrue(
        countsUse(), "containerd cannot read cgroups here, so it sees no kill for memory");
    engine().destroy(any.id());
    StartedContainer container =
        engine()
            .start(
                program(owner(), "tail", "-c", "200000000", "/dev/zero")
                    .instanceType(new InstanceType("custom", 1, 16, 100))
                    .build());
    assertThat(engine().awaitExit(container.id())).isEqualTo(new ExitReason.OutOfMemory(137));
  }

  @Test
  void letsNoContainerOutNorAtTheHostNorAtItsNeighbours() throws Exception {
    StartedContainer inside = serving("serve");
    StartedContainer neighbour = serving("serve");
    try (HostPort host = new HostPort();
        Outside outside = new Outside()) {
      assertUnreachableHost(inside, host);
      assertThat(reaches(inside, outside.address(), outside.port())).isFalse();
    }
    assertThat(reaches(inside, neighbour.address().orElseThrow().getHostAddress(), 8080)).isFalse();
    assertThat(sh(inside, "ip addr").stdoutText()).doesNotContain("inet6");
  }

  @Test
  void letsAnInternetContainerOutButNotAtTheHostNorAtItsNeighbours() throws Exception {
    StartedContainer inside = internet();
    StartedContainer neighbour = internet();
    try (HostPort host = new HostPort();
        Outside outside = new Outside()) {
      assertThat(reaches(inside, outside.address(), outside.port())).isTrue();
      assertUnreachableHost(inside, host);
    }
    assertThat(reaches(inside, neighbour.address().orElseThrow().getHostAddress(), 8080)).isFalse();
  }

  @Test
  void keepsAnInternetContainerFromPrivateRanges() throws Exception {
    try (Outside outside = new Outside();
        DockerContainerEngine engine =
            DockerContainerEngine.open(
                with("network.blocked-ranges = [\"203.0.113.0/24\"]"),
                new Deployment("it-" + UUID.randomUUID()))) {
      StartedContainer inside =
          engine.start(program(owner(), "serve").network(Network.INTERNET).build());
      boolean reached = reaches(engine, inside, outside.address(), outside.port());
      engine.destroy(inside.id());
      engine.removeNetworks();
      assertThat(reached).isFalse();
    }
  }

  @Test
  void wouldLetContainersAtTheHostWithoutTheFence() throws Exception {
    StartedContainer inside = serving("serve");
    String gateway =
        docker(
            "inspect",
            "-f",
            "{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}",
            inside.id().value());
    List<String> jump =
        DockerCommand.run(List.of("iptables", "-S", "INPUT"))
            .lines()
            .filter(rule -> rule.matches("-A INPUT -i hf\\S+i -j HF-\\S+-in"))
            .filter(rule -> rule.contains(DEPLOYMENT.digest(12)))
            .toList();
    assertThat(jump).hasSize(1);
    try (HostPort host = new HostPort()) {
      assertThat(reaches(inside, gateway, host.port())).isFalse();
      List<String> removal = new ArrayList<>(List.of("iptables", "-D"));
      removal.addAll(List.of(jump.getFirst().substring("-A ".length()).split(" ")));
      DockerCommand.run(removal);
      assertThat(reaches(inside, gateway, host.port())).isTrue();
      assertThat(engine().checkAvailable().fence()).isEqualTo(EngineInfo.Fence.UP);
      assertThat(reaches(inside, gateway, host.port())).isFalse();
    }
  }

  private StartedContainer internet() {
    StartedContainer container =
        engine().start(program(owner(), "serve").network(Network.INTERNET).build());
    awaitReady(container, 8080);
    return container;
  }

  private void assertUnreachableHost(StartedContainer from, HostPort host) throws IOException {
    for (String address : hostAddresses()) {
      assertThat(reaches(from, address, host.port()))
          .as("reaches the host at %s", address)
          .isFalse();
    }
  }

  /// Every address of this host that a container could try, those of its own bridge above all.
  private static List<String> hostAddresses() throws IOException {
    return NetworkInterface.networkInterfaces()
        .filter(each -> !each.getName().equals("lo"))
        .flatMap(NetworkInterface::inetAddresses)
        .map(java.net.InetAddress::getHostAddress)
        .filter(address -> address.indexOf(':') < 0)
        .toList();
  }

  private boolean reaches(StartedContainer from, String address, int port) {
    return reaches(engine(), from, address, port);
  }

  private static boolean reaches(
      ContainerEngine engine, StartedContainer from, String address, int port) {
    ExecRequest connect =
        ExecRequest.of("nc", "-w", "1", address, Integer.toString(port), "-e", "/bin/true");
    return engine.exec(from.id(), connect).exitCode() == 0;
  }

  /// A port on which this host listens at all its addresses.
  private static final class HostPort implements AutoCloseable {
    private final ServerSocket socket = new ServerSocket();

    HostPort() throws IOException {
      socket.bind(new InetSocketAddress("0.0.0.0", 0));
    }

    int port() {
      return socket.getLocalPort();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Test
  void opensPortsBelow1024WithoutCapabilities() {
    StartedContainer container =
        engine().start(program(owner(), "httpd", "-f", "-p", "80", "-h", "/www").build());
    awaitReady(container, 80);
  }

  @Test
  void copiesFoldersOutAndIn() throws Exception {
    StartedContainer from = serving("serve");
    StartedContainer to = serving("serve");
    sh(from, "mkdir -p /state && echo kept >/state/file");
    try (InputStream tar = engine().copyOut(from.id(), "/state", 1_000_000)) {
      engine().copyIn(to.id(), "/", tar);
    }
    assertThat(sh(to, "cat /state/file").stdoutText()).isEqualTo("kept\n");
    assertThatThrownBy(() -> engine().copyOut(from.id(), "/nowhere", 10))
        .hasMessageContaining("no path /nowhere");
    try (InputStream tar = engine().copyOut(from.id(), "/state", 10)) {
      assertThatThrownBy(tar::readAllBytes).hasMessageContaining("at most 10 bytes");
    }
  }

  @Test
  void cutsTheOutputOfACommandAndItsTime() {
    StartedContainer container = serving("serve");
    ExecResult cut =
        engine().exec(container.id(), ExecRequest.of("seq", "1", "100000").withOutputBytesMax(100));
    assertThat(cut.stdout()).hasSize(100);
    assertThat(cut.output()).isEqualTo(ExecResult.Output.CUT);
    assertThatThrownBy(() ->
            engine()
                .exec(
                    container.id(),
                    ExecRequest.of("sleep", "5").withTimeout(Duration.ofMillis(200))))
        .satisfies(e -> assertThat(((HoldfastException) e).code()).isEqualTo(ErrorCode.TIMEOUT));
    assertThatThrownBy(() -> engine().exec(container.id(), ExecRequest.of("/no/such")))
        .satisfies(
            e -> assertThat(((HoldfastException) e).code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
  }

  @Test
  void removesNetworksAndFenceAtTheEndWhenToldSoAndNothingRuns() throws Exception {
    Deployment own = new Deployment("it-" + UUID.randomUUID());
    DockerContainerEngine engine =
        DockerContainerEngine.open(with("network.at-close = remove"), own);
    StartedContainer container = engine.start(program(owner(), "serve").build());
    engine.close();
    assertThat(fences(own)).isNotZero();
    engine = DockerContainerEngine.open(with("network.at-close = remove"), own);
    engine.checkAvailable();
    engine.destroy(container.id());
    engine.close();
    assertThat(fences(own)).isZero();
    assertThat(docker("network", "ls")).doesNotContain(own.digest(12));
  }

  @Test
  void takesDownFencesOfDeploymentsThatAreGone() throws Exception {
    Deployment gone = new Deployment("it-" + UUID.randomUUID());
    try (DockerContainerEngine engine = DockerContainerEngine.open(CONFIG, gone)) {
      engine.checkAvailable();
    }
    for (String network : List.of("internal", "internet")) {
      docker("network", "rm", "holdfast-%s-%s".formatted(gone.digest(12), network));
    }
    assertThat(fences(gone)).isNotZero();
    engine().checkAvailable();
    assertThat(fences(gone)).isZero();
    assertThat(fences(DEPLOYMENT)).isNotZero();
  }

  private static long fences(Deployment deployment) throws Exception {
    return DockerCommand.run(List.of("iptables", "-S"))
        .lines()
        .filter(rule -> rule.contains(deployment.digest(12)))
        .count();
  }

  @Test
  void makesItsNetworksAgainWhenTheyWereRemoved() throws Exception {
    Deployment own = new Deployment("it-" + UUID.randomUUID());
    try (DockerContainerEngine engine = DockerContainerEngine.open(CONFIG, own)) {
      engine.checkAvailable();
      engine.removeNetworks();
      docker("network", "ls");
      StartedContainer container = engine.start(program(owner(), "serve").build());
      assertThat(container.address()).isPresent();
      engine.destroy(container.id());
      engine.removeNetworks();
    }
  }
}
