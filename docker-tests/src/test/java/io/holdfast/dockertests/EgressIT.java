package io.holdfast.dockertests;

import static io.holdfast.dockertests.DockerCommand.docker;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.ContainerSpec;
import io.holdfast.engine.Deployment;
import io.holdfast.engine.EngineConfig;
import io.holdfast.engine.ExecRequest;
import io.holdfast.engine.ExecResult;
import io.holdfast.engine.FoundContainer;
import io.holdfast.engine.Network;
import io.holdfast.engine.ReadOnlyRoot;
import io.holdfast.engine.StartedContainer;
import io.holdfast.engine.docker.DockerContainerEngine;
import io.holdfast.engine.egress.AddressRange;
import io.holdfast.engine.egress.EgressAuthority;
import io.holdfast.engine.egress.EgressClient;
import io.holdfast.engine.egress.EgressGate;
import io.holdfast.engine.egress.EgressPolicy;
import io.holdfast.engine.egress.HandlerRef;
import io.holdfast.engine.egress.WorldAddresses;
import io.holdfast.engine.http.HttpFetcher;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.OutboundConfig;
import io.holdfast.sdk.OutboundHandlers;
import io.holdfast.sdk.OutboundRules;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The gate on a real Docker Engine: `curl` and `nslookup` inside a container, and a world on the
/// other side of this host.
@Timeout(180)
class EgressIT {
  private static final String IMAGE = "holdfast-test/egress:latest";
  private static final String AUTHORITY = "/etc/cloudflare/certs/cloudflare-containers-ca.crt";
  private static final String API = "api.example.test";
  private static final String OTHER = "other.example.test";
  private static final OutboundConfig CLOSED = OutboundConfig.internet(false);
  private static final OutboundHandlers NO_HANDLERS = OutboundHandlers.none();
  private static final Deployment DEPLOYMENT = new Deployment("egress-it-" + UUID.randomUUID());
  private static final EngineConfig CONFIG =
      EngineConfig.of(
          ConfigFactory.parseString("holdfast.engine.network.prepared = 1")
              .withFallback(ConfigFactory.load()));

  @TempDir static Path folder;
  private static Outside outside;
  private static HttpFetcher fetcher;
  private static EgressGate gate;
  private static DockerContainerEngine engine;
  private static StartedContainer gated;
  private static StartedContainer open;
  private static int objects;

  private static volatile EgressPolicy policy = policy(CLOSED, NO_HANDLERS);
  private static volatile Handling handler = request -> Response.text("unexpected");

  private interface Handling {
    Response handle(Request request) throws Exception;
  }

  private static EgressPolicy policy(OutboundConfig config, OutboundHandlers handlers) {
    return EgressPolicy.of(config, handlers, OutboundRules.NONE);
  }

  private static OutboundConfig allowing(boolean https, String... hosts) {
    return new OutboundConfig(false, Optional.of(List.of(hosts)), List.of(), https);
  }

  private static OutboundHandlers handling(String host) {
    return NO_HANDLERS.byHost(host, (_, _, _) -> Response.text("the test answers for it"));
  }

  // ---- the world
  // ----------------------------------------------------------------------------------------------

  @BeforeAll
  static void buildTheWorld() throws Exception {
    buildImage(Files.createDirectory(folder.resolve("image")));
    outside = new Outside();
    Path keys = folder.resolve("outside.p12");
    makeKey(keys);
    outside.run(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            // The JDK's server of HTTPS looks for the names of its clients, and finds no DNS there.
            "-Djdk.net.hosts.file=/dev/null",
            "-cp",
            Path.of(OutsideWeb.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toString(),
            OutsideWeb.class.getName(),
            outside.address(),
            keys.toString()));
    Awaitility.await().ignoreExceptions().until(() -> connects(443));
    SSLSocketFactory tls = trusting(OutsideWeb.store(keys));
    fetcher = new HttpFetcher(CONFIG.http(), tls, EgressIT::addresses);
    gate =
        new EgressGate(
            () -> EgressAuthority.in(folder, InstantSource.system()),
            new WorldAddresses(
                AddressRange.all(CONFIG.blockedRanges()),
                Map.of(),
                host -> addresses(host).toArray(InetAddress[]::new)),
            CONFIG.http(),
            tls);
    gate.directory(_ -> Optional.of(new TestClient()));
    engine = DockerContainerEngine.open(CONFIG, DEPLOYMENT, gate);
    gated = start(Network.GATED);
    open = start(Network.GATED_OPEN);
  }

  private static boolean connects(int port) throws Exception {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(outside.address(), port), 1_000);
      return true;
    }
  }

  private static List<InetAddress> addresses(String host) throws UnknownHostException {
    if (host.endsWith(".example.test")) {
      return List.of(InetAddress.ofLiteral(outside.address()));
    }
    if (host.matches("[0-9.]+")) {
      return List.of(InetAddress.ofLiteral(host));
    }
    throw new UnknownHostException(host);
  }

  private static void makeKey(Path file) throws Exception {
    DockerCommand.run(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair",
            "-keystore",
            file.toString(),
            "-storetype",
            "PKCS12",
            "-storepass",
            new String(OutsideWeb.PASSWORD),
            "-alias",
            "outside",
            "-keyalg",
            "EC",
            "-dname",
            "CN=outside",
            "-ext",
            "san=dns:" + API + ",dns:" + OTHER));
  }

  private static SSLSocketFactory trusting(KeyStore keys) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("outside", keys.getCertificate("outside"));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context.getSocketFactory();
  }

  /// busybox, and this machine's curl with all it is linked to.
  private static void buildImage(Path context) throws Exception {
    Path curl = Path.of("/usr/bin/curl");
    List<String> files = new ArrayList<>(List.of(curl.toString()));
    DockerCommand.run(List.of("ldd", curl.toString()))
        .lines()
        .flatMap(line -> Stream.of(line.strip().split("\\s+")))
        .filter(word -> word.startsWith("/"))
        .forEach(files::add);
    files.add("/bin/busybox");
    for (String file : files) {
      Path copy = context.resolve("root" + file);
      Files.createDirectories(copy.getParent());
      Files.copy(Path.of(file).toRealPath(), copy);
    }
    Files.writeString(
        context.resolve("Dockerfile"),
        """
        FROM scratch
        COPY root /
        RUN ["/bin/busybox", "--install", "-s", "/bin"]
        ENV PATH=/bin:/usr/bin
        USER 65534
        CMD ["sleep", "3600"]
        """);
    docker("build", "-q", "-t", IMAGE, context.toString());
  }

  private static final class TestClient implements EgressClient {
    @Override
    public String name() {
      return "egress-it";
    }

    @Override
    public EgressPolicy policy() {
      return policy;
    }

    @Override
    public Response handle(HandlerRef ref, Request request) throws Exception {
      return handler.handle(request);
    }
  }

  @AfterAll
  static void removeEverything() throws Exception {
    for (FoundContainer left : engine.list()) {
      engine.destroy(left.id());
    }
    engine.removeNetworks();
    engine.close();
    gate.close();
    fetcher.close();
    outside.close();
    String rules = DockerCommand.run(List.of("iptables-save"));
    assertThat(rules).doesNotContain(DEPLOYMENT.digest(12));
  }

  @BeforeEach
  void nothingMayBeReached() {
    policy = policy(CLOSED, NO_HANDLERS);
  }

  private static StartedContainer start(Network network) {
    return engine.start(spec(network).build());
  }

  private static ContainerSpec.Builder spec(Network network) {
    ContainerOwner owner =
        new ContainerOwner("egress", "Test", "%064x".formatted(++objects), "node-1", 1);
    return ContainerSpec.of(owner, IMAGE).network(network);
  }

  @Test
  void aReadOnlyRootHasTheNodesAuthorityToo() {
    StartedContainer sealed =
        engine.start(spec(Network.GATED).readOnlyRoot(new ReadOnlyRoot(Map.of())).build());
    policy = policy(allowing(true, API), handling(API));
    handler = _ -> Response.text("handled");
    assertThat(curl(sealed, "--cacert", AUTHORITY, "https://" + API)).isEqualTo("handled [200]");
    assertThat(run(sealed, "touch", "/etc/x").exitCode()).isNotZero();
  }

  private static ExecResult run(StartedContainer container, String... command) {
    return engine.exec(container.id(), ExecRequest.of(command).withTimeout(Duration.ofSeconds(60)));
  }

  private static String curl(StartedContainer container, String... arguments) {
    List<String> command =
        new ArrayList<>(List.of("curl", "-sS", "-m", "15", "-w", " [%{http_code}]"));
    command.addAll(List.of(arguments));
    ExecResult result = run(container, command.toArray(String[]::new));
    return result.stdoutText() + result.stderrText();
  }

  // ---- HTTP
  // ---------------------------------------------------------------------------------------------------

  @Test
  void curlReachesAnAllowedHostAndIsAnswered520ForOthers() {
    policy = policy(allowing(false, API), NO_HANDLERS);
    assertThat(curl(gated, "http://" + API + "/x?y=z"))
        .isEqualTo("world: http /x?y=z host=" + API + " auth=null body= [200]");
    assertThat(curl(gated, "-d", "hello", "http://" + API)).contains("body=hello [200]");
    assertThat(curl(gated, "http://" + OTHER)).isEqualTo("Origin is disallowed [520]");
    // Not by its address either, under whatever name.
    assertThat(curl(gated, "http://" + outside.address())).isEqualTo("Origin is disallowed [520]");
    assertThat(curl(gated, "-H", "Host: " + OTHER, "http://" + API))
        .isEqualTo("Origin is disallowed [520]");
  }

  @Test
  void aHandlerAddsACredentialThatTheContainerNeverSees() {
    policy = policy(allowing(false, API), handling(API));
    handler =
        request ->
            fetcher.fetch(
                Request.of(
                    request.method(),
                    request.url(),
                    request.headers().with("Authorization", "Bearer secret"),
                    Body.of(request.body().bytes())));
    assertThat(curl(gated, "-d", "mine", "http://" + API))
        .isEqualTo("world: http / host=" + API + " auth=Bearer secret body=mine [200]");
    assertThat(run(gated, "env").stdoutText()).doesNotContain("secret");
  }

  // ---- HTTPS
  // --------------------------------------------------------------------------------------------------

  @Test
  void curlSpeaksTlsWithAnAllowedHostItselfAndIsRefusedOthers() {
    policy = policy(allowing(false, API), NO_HANDLERS);
    assertThat(curl(gated, "-k", "https://" + API))
        .isEqualTo("world: https / host=" + API + " auth=null body= [200]");
    // It is the host's own certificate: the node's authority did not make it.
    assertThat(curl(gated, "--cacert", AUTHORITY, "https://" + API)).contains("(60)");
    assertThat(curl(gated, "-k", "https://" + OTHER)).contains("(35)");
  }

  @Test
  void curlTrustsTheNodesAuthorityWhereAHandlerAnswersHttps() {
    policy = policy(allowing(true, API), handling(API));
    handler =
        request ->
            Response.text(request.method() + " " + request.url() + " " + request.body().text());
    assertThat(curl(gated, "--cacert", AUTHORITY, "-d", "mine", "https://" + API + "/a"))
        .isEqualTo("POST https://" + API + "/a mine [200]");
    assertThat(curl(gated, "https://" + API + "/a")).contains("[000]curl: (");
    assertThat(curl(gated, "--cacert", AUTHORITY, "https://" + OTHER))
        .isEqualTo("Origin is disallowed [520]");
  }

  @Test
  void curlReachesTheWorldThroughTlsThatEndsAtTheNode() {
    policy = policy(allowing(true, API), NO_HANDLERS);
    assertThat(curl(gated, "--cacert", AUTHORITY, "https://" + API))
        .isEqualTo("world: https / host=" + API + " auth=null body= [200]");
  }

  // ---- names
  // --------------------------------------------------------------------------------------------------

  @Test
  void namesAreToldByTheNodeAloneWhoeverIsAsked() {
    policy = policy(allowing(false, API), NO_HANDLERS);
    for (String server : List.of("", "8.8.8.8", outside.address())) {
      assertThat(lookUp(gated, API, server)).contains(outside.address());
      assertThat(lookUp(gated, OTHER, server)).contains("192.0.2.1");
      assertThat(lookUp(gated, "secrets-in-a-name.attacker.test", server)).contains("192.0.2.1");
    }
  }

  private static String lookUp(StartedContainer container, String host, String server) {
    ExecResult result =
        server.isEmpty()
            ? run(container, "nslookup", host)
            : run(container, "nslookup", host, server);
    return result.stdoutText().replaceFirst("(?s)^Server.*?\n\n", "");
  }

  // ---- everything else
  // ----------------------------------------------------------------------------------------

  @Test
  void nothingButHttpHttpsAndNamesLeavesAGatedContainer() {
    policy = policy(allowing(false, "*"), NO_HANDLERS);
    assertThat(curl(gated, "http://" + API)).endsWith("[200]");
    assertThat(connects(gated, outside.address(), outside.port())).isFalse();
    assertThat(run(gated, "ping", "-c", "1", "-W", "2", outside.address()).exitCode()).isNotZero();
  }

  @Test
  void aContainerWithInternetAndHandlersReachesTheRestOfIt() {
    policy = policy(OutboundConfig.internet(true), handling(API));
    handler = request -> Response.text("answered " + request.url());
    assertThat(curl(open, "http://" + API + "/x")).isEqualTo("answered http://" + API + "/x [200]");
    assertThat(curl(open, "http://" + OTHER)).startsWith("world: http");
    assertThat(connects(open, outside.address(), outside.port())).isTrue();
    assertThat(connects(open, "10.255.255.1", 80)).as("the gate takes port 80").isTrue();
    assertThat(curl(open, "http://10.255.255.1")).isEqualTo("Origin is disallowed [520]");
  }

  private static boolean connects(StartedContainer container, String address, int port) {
    return run(container, "nc", "-w", "3", address, "" + port, "-e", "/bin/true").exitCode() == 0;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void holdsAContainerInAPreparedNetworkAndOnABridge(boolean prepared) throws Exception {
    StartedContainer container = start(Network.GATED);
    for (int i = 0; isPrepared(container) != prepared; i++) {
      assertThat(i).isLessThan(100);
      engine.destroy(container.id());
      if (prepared) {
        engine.prepare(Network.GATED);
        Thread.sleep(200);
      }
      container = start(Network.GATED);
    }
    policy = policy(allowing(false, API), NO_HANDLERS);
    assertThat(curl(container, "http://" + API)).endsWith("[200]");
    assertThat(curl(container, "http://" + OTHER)).endsWith("[520]");
    assertThat(connects(container, outside.address(), outside.port())).isFalse();
    engine.destroy(container.id());
  }

  private static boolean isPrepared(StartedContainer container) throws Exception {
    return docker("inspect", "-f", "{{.HostConfig.NetworkMode}}", container.id().value())
        .startsWith("container:");
  }

  @Test
  void theGateIsThereAgainForContainersThatOutliveTheNode() throws Exception {
    policy = policy(allowing(false, API), NO_HANDLERS);
    try (EgressGate later =
            new EgressGate(
                () -> EgressAuthority.in(folder, InstantSource.system()),
                new WorldAddresses(
                    List.of(), Map.of(), host -> addresses(host).toArray(InetAddress[]::new)),
                CONFIG.http(),
                (SSLSocketFactory) SSLSocketFactory.getDefault());
        DockerContainerEngine next = DockerContainerEngine.open(CONFIG, DEPLOYMENT, later)) {
      later.directory(_ -> Optional.of(new TestClient()));
      next.checkAvailable();
      gate.close();
      assertThat(curl(gated, "http://" + API)).endsWith("[200]");
      assertThat(curl(gated, "http://" + OTHER)).endsWith("[520]");
    } finally {
      engine.checkAvailable(); // Its doors are the firewall's again.
    }
    assertThat(curl(gated, "http://" + API)).endsWith("[200]");
  }

  @Test
  void noGatedContainerStartsOnAnEngineWithoutAGate() {
    try (DockerContainerEngine without = DockerContainerEngine.open(CONFIG, DEPLOYMENT)) {
      ContainerOwner owner =
          new ContainerOwner("egress", "Test", "%064x".formatted(++objects), "node-1", 1);
      assertThatThrownBy(
              () -> without.start(ContainerSpec.of(owner, IMAGE).network(Network.GATED).build()))
          .isInstanceOf(HoldfastException.class)
          .hasMessageContaining("nothing would hold it to that");
    } finally {
      engine.checkAvailable(); // Without doors there was no way out for anyone.
    }
  }

  @Test
  void theAuthorityIsReadableForAnyUserOfTheContainer() {
    assertThat(run(gated, "cat", AUTHORITY).stdoutText()).startsWith("-----BEGIN CERTIFICATE-----");
    assertThat(Objects.requireNonNull(run(gated, "ls", "-ld", "/etc").stdoutText()))
        .startsWith("drwxr-xr-x");
  }
}
