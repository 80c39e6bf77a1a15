package io.holdfast.engine.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import com.typesafe.config.ConfigFactory;
import io.holdfast.engine.EngineConfig;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.OutboundConfig;
import io.holdfast.sdk.OutboundHandlers;
import io.holdfast.sdk.OutboundRules;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.spi.socket.PairedSocket;
import io.holdfast.sdk.spi.socket.SocketEnd;
import io.holdfast.sdk.spi.socket.SocketMessage;
import io.holdfast.sdk.spi.socket.SocketReceiver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;

/// The gate on loopback, between a client that is taken for a container and servers that are taken
/// for the world.
@Timeout(60)
class EgressGateTest {
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
  private static final OutboundConfig INTERNET =
      new OutboundConfig(true, Optional.empty(), List.of(), false);
  private static final OutboundHandlers NO_HANDLERS = OutboundHandlers.none();

  @TempDir Path ofNode;
  @TempDir Path ofWorld;

  private EgressAuthority worldAuthority;
  private EgressAuthority authority;
  private HttpServer http;
  private HttpsServer https;
  private EgressGate gate;
  private EgressGate.Doors doors;
  private volatile EgressPolicy policy = policy(INTERNET, NO_HANDLERS);
  private volatile Handling handler =
      (_, _) -> {
        throw new AssertionError("no handler");
      };
  private volatile boolean known = true;

  private interface Handling {
    Response handle(HandlerRef handler, Request request) throws Exception;
  }

  private static EgressPolicy policy(OutboundConfig config, OutboundHandlers handlers) {
    return EgressPolicy.of(config, handlers, OutboundRules.NONE);
  }

  private static OutboundConfig allowing(String... hosts) {
    return new OutboundConfig(false, Optional.of(List.of(hosts)), List.of(), false);
  }

  private static OutboundHandlers handling(String host) {
    return NO_HANDLERS.byHost(host, (_, _, _) -> Response.text("not asked by this test"));
  }

  @BeforeEach
  void openTheWorld() throws Exception {
    worldAuthority = EgressAuthority.in(ofWorld, InstantSource.system());
    authority = EgressAuthority.in(ofNode, InstantSource.system());
    http = HttpServer.create(new InetSocketAddress(LOOPBACK, 0), 0);
    https = HttpsServer.create(new InetSocketAddress(LOOPBACK, 0), 0);
    https.setHttpsConfigurator(new HttpsConfigurator(worldAuthority.tlsAs("api.example.test")));
    for (HttpServer each : List.of(http, https)) {
      each.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      each.createContext("/", EgressGateTest::echo);
      each.start();
    }
    openGate(List.of());
  }

  private void openGate(List<String> closed) throws Exception {
    WorldAddresses world =
        new WorldAddresses(AddressRange.all(closed), Map.of(), EgressGateTest::addresses);
    gate =
        new EgressGate(
            () -> authority,
            world,
            EngineConfig.of(ConfigFactory.defaultReference()).http(),
            trusting(worldAuthority),
            new EgressGate.Ports(http.getAddress().getPort(), https.getAddress().getPort()));
    gate.directory(source -> known ? Optional.of(new TestClient()) : Optional.empty());
    doors = gate.open(LOOPBACK);
  }

  private static InetAddress[] addresses(String host) throws UnknownHostException {
    if (host.endsWith(".example.test")) {
      return new InetAddress[] {LOOPBACK};
    }
    throw new UnknownHostException(host);
  }

  private final class TestClient implements EgressClient {
    @Override
    public String name() {
      return "the test";
    }

    @Override
    public EgressPolicy policy() {
      return policy;
    }

    @Override
    public Response handle(HandlerRef ref, Request request) throws Exception {
      return handler.handle(ref, request);
    }
  }

  /** Tells who was asked for what. */
  private static void echo(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    String told =
        "%s %s host=%s auth=%s body=%d"
            .formatted(
                exchange.getRequestMethod(),
                exchange.getRequestURI(),
                exchange.getRequestHeaders().getFirst("Host").replaceFirst(":.*", ""),
                exchange.getRequestHeaders().getFirst("Authorization"),
                body.length);
    byte[] answer = told.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("X-World", "yes");
    // 0 is a body in chunks.
    exchange.sendResponseHeaders(
        200, exchange.getRequestURI().getPath().equals("/chunks") ? 0 : answer.length);
    exchange.getResponseBody().write(answer);
    exchange.close();
  }

  @AfterEach
  void closeTheWorld() {
    gate.close();
    http.stop(0);
    https.stop(0);
  }

  private static SSLSocketFactory trusting(EgressAuthority authority) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("ca", authority.certificate());
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context.getSocketFactory();
  }

  // ---- the client
  // ---------------------------------------------------------------------------------------------

  private Socket connect() throws IOException {
    Socket socket = new Socket(LOOPBACK, doors.web());
    socket.setSoTimeout(20_000);
    return socket;
  }

  private SSLSocket connectSecurely(String host, EgressAuthority trusted) throws Exception {
    SSLSocket socket = (SSLSocket) trusting(trusted).createSocket(connect(), host, 443, true);
    socket.startHandshake();
    return socket;
  }

  private static String exchange(Socket socket, String request) throws IOException {
    socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static String get(String host, String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
  }

  private String plain(String host) throws IOException {
    try (Socket socket = connect()) {
      return exchange(socket, get(host, "/a?b=c"));
    }
  }

  /** One answer with a length on a connection that stays open. */
  private static String one(Socket socket, String request) throws IOException {
    socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
    InputStream in = socket.getInputStream();
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      assertThat(next).as("after " + head).isNotNegative();
      head.append((char) next);
    }
    String length = head.toString().replaceFirst("(?is).*content-length: (\\d+).*", "$1");
    return head + new String(in.readNBytes(Integer.parseInt(length)), StandardCharsets.UTF_8);
  }

  // ---- HTTP
  // ---------------------------------------------------------------------------------------------------

  @Test
  void sendsRequestsToHostsThatMayBeReached() throws Exception {
    policy = policy(allowing("*.example.test"), NO_HANDLERS);
    assertThat(plain("api.example.test"))
        .startsWith("HTTP/1.1 200")
        .contains("X-world: yes")
        .endsWith("GET /a?b=c host=api.example.test auth=null body=0");
  }

  @Test
  void answersRequestsToOtherHostsWith520() throws Exception {
    policy = policy(allowing("other.example.test"), NO_HANDLERS);
    assertThat(plain("api.example.test"))
        .startsWith("HTTP/1.1 520")
        .endsWith("\r\n\r\nOrigin is disallowed");
  }

  @Test
  void followsAChangeOfThePolicyOnAnOpenConnection() throws Exception {
    try (Socket socket = connect()) {
      String request = "GET / HTTP/1.1\r\nHost: api.example.test\r\n\r\n";
      assertThat(one(socket, request)).startsWith("HTTP/1.1 200");
      policy =
          policy(
              new OutboundConfig(true, Optional.empty(), List.of("api.example.test"), false),
              NO_HANDLERS);
      assertThat(one(socket, request)).startsWith("HTTP/1.1 520");
      policy = policy(INTERNET, NO_HANDLERS);
      assertThat(one(socket, request)).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void letsAHandlerAnswerWithTheWholeRequest() throws Exception {
    policy = policy(allowing("api.example.test"), handling("api.example.test"));
    handler =
        (ref, request) ->
            Response.text(
                201,
                ref
                    + " "
                    + request.method()
                    + " "
                    + request.url().replaceFirst(":\\d+/", "/")
                    + " "
                    + request.header("x-own").orElse("")
                    + " "
                    + request.body().text());
    try (Socket socket = connect()) {
      String answer =
          exchange(
              socket,
              "POST /a%20b?c HTTP/1.1\r\nHost: API.example.test.\r\nX-Own: 1\r\nContent-Length: 5\r\n"
                  + "Connection: close\r\n\r\nhello");
      assertThat(answer)
          .startsWith("HTTP/1.1 201")
          .endsWith("OfHost[host=api.example.test] POST http://api.example.test/a%20b?c 1 hello");
    }
  }

  @Test
  void tellsNothingOfAHandlerThatFails() throws Exception {
    policy = policy(INTERNET, handling("api.example.test"));
    handler =
        (_, _) -> {
          throw new IllegalStateException("the secret is 42");
        };
    assertThat(plain("api.example.test")).startsWith("HTTP/1.1 502").doesNotContain("42");
  }

  @Test
  void goesOnAfterAHandlerThatDidNotReadTheBody() throws Exception {
    policy = policy(INTERNET, handling("api.example.test"));
    handler = (_, _) -> Response.text(403, "no");
    try (Socket socket = connect()) {
      String answer =
          exchange(
              socket,
              "POST / HTTP/1.1\r\nHost: api.example.test\r\nContent-Length: 5\r\n\r\nhello");
      assertThat(answer).startsWith("HTTP/1.1 403").containsIgnoringCase("connection: close");
    }
  }

  @Test
  void streamsBodiesBothWays() throws Exception {
    int size = 3_000_000;
    try (Socket socket = connect()) {
      socket
          .getOutputStream()
          .write(
              ("PUT /chunks HTTP/1.1\r\nHost: api.example.test\r\nTransfer-Encoding: chunked\r\n"
                      + "Expect: 100-continue\r\nConnection: close\r\n\r\n"
                      + Integer.toHexString(size)
                      + "\r\n")
                  .getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().write(new byte[size]);
      assertThat(exchange(socket, "\r\n0\r\n\r\n"))
          .startsWith("HTTP/1.1 100")
          .contains("HTTP/1.1 200")
          .containsIgnoringCase("transfer-encoding: chunked")
          .contains("body=" + size);
    }
  }

  @Test
  void doesNotMakeABrokenBodyLookWhole() throws Exception {
    policy = policy(INTERNET, handling("api.example.test"));
    handler =
        (_, _) ->
            Response.of(
                200,
                Headers.empty(),
                Body.of(
                    new ByteArrayInputStream("half".getBytes(StandardCharsets.UTF_8)) {
                      @Override
                      public synchronized int read(byte[] target, int offset, int length) {
                        int count = super.read(target, offset, length);
                        if (count < 0) {
                          throw new IllegalStateException("broken");
                        }
                        return count;
                      }
                    }));
    try (Socket socket = connect()) {
      socket
          .getOutputStream()
          .write(get("api.example.test", "/").getBytes(StandardCharsets.ISO_8859_1));
      StringBuilder answer = new StringBuilder();
      int next;
      while ((next = readOrCut(socket)) >= 0) {
        answer.append((char) next);
      }
      assertThat(answer.toString()).doesNotContain("\r\n0\r\n");
    }
  }

  private static int readOrCut(Socket socket) {
    try {
      return socket.getInputStream().read();
    } catch (IOException _) {
      return -1;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Host: api.example.test:8080, 421",
    "Host: api.example.test:80, 200",
    "X: none, 400",
    "Host: a b, 400",
    "Host: 0x7f000001, 400",
    "Host: nowhere.invalid, 502",
  })
  void takesAHostInOneFormOnly(String header, int status) throws Exception {
    try (Socket socket = connect()) {
      assertThat(exchange(socket, "GET / HTTP/1.1\r\n" + header + "\r\nConnection: close\r\n\r\n"))
          .startsWith("HTTP/1.1 " + status);
    }
  }

  @ParameterizedTest
  @CsvSource({"http://api.example.test/x, 200", "http://other.example.test/x, 400"})
  void takesTheHostOfTheRequestLineOnlyWhenItIsTheSame(String target, int status) throws Exception {
    try (Socket socket = connect()) {
      assertThat(exchange(socket, get("api.example.test", target)))
          .startsWith("HTTP/1.1 " + status);
    }
  }

  @Test
  void refusesTwoHosts() throws Exception {
    try (Socket socket = connect()) {
      assertThat(
              exchange(
                  socket, "GET / HTTP/1.1\r\nHost: a.example.test\r\nHost: b.example.test\r\n\r\n"))
          .startsWith("HTTP/1.1 400");
    }
  }

  @Test
  void connectsToNoClosedAddressWhateverItsName() throws Exception {
    gate.close();
    openGate(List.of("127.0.0.0/8"));
    assertThat(plain("api.example.test")).startsWith("HTTP/1.1 520");
    assertThatThrownBy(() -> connectSecurely("api.example.test", worldAuthority))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("access_denied");
  }

  @Test
  void connectsToNoAddressThatIsDenied() throws Exception {
    policy =
        policy(
            new OutboundConfig(true, Optional.empty(), List.of("127.0.0.0/8"), false), NO_HANDLERS);
    assertThat(plain("api.example.test")).startsWith("HTTP/1.1 520");
  }

  @Test
  void servesNobodyItDoesNotKnow() throws Exception {
    known = false;
    assertThat(plain("api.example.test")).isEmpty();
  }

  @Test
  void closesWhatAContainerHadOpenWhenItEnds() throws Exception {
    try (Socket socket = connect()) {
      one(socket, "GET / HTTP/1.1\r\nHost: api.example.test\r\n\r\n");
      gate.cut(LOOPBACK);
      assertThat(socket.getInputStream().read()).isNegative();
    }
  }

  // ---- WebSockets
  // ---------------------------------------------------------------------------------------------

  @Test
  void letsAHandlerSpeakWebSocket() throws Exception {
    policy = policy(INTERNET, handling("api.example.test"));
    SocketEnd end = SocketEnd.open();
    handler = (_, _) -> Response.webSocket(new PairedSocket(end.other()));
    end.attach(
        new SocketReceiver() {
          @Override
          public void message(SocketMessage message, Runnable taken) {
            taken.run();
            end.send(message, () -> {});
          }

          @Override
          public void closed(int code, String reason, boolean clean) {
            end.close(code, reason, clean);
          }
        });
    try (Socket socket = connect()) {
      socket
          .getOutputStream()
          .write(
              ("GET /chat HTTP/1.1\r\nHost: api.example.test\r\nUpgrade: websocket\r\n"
                      + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                  .getBytes(StandardCharsets.ISO_8859_1));
      StringBuilder head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        head.append((char) socket.getInputStream().read());
      }
      assertThat(head.toString())
          .startsWith("HTTP/1.1 101")
          .contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      // Text "hi", masked with zeros.
      socket.getOutputStream().write(new byte[] {(byte) 0x81, (byte) 0x82, 0, 0, 0, 0, 'h', 'i'});
      assertThat(socket.getInputStream().readNBytes(4))
          .containsExactly((byte) 0x81, 2, (byte) 'h', (byte) 'i');
    }
  }

  // ---- HTTPS
  // --------------------------------------------------------------------------------------------------

  @Test
  void passesTlsThroughToHostsThatMayBeReached() throws Exception {
    policy = policy(allowing("api.example.test"), NO_HANDLERS);
    try (SSLSocket socket = connectSecurely("api.example.test", worldAuthority)) {
      assertThat(exchange(socket, get("api.example.test", "/")))
          .endsWith("GET / host=api.example.test auth=null body=0");
    }
  }

  @Test
  void refusesTlsToOtherHostsByAnAlert() {
    policy = policy(allowing("other.example.test"), NO_HANDLERS);
    assertThatThrownBy(() -> connectSecurely("api.example.test", worldAuthority))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("access_denied");
  }

  @Test
  void refusesTlsWithoutAHost() {
    assertThatThrownBy(
            () -> {
              try (SSLSocket socket =
                  (SSLSocket)
                      trusting(worldAuthority).createSocket(connect(), "127.0.0.1", 443, true)) {
                socket.startHandshake();
              }
            })
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("unrecognized_name");
  }

  @Test
  void endsTlsForAHandlerWithACertificateOfTheNode() throws Exception {
    policy =
        policy(
            new OutboundConfig(false, Optional.empty(), List.of(), true),
            handling("api.example.test"));
    handler =
        (_, request) -> Response.text("answered " + request.url().replaceFirst(":\\d+/", "/"));
    try (SSLSocket socket = connectSecurely("api.example.test", authority)) {
      assertThat(exchange(socket, get("api.example.test", "/")))
          .endsWith("answered https://api.example.test/");
    }
  }

  @Test
  void sendsRequestsOnAfterItEndedTls() throws Exception {
    policy = policy(new OutboundConfig(true, Optional.empty(), List.of(), true), NO_HANDLERS);
    try (SSLSocket socket = connectSecurely("api.example.test", authority)) {
      assertThat(exchange(socket, get("api.example.test", "/x")))
          .endsWith("GET /x host=api.example.test auth=null body=0");
    }
  }

  @Test
  void answersDeniedHttpsWith520WhereItEndsTls() throws Exception {
    policy =
        policy(
            new OutboundConfig(true, Optional.empty(), List.of("api.example.test"), true),
            NO_HANDLERS);
    try (SSLSocket socket = connectSecurely("api.example.test", authority)) {
      assertThat(exchange(socket, get("api.example.test", "/"))).startsWith("HTTP/1.1 520");
    }
  }

  @Test
  void takesNoOtherHostInsideTls() throws Exception {
    policy = policy(new OutboundConfig(true, Optional.empty(), List.of(), true), NO_HANDLERS);
    try (SSLSocket socket = connectSecurely("api.example.test", authority)) {
      assertThat(exchange(socket, get("other.example.test", "/"))).startsWith("HTTP/1.1 421");
    }
  }

  @Test
  void keepsItsAuthority() {
    assertThat(EgressAuthority.in(ofNode, InstantSource.system()).certificate())
        .isEqualTo(authority.certificate());
  }

  // ---- names
  // --------------------------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void tellsTrueAddressesOnlyOfHostsThatMayBeReached(boolean tcp) throws Exception {
    policy =
        policy(
            new OutboundConfig(
                false,
                Optional.of(List.of("api.example.test", "own.example.test", "gone.invalid")),
                List.of(),
                false),
            handling("own.example.test"));
    Consumer<SimpleResolver> by = resolver -> resolver.setTCP(tcp);
    assertThat(ask("api.example.test", Type.A, by)).isEqualTo("127.0.0.1");
    assertThat(ask("own.example.test", Type.A, by)).isEqualTo("192.0.2.1");
    assertThat(ask("other.example.test", Type.A, by)).isEqualTo("192.0.2.1");
    assertThat(ask("gone.invalid", Type.A, by)).isEqualTo("NXDOMAIN");
    assertThat(ask("api.example.test", Type.AAAA, by)).isEqualTo("NOERROR");
    assertThat(ask("api.example.test", Type.TXT, by)).isEqualTo("NOERROR");
  }

  private String ask(String host, int type, Consumer<SimpleResolver> how) throws Exception {
    SimpleResolver resolver = new SimpleResolver(LOOPBACK);
    resolver.setPort(doors.names());
    resolver.setTimeout(Duration.ofSeconds(10));
    how.accept(resolver);
    Message answer =
        resolver.send(
            Message.newQuery(Record.newRecord(Name.fromString(host + "."), type, DClass.IN)));
    List<Record> found = answer.getSection(Section.ANSWER);
    return found.isEmpty()
        ? Rcode.string(answer.getRcode())
        : ((ARecord) found.getFirst()).getAddress().getHostAddress();
  }
}
