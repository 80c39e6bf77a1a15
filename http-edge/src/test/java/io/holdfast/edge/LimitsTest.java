package io.holdfast.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LimitsTest {
  private final EdgeFixture edge = new EdgeFixture();

  @AfterEach
  void stop() throws InterruptedException {
    edge.close();
  }

  private void worker(Worker worker) {
    edge.app("app", worker, "/*").start();
  }

  private void echo() {
    worker((request, _, _) -> Response.text(request.body().text()));
  }

  @Test
  void refusesALongBodyBeforeTheWorkerSeesIt() throws Exception {
    edge.config("body-bytes-max = 100 KiB");
    worker((_, _, _) -> Response.text("the worker ran"));
    HttpResponse<String> response =
        edge.send(
            edge.request("/").POST(HttpRequest.BodyPublishers.ofByteArray(new byte[200 * 1024])));
    assertThat(response.statusCode()).isEqualTo(413);
    assertThat(response.body()).contains("body_too_large", "at most 102400 bytes");
  }

  @Test
  void refusesALongChunkedBodyInTheMiddle() throws Exception {
    edge.config("body-bytes-max = 100 KiB");
    echo();
    HttpResponse<String> response =
        edge.send(
            edge.request("/")
                .POST(
                    HttpRequest.BodyPublishers.ofInputStream(
                        () -> new ByteArrayInputStream(new byte[5_000_000]))));
    assertThat(response.statusCode()).isEqualTo(413);
    assertThat(response.headers().firstValue("x-holdfast-error")).contains("body_too_large");
  }

  @Test
  void takesABodyOfExactlyTheLimit() throws Exception {
    edge.config("body-bytes-max = 100 KiB");
    echo();
    HttpResponse<String> response =
        edge.send(
            edge.request("/")
                .POST(
                    HttpRequest.BodyPublishers.ofInputStream(
                        () -> new ByteArrayInputStream(new byte[100 * 1024]))));
    assertThat(response.statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET /<20000> HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n | 414 | uri_too_long",
        "GET / HTTP/1.1\\r\\nHost: h\\r\\nX: <40000>\\r\\n\\r\\n | 431 | headers_too_large",
        "GET / HTTP/1.1\\r\\nHost: h\\r\\nX: <20000>\\r\\nY: <20000>\\r\\n\\r\\n | 431 | headers_too_large",
        "GET / HTTP/1.1\\r\\nHost: h\\r\\n<<200>>\\r\\n | 431 | headers_too_large",
        "GET / HTTP/1.1\\r\\nHost: h\\r\\n<300>: x\\r\\n\\r\\n | 431 | headers_too_large",
        "GET / HTTP/1.1\\r\\n\\r\\n | 400 | invalid_request",
        "GET / HTTP/1.1\\r\\nHost: a\\r\\nHost: b\\r\\n\\r\\n | 400 | invalid_request",
        "GET / HTTP/1.1\\r\\nHost: a b\\r\\n\\r\\n | 400 | invalid_request",
        "GET /% HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n | 400 | invalid_request",
        "GET /<01> HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n | 400 | invalid_request",
        "GET / HTTP/1.1\\r\\nHost: h\\r\\nX: a<01>b\\r\\n\\r\\n | 400 | invalid_request",
        "GET / HTTP/1.1\\r\\nHost: h\\r\\nX: a<7f>b\\r\\n\\r\\n | 400 | invalid_request",
        "GET / HTTP/1.1\\r\\nHost: h\\r\\nBad Name: x\\r\\n\\r\\n | 400 | invalid_request",
        "GET / HTTP/3.0\\r\\nHost: h\\r\\n\\r\\n | 505 | invalid_request",
        "BREW / HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n | 501 | method_not_allowed",
        "CONNECT h:80 HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n | 400 | invalid_request",
        "POST / HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: 1\\r\\nContent-Length: 2\\r\\n\\r\\nxx | 400 | invalid_request",
        "POST / HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: -1\\r\\n\\r\\n | 400 | invalid_request",
        "POST / HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: 99999999999999999999\\r\\n\\r\\n | 400 | invalid_request",
        "POST / HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: 1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n | 400 | invalid_request",
        "POST / HTTP/1.1\\r\\nHost: h\\r\\nTransfer-Encoding: gzip, chunked\\r\\n\\r\\n0\\r\\n\\r\\n | 400 | invalid_request",
        "POST / HTTP/1.1\\r\\nHost: h\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nzz\\r\\n | 400 | invalid_request",
        "POST / HTTP/1.1\\r\\nHost: h\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n1\\r\\nxyz | 400 | invalid_request",
        "POST / HTTP/1.1\\r\\nHost: h\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n7fffffff\\r\\n | 400 | invalid_request",
        "nonsense all the way down\\r\\n\\r\\n | 501 | method_not_allowed",
        "<16><03><01><00> | 400 | invalid_request",
      })
  void refusesAnUnreadableRequestInJson(String request, int status, String code) throws Exception {
    echo();
    try (RawClient client = edge.raw()) {
      client.send(unescaped(request));
      String head = client.head();
      assertThat(head).startsWith("HTTP/1.1 " + status + " ").contains("x-request-id: ");
      assertThat(head).contains("x-holdfast-error: " + code, "application/json");
      assertThat(client.body(head))
          .startsWith("{\"error\":{\"code\":\"" + code + "\",\"message\":\"");
    }
  }

  private static String unescaped(String text) {
    StringBuilder headers = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      headers.append("X-").append(i).append(": 1\r\n");
    }
    return text.translateEscapes()
        .replace("<16><03><01><00>", "\u0016\u0003\u0001\u0000")
        .replace("<01>", "\u0001")
        .replace("<7f>", "\u007f")
        .replace("<<200>>", headers)
        .replace("<20000>", "x".repeat(20_000))
        .replace("<40000>", "x".repeat(40_000))
        .replace("<300>", "x".repeat(300));
  }

  @Test
  void countsUnreadableRequests() throws Exception {
    echo();
    try (RawClient client = edge.raw()) {
      client.send("GET / HTTP/1.1\r\n\r\n").rest();
    }
    assertThat(
            Metrics.value(
                edge.registry, "holdfast_edge_requests_rejected_total{reason=\"malformed\"}"))
        .isEqualTo(1);
  }

  @Test
  void shedsLoadButStaysObservable() throws Exception {
    edge.config("requests-in-flight-max = 2");
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch busy = new CountDownLatch(2);
    worker((_, _, _) -> {
      busy.countDown();
      release.await();
      return Response.text("done");
    });
    CompletableFuture<HttpResponse<String>> first = async("/");
    CompletableFuture<HttpResponse<String>> second = async("/");
    assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();
    HttpResponse<String> shed = edge.get("/");
    assertThat(shed.statusCode()).isEqualTo(503);
    assertThat(shed.headers().firstValue("retry-after")).contains("1");
    assertThat(shed.body()).contains("\"node_overloaded\"", "at most 2 requests");
    assertThat(edge.get("/healthz").statusCode()).isEqualTo(200);
    assertThat(edge.get("/metrics").body())
        .contains("holdfast_edge_requests_rejected_total{reason=\"overloaded\"} 1.0");
    release.countDown();
    assertThat(first.get(10, TimeUnit.SECONDS).body()).isEqualTo("done");
    assertThat(second.get(10, TimeUnit.SECONDS).body()).isEqualTo("done");
    // A client may have its answer before the request counts as ended.
    Awaitility.await().untilAsserted(() -> assertThat(edge.get("/").statusCode()).isEqualTo(200));
  }

  private CompletableFuture<HttpResponse<String>> async(String path) {
    return edge.client.sendAsync(edge.request(path).build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void endsARequestThatTakesTooLongAndInterruptsItsWorker() throws Exception {
    edge.config("request-timeout = 100 ms");
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    worker((_, _, _) -> {
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        interrupted.complete(true);
        throw e;
      }
      return Response.text("?");
    });
    HttpResponse<String> response = edge.get("/");
    assertThat(response.statusCode()).isEqualTo(504);
    assertThat(response.body()).contains("\"code\":\"timeout\"", "within 100 ms");
    assertThat(interrupted.get(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void closesAConnectionThatDripsItsHead() throws Exception {
    edge.config("head-timeout = 200 ms").config("idle-timeout = 1 h");
    echo();
    try (RawClient client = edge.raw()) {
      client.send("GET / HTTP/1.1\r\nHo");
      assertThat(endsWithin(client)).isTrue();
    }
  }

  @Test
  void closesAnIdleConnection() throws Exception {
    edge.config("idle-timeout = 200 ms");
    echo();
    try (RawClient fresh = edge.raw();
        RawClient used = edge.raw()) {
      used.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").head();
      assertThat(fresh.rest()).isEmpty();
      assertThat(used.rest()).isEmpty();
    }
  }

  @Test
  void doesNotTakeAThinkingWorkerForAnIdleConnection() throws Exception {
    edge.config("idle-timeout = 100 ms").config("stall-timeout = 100 ms");
    CompletableFuture<String> late = new CompletableFuture<>();
    late.completeOnTimeout("late", 600, TimeUnit.MILLISECONDS);
    worker((_, _, _) -> Response.text(late.join()));
    assertThat(edge.get("/").body()).isEqualTo("late");
  }

  @Test
  void closesAConnectionWhoseBodyStalls() throws Exception {
    edge.config("stall-timeout = 200 ms");
    echo();
    try (RawClient client = edge.raw()) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc");
      assertThat(endsWithin(client)).isTrue();
    }
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> Metrics.value(edge.registry, "holdfast_edge_requests_in_flight") == 0);
  }

  @Test
  void closesAConnectionThatDoesNotTakeItsResponse() throws Exception {
    edge.config("stall-timeout = 300 ms");
    worker((_, _, _) -> Response.text("x".repeat(50_000_000)));
    try (RawClient client = edge.raw()) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").head();
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> Metrics.value(edge.registry, "holdfast_edge_connections") == 0);
    }
  }

  /** Whether the server ends the connection, by end or reset, without an answer. */
  private static boolean endsWithin(RawClient client) {
    try {
      return client.rest().isEmpty();
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (java.io.IOException e) {
      return true;
    }
  }

  @Test
  void acceptsNoMoreConnectionsThanAllowed() throws Exception {
    edge.config("connections-max = 2");
    echo();
    try (RawClient first = edge.raw();
        RawClient second = edge.raw();
        RawClient third = edge.raw()) {
      first.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").head();
      second.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").head();
      third.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(Metrics.value(edge.registry, "holdfast_edge_connections")).isLessThanOrEqualTo(2);
      first.close();
      assertThat(third.head()).startsWith("HTTP/1.1 200");
    }
  }
}
