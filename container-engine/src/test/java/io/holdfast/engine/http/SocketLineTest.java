package io.holdfast.engine.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.holdfast.engine.EngineConfig;
import io.holdfast.engine.HttpConfig;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.spi.socket.Handshake;
import io.holdfast.sdk.spi.socket.PairedSocket;
import io.holdfast.sdk.spi.socket.SocketEnd;
import io.holdfast.sdk.spi.socket.SocketMessage;
import io.holdfast.sdk.spi.socket.SocketReceiver;
import java.io.InputStream;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// WebSockets to a server that does what the test says, frame by frame.
@Timeout(30)
class SocketLineTest {
  private static final HttpConfig CONFIG = EngineConfig.of(ConfigFactory.defaultReference()).http();
  private static final Request UPGRADE =
      Request.of(
          "GET",
          "http://box/chat",
          Headers.of(
              "Upgrade",
              "websocket",
              "Connection",
              "Upgrade",
              "Sec-WebSocket-Key",
              "theirs",
              "Sec-WebSocket-Version",
              "13",
              "Sec-WebSocket-Protocol",
              "v1, v2",
              "Sec-WebSocket-Extensions",
              "permessage-deflate",
              "Cookie",
              "a=b"),
          Body.empty());

  private final ContainerHttpClient client = new ContainerHttpClient(CONFIG);
  private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
  private final AtomicInteger untaken = new AtomicInteger();
  private volatile boolean takes = true;
  private SocketEnd end = SocketEnd.open();

  @AfterEach
  void close() {
    client.close();
  }

  /** What the server does once its side of the handshake is done. */
  private interface Script {
    void speak(RawServer.Wire wire) throws Exception;
  }

  private static RawServer server(AtomicReference<String> head, Script script) throws Exception {
    return new RawServer((wire, _) -> {
      head.set(wire.head());
      wire.say(answerTo(head.get()));
      script.speak(wire);
    });
  }

  private static String answerTo(String head) {
    String key = head.replaceAll("(?is).*sec-websocket-key: (\\S+).*", "$1");
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Set-Cookie: c=d\r\nSec-WebSocket-Protocol: v2\r\nSec-WebSocket-Accept: "
        + Handshake.accept(key)
        + "\r\n\r\n";
  }

  private Response connect(RawServer server) {
    Response response = client.fetch(server.endpoint(), UPGRADE);
    end = PairedSocket.take(response.webSocket().orElseThrow());
    end.attach(
        new SocketReceiver() {
          @Override
          public void message(SocketMessage message, Runnable taken) {
            seen.add(
                switch (message) {
                  case SocketMessage.Text(String text) -> text;
                  case SocketMessage.Binary(byte[] bytes) -> bytes.length + " bytes";
                });
            if (takes) {
              taken.run();
            } else {
              untaken.incrementAndGet();
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
        });
    return response;
  }

  private String next() throws InterruptedException {
    String next = seen.poll(15, TimeUnit.SECONDS);
    return next == null ? "nothing" : next;
  }

  private static String frame(RawServer.Wire wire) throws Exception {
    InputStream in = wire.socket().getInputStream();
    int first = in.read();
    int length = in.read();
    if (first < 0 || length < 0) {
      return "end";
    }
    byte[] mask = in.readNBytes(4);
    byte[] payload = in.readNBytes(length & 0x7f);
    for (int i = 0; i < payload.length; i++) {
      payload[i] ^= mask[i & 3];
    }
    return "%02x %s".formatted(first, HexFormat.of().formatHex(payload));
  }

  private static void say(RawServer.Wire wire, String hex) throws Exception {
    wire.socket().getOutputStream().write(HexFormat.of().parseHex(hex.replace(" ", "")));
  }

  @Test
  void makesAHandshakeOfItsOwnAndKeepsTheHeaders() throws Exception {
    AtomicReference<String> head = new AtomicReference<>();
    try (RawServer server = server(head, wire -> say(wire, "81 02 68 69"))) {
      Response response = connect(server);
      assertThat(response.status()).isEqualTo(101);
      assertThat(response.header("set-cookie")).contains("c=d");
      assertThat(response.header("sec-websocket-protocol")).contains("v2");
      assertThat(response.header("sec-websocket-accept")).isEmpty();
      assertThat(head.get().toLowerCase(Locale.ROOT))
          .startsWith("get /chat http/1.1\r\nhost: box\r\n")
          .contains("upgrade: websocket\r\n", "connection: upgrade\r\n", "cookie: a=b\r\n")
          .contains("sec-websocket-version: 13\r\n", "sec-websocket-protocol: v1, v2\r\n")
          .doesNotContain("theirs", "extensions");
      assertThat(next()).isEqualTo("hi");
    }
  }

  @Test
  void passesMessagesMaskedAndAnswersPings() throws Exception {
    BlockingQueue<String> frames = new LinkedBlockingQueue<>();
    try (RawServer server =
        server(
            new AtomicReference<>(),
            wire -> {
              say(wire, "89 01 70");
              for (String frame = frame(wire); !frame.equals("end"); frame = frame(wire)) {
                frames.add(frame);
              }
            })) {
      connect(server);
      assertThat(frames.poll(15, TimeUnit.SECONDS)).isEqualTo("8a 70");
      AtomicInteger taken = new AtomicInteger();
      end.send(new SocketMessage.Text("hé"), taken::incrementAndGet);
      end.send(new SocketMessage.Binary(new byte[] {1, 2}), taken::incrementAndGet);
      assertThat(frames.poll(15, TimeUnit.SECONDS)).isEqualTo("81 68c3a9");
      assertThat(frames.poll(15, TimeUnit.SECONDS)).isEqualTo("82 0102");
      Awaitility.await().until(() -> taken.get() == 2);
    }
  }

  @Test
  void answersACloseFrameAndLetsTheLineGo() throws Exception {
    BlockingQueue<String> frames = new LinkedBlockingQueue<>();
    try (RawServer server =
        server(
            new AtomicReference<>(),
            wire -> {
              say(wire, "88 05 0fa0 627965");
              frames.add(frame(wire));
              frames.add(frame(wire));
            })) {
      connect(server);
      assertThat(next()).isEqualTo("closed 4000 bye clean");
      assertThat(frames.poll(15, TimeUnit.SECONDS)).isEqualTo("88 0fa0");
      assertThat(frames.poll(15, TimeUnit.SECONDS)).isEqualTo("end");
      Awaitility.await().until(() -> client.underWay() == 0);
    }
  }

  @Test
  void closesAfterWhatWasSentAndHearsTheAnswer() throws Exception {
    BlockingQueue<String> frames = new LinkedBlockingQueue<>();
    try (RawServer server =
        server(
            new AtomicReference<>(),
            wire -> {
              frames.add(frame(wire));
              frames.add(frame(wire));
              say(wire, "88 02 0fa1");
              frames.add(frame(wire));
            })) {
      connect(server);
      assertThat(client.underWay()).isEqualTo(1);
      end.send(new SocketMessage.Text("x"), () -> {});
      end.close(1005, "", true);
      assertThat(frames.poll(15, TimeUnit.SECONDS)).isEqualTo("81 78");
      assertThat(frames.poll(15, TimeUnit.SECONDS)).isEqualTo("88 03e8");
      assertThat(next()).isEqualTo("closed 4001  clean");
      assertThat(frames.poll(15, TimeUnit.SECONDS)).isEqualTo("end");
      Awaitility.await().until(() -> client.underWay() == 0);
    }
  }

  @Test
  void aServerThatVanishesIsTold() throws Exception {
    try (RawServer server = server(new AtomicReference<>(), wire -> say(wire, "81 01 78"))) {
      connect(server);
      assertThat(next()).isEqualTo("x");
      assertThat(next()).startsWith("closed 1006").endsWith("broken");
      Awaitility.await().until(() -> client.underWay() == 0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"81 81 00000000 78", "c1 00", "83 00", "81 01 ff"})
  void aServerThatSendsNonsenseIsClosed(String frame) throws Exception {
    try (RawServer server =
        server(
            new AtomicReference<>(),
            wire -> {
              say(wire, frame);
              frame(wire);
            })) {
      connect(server);
      assertThat(next()).isEqualTo("failed container_disconnected");
      assertThat(next()).startsWith("closed 1011").endsWith("broken");
      Awaitility.await().until(() -> client.underWay() == 0);
    }
  }

  @Test
  void readsNoMoreThanIsTaken() throws Exception {
    AtomicInteger sent = new AtomicInteger();
    takes = false;
    try (RawServer server =
        server(
            new AtomicReference<>(),
            wire -> {
              String frame = "82 7e 4000" + "00".repeat(0x4000);
              for (int i = 0; i < 4_000; i++) {
                say(wire, frame);
                sent.incrementAndGet();
              }
            })) {
      connect(server);
      Awaitility.await().during(Duration.ofMillis(300)).until(() -> untaken.get() < 40);
      assertThat(untaken.get()).isGreaterThan(10);
      assertThat(sent.get()).isLessThan(4_000);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Sec-WebSocket-Accept: , Sec-WebSocket-Accept: x",
    "Set-Cookie: c=d, Sec-WebSocket-Extensions: deflate"
  })
  void refusesABadHandshake(String right, String wrong) throws Exception {
    try (RawServer server =
        new RawServer((wire, _) -> wire.say(answerTo(wire.head()).replace(right.strip(), wrong)))) {
      assertThatThrownBy(() -> client.fetch(server.endpoint(), UPGRADE))
          .isInstanceOfSatisfying(
              HoldfastException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.CONTAINER_DISCONNECTED));
      assertThat(client.underWay()).isZero();
    }
  }

  @Test
  void aServerMayAnswerWithoutASocket() throws Exception {
    try (RawServer server =
        new RawServer((wire, _) -> {
          wire.head();
          wire.answer("no");
        })) {
      Response response = client.fetch(server.endpoint(), UPGRADE);
      assertThat(response.webSocket()).isEmpty();
      assertThat(response.body().text()).isEqualTo("no");
    }
  }

  @Test
  void aCutLineEndsTheSocket() throws Exception {
    try (RawServer server = server(new AtomicReference<>(), SocketLineTest::frame)) {
      connect(server);
      client.closeAll(InetAddress.getLoopbackAddress());
      assertThat(next()).startsWith("closed 1006");
    }
  }
}
