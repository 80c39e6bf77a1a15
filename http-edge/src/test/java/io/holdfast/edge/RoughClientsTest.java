package io.holdfast.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.sdk.Body;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Many clients at once, and clients that leave at any moment: every answer belongs to its request,
/// every stream is closed, nothing stays counted.
class RoughClientsTest {
  private final EdgeFixture edge = new EdgeFixture();
  private final AtomicInteger opened = new AtomicInteger();
  private final AtomicInteger closed = new AtomicInteger();

  @BeforeEach
  void start() {
    edge.app("app", (request, _, _) -> answer(request), "/*").config("head-timeout = 2 s").start();
  }

  @AfterEach
  void stop() throws InterruptedException {
    edge.close();
  }

  /// The path says what: `/echo`, `/stream/<bytes>`, `/fail`, `/ignore`.
  private Response answer(Request request) {
    String path = request.path();
    if (path.startsWith("/stream/")) {
      return Response.of(
          200, Headers.empty(), Body.of(counted(Integer.parseInt(path.substring(8)))));
    }
    if (path.equals("/fail")) {
      throw new IllegalStateException("as asked");
    }
    if (path.equals("/ignore")) {
      return Response.text("ignored");
    }
    return Response.text(request.header("x-mark").orElse("?") + request.body().text());
  }

  private ByteArrayInputStream counted(int bytes) {
    opened.incrementAndGet();
    return new ByteArrayInputStream(new byte[bytes]) {
      private boolean open = true;

      @Override
      public synchronized void close() {
        if (open) {
          open = false;
          closed.incrementAndGet();
        }
      }
    };
  }

  private void expectQuiet() {
    await()
        .atMost(Duration.ofSeconds(15))
        .untilAsserted(() -> {
          assertThat(Metrics.value(edge.registry, "holdfast_edge_requests_in_flight")).isZero();
          assertThat(closed).hasValue(opened.get());
        });
  }

  @Test
  void givesEachOf2000ConcurrentRequestsItsOwnAnswer() throws Exception {
    List<CompletableFuture<Void>> checks = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      String mark = "m" + i + "-";
      String body = "b".repeat(i % 7 == 0 ? 100_000 : i % 50);
      HttpRequest request =
          edge.request("/echo")
              .header("x-mark", mark)
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      checks.add(
          edge.client
              .sendAsync(request, HttpResponse.BodyHandlers.ofString())
              .thenAccept(response -> assertThat(response.body()).isEqualTo(mark + body)));
      if (i % 200 == 199) {
        CompletableFuture.allOf(checks.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
        checks.clear();
      }
    }
    expectQuiet();
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void leavesNothingBehindWhenClientsLeaveAtAnyMoment(long seed) throws Exception {
    Random random = new Random(seed);
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      long own = random.nextLong();
      clients.add(Thread.ofVirtual().start(() -> leaveSomewhere(new Random(own))));
      if (i % 30 == 29) {
        for (Thread client : clients) {
          client.join();
        }
        clients.clear();
      }
    }
    expectQuiet();
    await()
        .atMost(Duration.ofSeconds(15))
        .until(() -> Metrics.value(edge.registry, "holdfast_edge_connections") == 0);
    assertThat(edge.post("/echo", "alive").body()).as("seed %d", seed).isEqualTo("?alive");
  }

  private void leaveSomewhere(Random random) {
    try (RawClient client = edge.raw()) {
      byte[] sent = request(random).getBytes(StandardCharsets.ISO_8859_1);
      int cut = random.nextInt(3) == 0 ? random.nextInt(sent.length) : sent.length;
      client.send(java.util.Arrays.copyOf(sent, cut));
      if (cut == sent.length && random.nextBoolean()) {
        client.read(random.nextInt(200_000) + 1);
      }
      if (random.nextBoolean()) {
        client.reset();
      }
    } catch (IOException e) {
      assertThat(e).as("a client that is cut off").isInstanceOf(IOException.class);
    }
  }

  private static String request(Random random) {
    int length = random.nextInt(200_000);
    return switch (random.nextInt(5)) {
      case 0 ->
          "GET /stream/"
              + random.nextInt(5_000_000)
              + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
      case 1 -> post("/echo", length) + "x".repeat(length);
      case 2 -> post("/ignore", length) + "x".repeat(random.nextInt(length + 1));
      case 3 -> "GET /fail HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
      default ->
          "POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "5\r\nhello\r\n".repeat(random.nextInt(50))
              + (random.nextBoolean() ? "0\r\n\r\n" : "garbage");
    };
  }

  private static String post(String path, int length) {
    return "POST "
        + path
        + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: "
        + length
        + "\r\n\r\n";
  }
}
