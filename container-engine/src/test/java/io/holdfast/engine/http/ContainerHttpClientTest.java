package io.holdfast.engine.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.holdfast.engine.EngineConfig;
import io.holdfast.engine.HttpConfig;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class ContainerHttpClientTest {
  private static final HttpConfig CONFIG = EngineConfig.of(ConfigFactory.defaultReference()).http();
  private static final FetchOptions IMPATIENT =
      new FetchOptions(Duration.ofSeconds(1), Duration.ofMillis(200));

  private final ContainerHttpClient client = new ContainerHttpClient(CONFIG);

  @AfterEach
  void close() {
    client.close();
  }

  private static ErrorCode codeOf(Throwable e) {
    return ((HoldfastException) e).code();
  }

  @Test
  void sendsMethodPathQueryHeadersAndBodyAndReadsTheAnswer() throws Exception {
    AtomicReference<String> seen = new AtomicReference<>();
    try (RawServer server =
        new RawServer((wire, _) -> {
          seen.set(wire.head() + wire.body(5));
          wire.say("HTTP/1.1 201 Created\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 2\r\n\r\nok");
        })) {
      Request request =
          Request.of(
              "POST",
              "http://app.example/a/b%20c?x=1#part",
              Headers.of("X-One", "1"),
              Body.of("hello"));
      Response response = client.fetch(server.endpoint(), request);
      assertThat(seen.get())
          .isEqualTo(
              "POST /a/b%20c?x=1 HTTP/1.1\r\nHost: app.example\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nhello");
      assertThat(response.status()).isEqualTo(201);
      assertThat(response.headers().all("X-A")).containsExactly("1", "2");
      assertThat(response.body().text()).isEqualTo("ok");
    }
  }

  @Test
  void keepsWhatBelongsToOneConnectionFromTheOther() throws Exception {
    AtomicReference<String> seen = new AtomicReference<>();
    try (RawServer server =
        new RawServer((wire, _) -> {
          seen.set(wire.lowerHead());
          wire.say(
              "HTTP/1.1 200 OK\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n"
                  + "Proxy-Authenticate: Basic\r\nUpgrade: h2c\r\nX-End: 1\r\nContent-Length: 0\r\n\r\n");
        })) {
      Headers headers =
          Headers.of(
              "Connection",
              "close, X-Mine",
              "X-Mine",
              "1",
              "TE",
              "trailers",
              "Upgrade",
              "h2c",
              "Transfer-Encoding",
              "chunked",
              "Content-Length",
              "77",
              "Host",
              "evil",
              "Expect",
              "100-continue",
              "Keep-Alive",
              "1",
              "Proxy-Authorization",
              "x",
              "Accept",
              "*/*");
      Response response =
          client.fetch(server.endpoint(), Request.get("http://c/").withHeaders(headers));
      assertThat(seen.get()).isEqualTo("get / http/1.1\r\nhost: c\r\naccept: */*\r\n\r\n");
      assertThat(response.headers().toString()).isEqualTo("X-End: 1\nContent-Length: 0\n");
    }
  }

  @Test
  void usesOneConnectionForRequestsOneAfterAnother() throws Exception {
    try (RawServer server = echoingHeads()) {
      for (int i = 0; i < 5; i++) {
        assertThat(client.fetch(server.endpoint(), Request.get("/" + i)).body().text())
            .startsWith("GET /" + i);
      }
      assertThat(server.connections()).isEqualTo(1);
      assertThat(client.idle()).isEqualTo(1);
      assertThat(client.underWay()).isZero();
    }
  }

  private static RawServer echoingHeads() throws IOException {
    return new RawServer((wire, _) -> {
      String head;
      while (!(head = wire.head()).isEmpty()) {
        wire.answer(head);
      }
    });
  }

  @Test
  void opensANewConnectionWhenTheAnswerSaysClose() throws Exception {
    try (RawServer server =
        new RawServer((wire, _) -> {
          wire.head();
          wire.say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
        })) {
      client.fetch(server.endpoint(), Request.get("/"));
      client.fetch(server.endpoint(), Request.get("/"));
      assertThat(server.connections()).isEqualTo(2);
    }
  }

  @Test
  void repeatsAnIdempotentRequestWhenTheRestingConnectionTurnsOutClosed() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    try (RawServer server =
        new RawServer((wire, count) -> {
          wire.head();
          wire.answer("answer " + count);
          if (count == 1) {
            wire.socket().close();
            closed.countDown();
          }
        })) {
      client.fetch(server.endpoint(), Request.get("/"));
      assertThat(closed.await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(client.fetch(server.endpoint(), Request.get("/")).body().text())
          .isEqualTo("answer 2");
    }
  }

  @Test
  void sendsAPostOnAFreshConnectionWhenTheRestingOneWasClosed() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    try (RawServer server =
        new RawServer((wire, count) -> {
          wire.head();
          wire.body(1);
          wire.answer("answer " + count);
          if (count == 1) {
            wire.socket().close();
            closed.countDown();
          }
        })) {
      client.fetch(server.endpoint(), Request.post("/", Body.of("x")));
      assertThat(closed.await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(client.fetch(server.endpoint(), Request.post("/", Body.of("x"))).body().text())
          .isEqualTo("answer 2");
    }
  }

  @Test
  void neverRepeatsAPostThatTheContainerMayHaveActedOn() throws Exception {
    try (RawServer server =
        new RawServer((wire, _) -> {
          wire.head();
          wire.body(1);
          wire.answer("first");
          wire.head();
          wire.body(1);
        })) {
      client.fetch(server.endpoint(), Request.post("/", Body.of("x")));
      assertThatThrownBy(() -> client.fetch(server.endpoint(), Request.post("/", Body.of("x"))))
          .hasMessage("Container suddenly disconnected, try again")
          .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.CONTAINER_DISCONNECTED));
      assertThat(server.connections()).isEqualTo(1);
    }
  }

  @Test
  void repeatsOnlyOnce() throws Exception {
    try (RawServer server =
        new RawServer((wire, count) -> {
          wire.head();
          if (count == 1) {
            wire.answer("first");
            wire.head();
          }
        })) {
      client.fetch(server.endpoint(), Request.get("/"));
      assertThatThrownBy(() -> client.fetch(server.endpoint(), Request.get("/")))
          .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.CONTAINER_DISCONNECTED));
      assertThat(server.connections()).isEqualTo(2);
    }
  }

  @Test
  void saysThatNobodyListensOnThePort() throws Exception {
    InetSocketAddress closed = freePort();
    assertThatThrownBy(() -> client.fetch(closed, Request.get("/")))
        .hasMessage("Container is not listening to port " + closed.getPort())
        .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.CONTAINER_NOT_LISTENING));
    assertThat(client.underWay()).isZero();
  }

  private static InetSocketAddress freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort());
    }
  }

  @Test
  void saysThatTheContainerDisconnectedBeforeItsAnswer() throws Exception {
    try (RawServer server = new RawServer((wire, _) -> wire.head())) {
      assertThatThrownBy(() -> client.fetch(server.endpoint(), Request.get("/")))
          .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.CONTAINER_DISCONNECTED));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Content-Length: 10", "Transfer-Encoding: chunked", "Content-Length: 100000"})
  void tellsATruncatedBodyFromAWholeOne(String framing) throws Exception {
    try (RawServer server =
        new RawServer((wire, _) -> {
          wire.head();
          wire.say(
              "HTTP/1.1 200 OK\r\n"
                  + framing
                  + "\r\n\r\n"
                  + (framing.contains("chunked") ? "5\r\nhello\r\n" : "hello"));
        })) {
      assertThatThrownBy(() ->
              client.fetch(server.endpoint(), Request.get("/")).body().stream().readAllBytes())
          .isInstanceOfAny(IOException.class, HoldfastException.class);
      assertThat(client.underWay()).isZero();
      assertThat(client.idle()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "HTTP/1.1 700 What\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nX-A: a\001b\r\nContent-Length: 0\r\n\r\n"
      })
  void saysWhenTheAnswerIsNotHttp(String answer) throws Exception {
    try (RawServer server =
        new RawServer((wire, _) -> {
          wire.head();
          wire.say(answer);
        })) {
      assertThatThrownBy(() -> client.fetch(server.endpoint(), Request.get("/")))
          .hasMessageContaining(
              "expected an HTTP/1.1 answer of container at 127.0.0.1:" + server.port())
          .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.CONTAINER_DISCONNECTED));
      assertThat(client.underWay()).isZero();
    }
  }

  @Test
  void refusesAnAnswerWithEndlessHeaders() throws Exception {
    try (RawServer server =
        new RawServer((wire, _) -> {
          wire.head();
          wire.say("HTTP/1.1 200 OK\r\n");
          while (true) {
            wire.say("X-More: and more\r\n");
          }
        })) {
      assertThatThrownBy(() -> client.fetch(server.endpoint(), Request.get("/")))
          .hasMessageContaining("header count");
    }
  }

  @Test
  void streamsABodyOfUnknownLengthInChunks() throws Exception {
    AtomicReference<String> seen = new AtomicReference<>();
    try (RawServer server =
        new RawServer((wire, _) -> {
          seen.set(wire.lowerHead() + wire.body(15));
          wire.answer("ok");
        })) {
      Body body =
          Body.of(new java.io.ByteArrayInputStream("hello".getBytes(StandardCharsets.US_ASCII)));
      client.fetch(server.endpoint(), Request.post("/", body));
      assertThat(seen.get())
          .isEqualTo(
              "post / http/1.1\r\nhost: container\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
      assertThat(client.idle()).isEqualTo(1);
    }
  }

  @Test
  void streamsBothWaysAtOnce() throws Exception {
    try (RawServer server =
        new RawServer((wire, _) -> {
          wire.head();
          wire.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
          // Each chunk of one letter comes back as it is: the test sends the next one only then.
          for (int i = 0; i < 3; i++) {
            wire.say(wire.body(6));
          }
          wire.say("0\r\n\r\n");
        })) {
      PipedOutputStream typing = new PipedOutputStream();
      Body body = Body.of(new PipedInputStream(typing));
      CompletableFuture<Response> answer = new CompletableFuture<>();
      Thread.ofVirtual()
          .start(() -> answer.complete(client.fetch(server.endpoint(), Request.post("/", body))));
      InputStream heard = answer.get(5, TimeUnit.SECONDS).body().stream();
      for (char letter : "abc".toCharArray()) {
        typing.write(letter);
        typing.flush();
        assertThat(heard.read()).isEqualTo(letter);
      }
      typing.close();
      assertThat(heard.read()).isEqualTo(-1);
    }
  }

  @Test
  void carriesMoreThanAnyBufferHoldsBothWaysAtOnce() throws Exception {
    long length = 20_000_000;
    try (RawServer server =
        new RawServer((wire, _) -> {
          wire.head();
          wire.say("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n".formatted(length));
          wire.socket().getInputStream().transferTo(wire.socket().getOutputStream());
        })) {
      Response response =
          client.fetch(server.endpoint(), Request.post("/", Body.of(new Pattern(length), length)));
      assertThat(response.body().length()).hasValue(length);
      try (InputStream in = response.body().stream()) {
        assertThat(Pattern.matches(in, length)).isTrue();
      }
      await().until(() -> client.underWay() == 0);
    }
  }

  /// Bytes that show when one is missing, without holding them.
  static final class Pattern extends InputStream {
    private final long length;
    private long at;

    Pattern(long length) {
      this.length = length;
    }

    @Override
    public int read() {
      return at == length ? -1 : (int) (at++ % 251);
    }

    static boolean matches(InputStream in, long length) throws IOException {
      Pattern expected = new Pattern(length);
      byte[] chunk = new byte[65536];
      int count;
      while ((count = in.read(chunk)) >= 0) {
        for (int i = 0; i < count; i++) {
          if (expected.read() != (chunk[i] & 0xff)) {
            return false;
          }
        }
      }
      return expected.read() < 0;
    }
  }

  @Test
  void neverMakesHalfABodyLookWhole() throws Exception {
    CompletableFuture<String> rest = new CompletableFuture<>();
    try (RawServer server =
        new RawServer((wire, _) -> {
          wire.head();
          try {
            rest.complete(
                new String(
                    wire.socket().getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
          } catch (IOException _) {
            rest.complete("reset");
          }
        })) {
      InputStream breaking =
          new InputStream() {
            private int given;

            @Override
            public int read() throws IOException {
              if (given++ < 3) {
                return 'x';
              }
              throw new IOException("the client went away");
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
              bytes[offset] = (byte) read();
              return 1;
            }
          };
      assertThatThrownBy(
              () -> client.fetch(server.endpoint(), Request.post("/", Body.of(breaking))))
          .hasMessageContaining("the client went away")
          .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.INVALID_REQUEST));
      assertThat(rest.get(5, TimeUnit.SECONDS)).doesNotContain("0\r\n\r\n");
    }
  }

  @Test
  void refusesABodyShorterThanItsLength() throws Exception {
    try (RawServer server =
        new RawServer((wire, _) -> wire.socket().getInputStream().readAllBytes())) {
      Body body = Body.of(new Pattern(10), 20);
      assertThatThrownBy(() -> client.fetch(server.endpoint(), Request.post("/", body)))
          .hasMessageContaining("expected a body of 20 bytes, found 10");
    }
  }

  @Test
  void hearsAnEarlyAnswerWhileItStillSends() throws Exception {
    try (RawServer server =
        new RawServer((wire, _) -> {
          wire.head();
          wire.say("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
          wire.socket().shutdownOutput();
          wire.socket().getInputStream().readNBytes(100_000);
        })) {
      Response response =
          client.fetch(server.endpoint(), Request.post("/", Body.of(new Pattern(Long.MAX_VALUE))));
      assertThat(response.status()).isEqualTo(413);
      assertThat(response.body().text()).isEqualTo("big");
      await().until(() -> client.underWay() == 0);
      assertThat(client.idle()).isZero();
    }
  }

  @Test
  void cutsTheConnectionWhenTheReaderClosesEarly() throws Exception {
    CountDownLatch noticed = new CountDownLatch(1);
    try (RawServer server =
        new RawServer((wire, _) -> {
          wire.head();
          wire.say("HTTP/1.1 200 OK\r\n\r\n");
          try {
            while (true) {
              wire.say("more and more ");
            }
          } catch (IOException e) {
            noticed.countDown();
          }
        })) {
      InputStream body = client.fetch(server.endpoint(), Request.get("/")).body().stream();
      assertThat(body.readNBytes(4)).isEqualTo("more".getBytes(StandardCharsets.US_ASCII));
      body.close();
      assertThat(noticed.await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(client.underWay()).isZero();
      assertThatThrownBy(body::read).isInstanceOf(IOException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"HEAD 200 Content-Length: 5", "GET 204 X: 1", "GET 304 Content-Length: 5"})
  void knowsAnswersWithoutABody(String methodStatusHeader) throws Exception {
    String[] parts = methodStatusHeader.split(" ", 3);
    try (RawServer server =
        new RawServer((wire, _) -> {
          while (!wire.head().isEmpty()) {
            wire.say("HTTP/1.1 %s X\r\n%s\r\n\r\n".formatted(parts[1], parts[2]));
          }
        })) {
      for (int i = 0; i < 2; i++) {
        Response response = client.fetch(server.endpoint(), Request.get("/").withMethod(parts[0]));
        assertThat(response.body().length()).hasValue(0);
        assertThat(response.headers().toString()).isEqualTo(parts[2] + "\n");
      }
      assertThat(server.connections()).isEqualTo(1);
    }
  }

  @Test
  void passesOverInterimAnswers() throws Exception {
    try (RawServer server =
        new RawServer((wire, _) -> {
          wire.head();
          wire.say("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
          wire.answer("final");
        })) {
      Response response = client.fetch(server.endpoint(), Request.get("/"));
      assertThat(response.body().text()).isEqualTo("final");
      assertThat(response.headers().contains("Link")).isFalse();
    }
  }

  @Test
  void givesUpOnASilentContainer() throws Exception {
    try (RawServer server =
        new RawServer((wire, _) -> {
          wire.head();
          wire.head();
        })) {
      assertThatThrownBy(() -> client.fetch(server.endpoint(), Request.get("/"), IMPATIENT))
          .hasMessageContaining("was silent for 200 ms")
          .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.TIMEOUT));
      assertThat(client.underWay()).isZero();
    }
  }

  @Test
  void doesNotTakeALongUploadForSilence() throws Exception {
    try (RawServer server =
        new RawServer((wire, _) -> {
          wire.head();
          wire.body(8);
          wire.answer("ok");
        })) {
      InputStream slow =
          new InputStream() {
            private int given;

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
              awaitMillis(80);
              bytes[offset] = 'x';
              return given++ < 8 ? 1 : -1;
            }

            @Override
            public int read() {
              throw new AssertionError();
            }
          };
      Response response =
          client.fetch(server.endpoint(), Request.post("/", Body.of(slow, 8)), IMPATIENT);
      assertThat(response.body().text()).isEqualTo("ok");
    }
  }

  private static void awaitMillis(long millis) throws IOException {
    try {
      new CountDownLatch(1).await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Test
  void refusesMoreRequestsThanTheMaximumToOneEndpoint() throws Exception {
    HttpConfig two =
        new HttpConfig(
            Duration.ofSeconds(1), Duration.ofSeconds(5), 2, Duration.ofSeconds(5), 0, 8192, 50);
    try (RawServer server =
            new RawServer((wire, _) -> {
              wire.head();
              wire.say("HTTP/1.1 200 OK\r\n\r\nendless");
              wire.head();
            });
        ContainerHttpClient small = new ContainerHttpClient(two)) {
      InputStream first = small.fetch(server.endpoint(), Request.get("/")).body().stream();
      small.fetch(server.endpoint(), Request.get("/"));
      assertThatThrownBy(() -> small.fetch(server.endpoint(), Request.get("/")))
          .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.CONTAINER_NO_CAPACITY));
      first.close();
      assertThat(small.fetch(server.endpoint(), Request.get("/")).status()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://c/\r\nX: 1", "http://c\r\nX: 1/", "http://c /", "http:///x", "/a\nb"})
  void letsNoUrlForgeAHeader(String url) {
    assertThatThrownBy(() -> client.fetch(freePort(), Request.get(url)))
        .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.INVALID_REQUEST));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "GET /x", "GET\r\n", "get", "CONNECT"})
  void refusesWhatIsNoMethod(String method) {
    assertThatThrownBy(() -> client.fetch(freePort(), Request.get("/").withMethod(method)))
        .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.INVALID_REQUEST));
  }

  @Test
  void letsNoWideCharacterBecomeALineEnd() throws Exception {
    AtomicReference<String> seen = new AtomicReference<>();
    try (RawServer server =
        new RawServer((wire, _) -> {
          seen.set(wire.head());
          wire.answer("ok");
        })) {
      // The low bytes of these characters are CR and LF.
      String forged = "a\u010d\u010aX-Forged: 1";
      client.fetch(server.endpoint(), Request.get("/\u00e4 b").withHeader("X-A", forged));
      assertThat(seen.get())
          .startsWith("GET /%C3%A4%20b HTTP/1.1\r\n")
          .contains("X-A: a??X-Forged: 1\r\n");
    }
  }

  @Test
  void closesTheRestingConnectionsOfAStoppingContainer() throws Exception {
    try (RawServer server =
        new RawServer((wire, count) -> {
          wire.head();
          wire.say(
              "HTTP/1.1 200 OK\r\n" + (count == 1 ? "\r\nendless" : "Content-Length: 0\r\n\r\n"));
          wire.head();
        })) {
      InputStream underWay = client.fetch(server.endpoint(), Request.get("/")).body().stream();
      underWay.readNBytes(7);
      client.fetch(server.endpoint(), Request.get("/"));
      assertThat(client.idle()).isEqualTo(1);
      client.closeIdle(server.endpoint().getAddress());
      assertThat(client.idle()).isZero();

      assertThat(underWay.available()).isZero();
      client.fetch(server.endpoint(), Request.get("/"));
      assertThat(client.idle()).isEqualTo(1);
      client.closeAll(server.endpoint().getAddress());
      assertThat(client.idle()).isZero();
    }
  }

  @Test
  void failsAReaderAtOnceWhenTheContainerHasEnded() throws Exception {
    try (RawServer server =
        new RawServer((wire, _) -> {
          wire.head();
          wire.say("HTTP/1.1 200 OK\r\n\r\nendless");
          wire.head();
        })) {
      InputStream underWay = client.fetch(server.endpoint(), Request.get("/")).body().stream();
      underWay.readNBytes(7);
      CompletableFuture<String> met = new CompletableFuture<>();
      Thread reader = Thread.ofVirtual().start(() -> met.complete(messageOfReading(underWay)));
      await()
          .until(() ->
              reader.getState() == Thread.State.WAITING
                  || reader.getState() == Thread.State.TIMED_WAITING);
      client.closeAll(server.endpoint().getAddress());
      assertThat(met.get(5, TimeUnit.SECONDS)).contains("disconnected within its answer");
      await().until(() -> client.underWay() == 0);
    }
  }

  private static String messageOfReading(InputStream in) {
    try {
      return "read " + in.read();
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
