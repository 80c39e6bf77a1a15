package io.holdfast.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.WebSocketPair;
import io.holdfast.sdk.spi.socket.PairedSocket;
import io.holdfast.sdk.spi.socket.SocketEnd;
import io.holdfast.sdk.spi.socket.SocketMessage;
import io.holdfast.sdk.spi.socket.SocketReceiver;
import java.net.URI;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WebSocketTest {
  private final EdgeFixture edge = new EdgeFixture();
  private final Side app = new Side();

  /** The app's end of the connections of a test. */
  private final class Side implements SocketReceiver {
    final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    final BlockingQueue<SocketEnd> ends = new ArrayBlockingQueue<>(10);
    final List<Runnable> untaken = new ArrayList<>();
    volatile boolean holds;
    volatile boolean echoes = true;
    volatile SocketEnd end = SocketEnd.open();

    Response answer(Request request) {
      if (request.path().equals("/plain")) {
        return Response.text("no socket: " + request.header("upgrade").orElse("-"));
      }
      WebSocketPair pair = new WebSocketPair();
      end = PairedSocket.take(pair.server());
      end.attach(this);
      ends.add(end);
      return Response.webSocket(pair.client())
          .withHeaders(
              Headers.of(
                  "sec-websocket-protocol",
                  request.header("sec-websocket-protocol").orElse("none"),
                  "set-cookie",
                  "a=b",
                  "connection",
                  "x-hop",
                  "x-hop",
                  "1"));
    }

    @Override
    public void message(SocketMessage message, Runnable taken) {
      String text =
          switch (message) {
            case SocketMessage.Text(String t) -> t;
            case SocketMessage.Binary(byte[] bytes) -> bytes.length + " bytes";
          };
      seen.add(text.length() > 200 ? text.length() + " chars" : text);
      if (holds) {
        synchronized (untaken) {
          untaken.add(taken);
        }
        return;
      }
      taken.run();
      if (echoes) {
        end.send(message, () -> {});
      }
    }

    @Override
    public void failed(HoldfastException error) {
      seen.add("failed " + error.code().code());
    }

    @Override
    public void closed(int code, String reason, boolean clean) {
      seen.add("closed " + code + " " + reason + (clean ? " clean" : " broken"));
    }

    String next() throws InterruptedException {
      String next = seen.poll(20, TimeUnit.SECONDS);
      return next == null ? "nothing" : next;
    }
  }

  @BeforeEach
  void app() {
    edge.app("chat", (request, env, ctx) -> app.answer(request), "/*");
  }

  @AfterEach
  void stop() throws InterruptedException {
    edge.close();
  }

  private double openSockets() {
    return Metrics.value(edge.registry, "holdfast_edge_web_sockets");
  }

  private void awaitNoSockets() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(openSockets()).isEqualTo(0));
  }

  // ---- handshake

  @Test
  void answersTheHandshakeAndKeepsTheHeadersOfTheApp() throws Exception {
    edge.start();
    try (RawClient client = edge.raw()) {
      String head =
          client
              .send(FrameClient.handshake("/", "Sec-WebSocket-Protocol: v2", "x-request-id: me-1"))
              .head();
      assertThat(head).startsWith("HTTP/1.1 101 Switching Protocols\r\n");
      assertThat(head).contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
      assertThat(head).contains("Upgrade: websocket\r\n", "Connection: Upgrade\r\n");
      assertThat(head).contains("sec-websocket-protocol: v2\r\n", "set-cookie: a=b\r\n");
      assertThat(head).contains("x-request-id: me-1\r\n").doesNotContain("x-hop");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Sec-WebSocket-Version: 13, Sec-WebSocket-Version: 12, 426",
    "Sec-WebSocket-Version: 13, X-Other: 1, 426",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==, Sec-WebSocket-Key: short, 400",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==, X-Other: 1, 400",
  })
  void refusesABadHandshake(String right, String wrong, int status) throws Exception {
    edge.start();
    try (RawClient client = edge.raw()) {
      String head = client.send(FrameClient.handshake("/").replace(right, wrong)).head();
      assertThat(head).startsWith("HTTP/1.1 " + status + " ");
      assertThat(head.contains("sec-websocket-version: 13")).isEqualTo(status == 426);
    }
    assertThat(app.ends).isEmpty();
  }

  @Test
  void anAppMayAnswerAnUpgradeWithoutASocket() throws Exception {
    edge.start();
    try (RawClient client = edge.raw()) {
      String head = client.send(FrameClient.handshake("/plain")).head();
      assertThat(head).startsWith("HTTP/1.1 200 ");
      assertThat(client.body(head)).isEqualTo("no socket: websocket");
    }
  }

  @Test
  void otherUpgradesAreNotSeenByTheApp() throws Exception {
    edge.start();
    try (RawClient client = edge.raw()) {
      String request = FrameClient.handshake("/plain").replace("websocket\r\n", "h2c\r\n");
      String head = client.send(request).head();
      assertThat(client.body(head)).isEqualTo("no socket: -");
    }
  }

  @Test
  void aSocketForARequestWithoutUpgradeIsAnError() throws Exception {
    edge.start();
    var response = edge.get("/");
    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.body()).contains("worker_failed", "Upgrade: websocket");
    assertThat(app.next()).startsWith("closed 1006");
  }

  // ---- messages

  @Test
  void echoesThroughTheJdksOwnClient() throws Exception {
    edge.start();
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    WebSocket client =
        edge.client
            .newWebSocketBuilder()
            .subprotocols("v1")
            .buildAsync(URI.create("ws://localhost:" + edge.port() + "/"), new Recorder(seen))
            .get(20, TimeUnit.SECONDS);
    assertThat(client.getSubprotocol()).isEqualTo("v1");
    client.sendText("hel", false).get();
    client.sendText("lo é😀", true).get();
    assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("hello é😀");
    client.sendText("x".repeat(300_000), true).get();
    assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("x".repeat(300_000));
    client.sendClose(4001, "done").get();
    assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("closed 4001 ");
    assertThat(app.next()).isEqualTo("hello é😀");
    assertThat(app.next()).isEqualTo("300000 chars");
    assertThat(app.next()).isEqualTo("closed 4001 done clean");
    awaitNoSockets();
  }

  private static final class Recorder implements WebSocket.Listener {
    private final BlockingQueue<String> seen;
    private final StringBuilder text = new StringBuilder();

    Recorder(BlockingQueue<String> seen) {
      this.seen = seen;
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        seen.add(text.toString());
        text.setLength(0);
      }
      return WebSocket.Listener.super.onText(socket, data, last);
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      seen.add("closed " + code + " " + reason);
      return WebSocket.Listener.super.onClose(socket, code, reason);
    }
  }

  @Test
  void countsSocketsAndMessagesAndNoRequestInFlight() throws Exception {
    edge.start();
    try (FrameClient client = FrameClient.connect(edge, "/")) {
      client.sendHex("81 85 37fa213d 7f9f4d5158");
      assertThat(client.next()).isEqualTo("81 Hello");
      assertThat(openSockets()).isEqualTo(1);
      // The echo may overtake the end of the exchange that upgraded.
      Awaitility.await()
          .untilAsserted(() ->
              assertThat(Metrics.value(edge.registry, "holdfast_edge_requests_in_flight"))
                  .isEqualTo(0));
      String scrape = edge.get("/metrics").body();
      assertThat(scrape).contains("holdfast_edge_web_socket_messages_total{direction=\"in\"} 1");
      assertThat(scrape).contains("holdfast_edge_web_socket_messages_total{direction=\"out\"} 1");
      assertThat(scrape).contains("holdfast_edge_requests_total{app=\"chat\",status=\"1xx\"} 1");
    }
    assertThat(app.next()).isEqualTo("Hello");
    assertThat(app.next()).startsWith("closed 1006 WebSocket disconnected").endsWith("broken");
    awaitNoSockets();
  }

  @Test
  void answersPingsItself() throws Exception {
    edge.start();
    try (FrameClient client = FrameClient.connect(edge, "/")) {
      assertThat(client.send(FrameClient.FRAMES.ping(new byte[] {'h', 'i'})).next())
          .isEqualTo("8a hi");
      assertThat(app.seen).isEmpty();
    }
  }

  @Test
  void sendsWhatTheAppSentBeforeItsAnswer() throws Exception {
    edge.app(
        "eager",
        (request, env, ctx) -> {
          WebSocketPair pair = new WebSocketPair();
          SocketEnd end = PairedSocket.take(pair.server());
          end.send(new SocketMessage.Text("first"), () -> {});
          end.close(4002, "and last", true);
          return Response.webSocket(pair.client());
        },
        "/eager");
    edge.start();
    try (FrameClient client = FrameClient.connect(edge, "/eager")) {
      assertThat(client.next()).isEqualTo("81 first");
      assertThat(client.next()).isEqualTo("88 4002 and last");
      client.close(4002, "");
      assertThat(client.next()).isEqualTo("end");
    }
  }

  // ---- the end

  @Test
  void anAppThatClosesWaitsForTheClientsAnswer() throws Exception {
    edge.start();
    try (FrameClient client = FrameClient.connect(edge, "/")) {
      app.end.close(4000, "over", true);
      assertThat(client.next()).isEqualTo("88 4000 over");
      client.send(FrameClient.FRAMES.message(new SocketMessage.Text("crossing")));
      assertThat(app.next()).isEqualTo("crossing");
      client.close(4000, "agreed");
      assertThat(app.next()).isEqualTo("closed 4000 agreed clean");
      assertThat(client.next()).isEqualTo("end");
    }
    awaitNoSockets();
  }

  @Test
  void aClientThatDoesNotAnswerACloseIsDropped() throws Exception {
    edge.config("web-sockets.close-timeout = 100 ms").start();
    try (FrameClient client = FrameClient.connect(edge, "/")) {
      app.end.close(4000, "over", true);
      assertThat(client.next()).isEqualTo("88 4000 over");
      assertThat(app.next()).startsWith("closed 1006");
      awaitNoSockets();
    }
  }

  @Test
  void aSilentClientIsAskedAndThenDropped() throws Exception {
    edge.config("web-sockets.ping-interval = 100 ms")
        .config("web-sockets.pong-timeout = 300 ms")
        .start();
    try (FrameClient client = FrameClient.connect(edge, "/")) {
      assertThat(client.next()).isEqualTo("89");
      client.send(FrameClient.FRAMES.pong(new byte[0]));
      assertThat(client.next()).isEqualTo("89");
      assertThat(app.seen).isEmpty();
      assertThat(app.next()).startsWith("closed 1006");
    }
    awaitNoSockets();
  }

  @Test
  void aShutdownClosesWith1001() throws Exception {
    edge.start();
    try (FrameClient client = FrameClient.connect(edge, "/")) {
      Thread stopping =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  edge.server().stop(Duration.ofSeconds(10));
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      assertThat(client.next()).startsWith("88 1001");
      client.close(1001, "");
      assertThat(client.next()).isEqualTo("end");
      assertThat(app.next()).isEqualTo("closed 1001  clean");
      assertThat(stopping.join(Duration.ofSeconds(9))).isTrue();
    }
  }

  // ---- hostile and slow clients

  @ParameterizedTest
  @CsvSource({
    "81 00, 1002",
    "c1 80 00000000, 1002",
    "83 80 00000000, 1002",
    "88 81 00000000 03, 1002",
    "81 82 00000000 c0af, 1007",
    "82 ff 0000000000010001 00000000, 1009",
  })
  void closesOnFramesThatAreWrong(String frame, int code) throws Exception {
    edge.config("web-sockets.message-bytes-max = 64 KiB").start();
    try (FrameClient client = FrameClient.connect(edge, "/")) {
      client.sendHex(frame);
      assertThat(client.next()).startsWith("88 " + code + " expected ");
      assertThat(client.next()).isEqualTo("end");
      assertThat(app.next()).isEqualTo("failed invalid_request");
      assertThat(app.next()).startsWith("closed " + code).endsWith("broken");
    }
    awaitNoSockets();
  }

  @Test
  void aClientThatDoesNotReadIsClosedWithoutHoldingMemory() throws Exception {
    edge.config("web-sockets.unread-bytes-max = 256 KiB").start();
    try (FrameClient client = FrameClient.connect(edge, "/")) {
      client.sendHex("81 85 37fa213d 7f9f4d5158");
      assertThat(client.next()).isEqualTo("81 Hello");
      assertThat(app.next()).isEqualTo("Hello");
      SocketMessage message = new SocketMessage.Binary(new byte[64 * 1024]);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .pollInterval(Duration.ofMillis(1))
          .until(() -> {
            app.end.send(message, () -> {});
            return !app.seen.isEmpty();
          });
      assertThat(app.next()).isEqualTo("closed 1013 The client reads too slowly. broken");
      String last = client.next();
      while (last.startsWith("82")) {
        last = client.next();
      }
      assertThat(last).isEqualTo("88 1013 The client reads too slowly.");
    }
  }

  @Test
  void aClientThatSendsFasterThanTheAppTakesIsNotRead() throws Exception {
    edge.config("web-sockets.untaken-bytes-max = 16 KiB").start();
    app.holds = true;
    try (FrameClient client = FrameClient.connect(edge, "/")) {
      byte[] frame = FrameClient.FRAMES.message(new SocketMessage.Binary(new byte[4096]));
      Thread sender =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  for (int i = 0; i < 8_000; i++) {
                    client.send(frame);
                  }
                } catch (java.io.IOException e) {
                  app.seen.add("sender: " + e);
                }
              });
      // The kernel's buffers fill up, then nothing moves any more.
      Awaitility.await()
          .during(Duration.ofMillis(500))
          .atMost(Duration.ofSeconds(20))
          .until(() -> app.untaken.size() < 200 && sender.isAlive());
      app.holds = false;
      app.echoes = false;
      List<Runnable> held;
      synchronized (app.untaken) {
        held = List.copyOf(app.untaken);
      }
      held.forEach(Runnable::run);
      assertThat(sender.join(Duration.ofSeconds(20))).isTrue();
      Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> app.seen.size() == 8_000);
    }
  }
}
