package io.holdfast.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sdk.Body;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import io.holdfast.sdk.Worker;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WorkerRequestTest {
  private final EdgeFixture edge = new EdgeFixture();

  @AfterEach
  void stop() throws InterruptedException {
    edge.close();
  }

  private void worker(Worker worker) {
    edge.app("app", worker, "/*").start();
  }

  @Test
  void runsTheWorkerOnAVirtualThreadWithItsClassLoader() throws Exception {
    worker((_, _, _) ->
        Response.text(
            Thread.currentThread().isVirtual()
                + " "
                + (Thread.currentThread().getContextClassLoader()
                    == WorkerRequestTest.class.getClassLoader())));
    assertThat(edge.get("/").body()).isEqualTo("true true");
  }

  @Test
  void handsOverMethodUrlHeadersAndBody() throws Exception {
    AtomicReference<Request> seen = new AtomicReference<>();
    worker((request, _, _) -> {
      seen.set(request);
      return Response.text(request.body().text());
    });
    HttpResponse<String> response =
        edge.send(
            edge.request("/a%2Fb/%C3%A4?q=1%202&x=%26")
                .header("X-Custom", "v  1")
                .header("content-type", "application/vnd.my+json; x=\"1\"")
                .POST(HttpRequest.BodyPublishers.ofString("häh")));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("häh");
    Request request = seen.get();
    assertThat(request.method()).isEqualTo("POST");
    assertThat(request.url())
        .isEqualTo("http://localhost:" + edge.port() + "/a%2Fb/%C3%A4?q=1%202&x=%26");
    assertThat(request.header("x-custom")).contains("v  1");
    assertThat(request.header("content-type").orElseThrow())
        .startsWith("application/vnd.my+json")
        .contains("x=");
    assertThat(request.header("content-length")).contains("4");
    assertThat(request.header("host")).contains("localhost:" + edge.port());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "                                          | none",
        "Content-Type: application/octet-stream     | application/octet-stream",
        "Content-Type: x/y; a=\"b c\"                | x/y; a=\"b c\"",
        "content-type: multipart/form-data; boundary=--Ab | multipart/form-data; boundary=--Ab",
        "Content-Type: nonsense                     | nonsense",
      })
  void tellsTheContentTypeThatTheClientSent(String header, String expected) throws Exception {
    worker((request, _, _) -> Response.text(request.header("content-type").orElse("none")));
    String line = header == null ? "" : header + "\r\n";
    try (RawClient client = edge.raw()) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\n" + line + "Content-Length: 1\r\n\r\nx");
      assertThat(client.body(client.head())).isEqualTo(expected);
    }
  }

  @Test
  void routesByHostAndPath() throws Exception {
    edge.app("one", (_, _, _) -> Response.text("one"), "one.test/*");
    edge.app("sub", (_, _, _) -> Response.text("sub"), "*.two.test/api/*");
    edge.app("any", (_, _, _) -> Response.text("any"), "/api/x").start();
    assertThat(bodyFor("ONE.test:8080", "/")).isEqualTo("one");
    assertThat(bodyFor("one.test.", "/")).isEqualTo("one");
    assertThat(bodyFor("a.two.test", "/api/x")).isEqualTo("sub");
    assertThat(bodyFor("two.test", "/api/x")).isEqualTo("any");
    assertThat(bodyFor("two.test", "/nowhere")).contains("\"code\":\"route_not_found\"");
  }

  private String bodyFor(String host, String path) throws Exception {
    try (RawClient client = edge.raw()) {
      client.send("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
      client.head();
      return client.rest();
    }
  }

  @Test
  void routesAfterRemovingDotSegments() throws Exception {
    edge.app("public", (r, _, _) -> Response.text("public " + r.path()), "/public/*");
    edge.app("admin", (r, _, _) -> Response.text("admin " + r.path()), "/admin/*").start();
    assertThat(bodyFor("h", "/public/../admin/x")).isEqualTo("admin /admin/x");
    assertThat(bodyFor("h", "/public/%2e%2e/admin/x")).isEqualTo("admin /admin/x");
  }

  @Test
  void takesTheHostFromAnAbsoluteTarget() throws Exception {
    edge.app("one", (r, _, _) -> Response.text(r.url()), "one.test/*").start();
    assertThat(bodyFor("one.test", "http://one.test/x?y")).isEqualTo("http://one.test/x?y");
    assertThat(bodyFor("other.test", "http://one.test/x?y")).contains("\"invalid_request\"");
  }

  @Test
  void answers404InJsonWhenNoRouteFits() throws Exception {
    edge.start();
    HttpResponse<String> response = edge.get("/nothing");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.headers().firstValue("content-type")).contains("application/json");
    assertThat(response.headers().firstValue("x-holdfast-error")).contains("route_not_found");
    assertThat(response.body())
        .contains("\"code\":\"route_not_found\"", "'/nothing'", "\"requestId\":\"");
  }

  @Test
  void returnsHeadersAsTheyAre() throws Exception {
    worker((_, _, _) ->
        Response.of(
            520,
            Headers.of(
                "Set-Cookie",
                "a=1; Path=/",
                "Set-Cookie",
                "b=2",
                "X-Odd",
                "ä \"x\"",
                "Server",
                "mine",
                "content-type",
                "not a/media type;;"),
            Body.of("x")));
    try (RawClient client = edge.raw()) {
      String head = client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").head();
      assertThat(head)
          .startsWith("HTTP/1.1 520 ")
          .contains("Set-Cookie: a=1; Path=/\r\n", "Set-Cookie: b=2\r\n")
          .contains("X-Odd: Ã¤ \"x\"\r\n")
          .contains("Server: mine\r\n")
          .contains("content-type: not a/media type;;\r\n")
          .contains("Content-Length: 1\r\n");
    }
  }

  @Test
  void leavesOutWhatBelongsToTheConnection() throws Exception {
    AtomicReference<Headers> seen = new AtomicReference<>();
    worker((request, _, _) -> {
      seen.set(request.headers());
      return Response.of(
          200,
          Headers.of(
              "connection",
              "x-hop",
              "x-hop",
              "1",
              "keep-alive",
              "9",
              "transfer-encoding",
              "gzip",
              "upgrade",
              "h2c",
              "content-length",
              "99",
              "x-end",
              "1"),
          Body.of("ok"));
    });
    try (RawClient client = edge.raw()) {
      client.send(
          "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, X-Secret\r\nX-Secret: 1\r\n"
              + "Keep-Alive: 5\r\nTE: trailers\r\nProxy-Connection: x\r\nX-End: 1\r\n\r\n");
      String head = client.head().toLowerCase(java.util.Locale.ROOT);
      assertThat(head).contains("x-end: 1", "content-length: 2\r\n");
      assertThat(head)
          .doesNotContain("x-hop", "keep-alive", "transfer-encoding", "upgrade", ": 99");
    }
    for (String name :
        List.of("connection", "x-secret", "keep-alive", "te", "proxy-connection", "upgrade")) {
      assertThat(seen.get().contains(name)).as(name).isFalse();
    }
    assertThat(seen.get().first("x-end")).contains("1");
  }

  @Test
  void givesWebSocketRequestsToTheWorkerWithoutPekkosOwnHeaders() throws Exception {
    AtomicReference<Headers> seen = new AtomicReference<>();
    worker((request, _, _) -> {
      seen.set(request.headers());
      return Response.text("no socket for you");
    });
    try (RawClient client = edge.raw()) {
      client.send(
          "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
      assertThat(client.head()).startsWith("HTTP/1.1 200");
    }
    assertThat(seen.get())
        .extracting(Map.Entry::getKey)
        .containsExactly(
            "Host",
            "Sec-WebSocket-Key",
            "Sec-WebSocket-Version",
            "upgrade",
            "x-request-id",
            "holdfast-connecting-ip");
  }

  @Test
  void takesASaneRequestIdAndReplacesAnyOther() throws Exception {
    worker(
        (request, _, ctx) -> Response.text(request.header("x-request-id").get() + ctx.requestId()));
    HttpResponse<String> sane = edge.send(edge.request("/").header("x-request-id", "Abc.1_2-3"));
    assertThat(sane.body()).isEqualTo("Abc.1_2-3Abc.1_2-3");
    assertThat(sane.headers().allValues("x-request-id")).containsExactly("Abc.1_2-3");
    for (String odd : List.of("a b", "x".repeat(65), "<script>", "")) {
      HttpResponse<String> replaced = edge.send(edge.request("/").header("x-request-id", odd));
      assertThat(replaced.headers().firstValue("x-request-id").orElseThrow())
          .matches("[0-9a-f]{16}");
    }
  }

  @Test
  void saysWhoConnectsWhateverTheClientClaims() throws Exception {
    worker((request, _, _) ->
        Response.text(
            request.headers().all("holdfast-connecting-ip")
                + " "
                + request.header("x-forwarded-for")));
    HttpResponse<String> response =
        edge.send(
            edge.request("/")
                .header("holdfast-connecting-ip", "6.6.6.6")
                .header("x-forwarded-for", "6.6.6.6"));
    assertThat(response.body()).isEqualTo("[127.0.0.1] Optional.empty");
  }

  @Test
  void believesTheProxyInFrontWhenToldSo() throws Exception {
    edge.config("trust-forwarded = on");
    worker((request, _, _) ->
        Response.text(request.header("holdfast-connecting-ip").get() + " " + request.url()));
    HttpResponse<String> response =
        edge.send(
            edge.request("/")
                .header("x-forwarded-for", "6.6.6.6, 10.0.0.7")
                .header("x-forwarded-proto", "https"));
    assertThat(response.body()).startsWith("10.0.0.7 https://localhost");
  }

  @Test
  void tellsAHoldfastExceptionWithItsStatus() throws Exception {
    worker((_, _, _) -> {
      throw new HoldfastException(ErrorCode.CONTAINER_NO_CAPACITY, "none \"left\"\n");
    });
    HttpResponse<String> response = edge.send(edge.request("/").header("x-request-id", "r1"));
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.headers().firstValue("retry-after")).contains("5");
    assertThat(response.headers().firstValue("x-holdfast-error")).contains("container_no_capacity");
    assertThat(response.body())
        .isEqualTo(
            "{\"error\":{\"code\":\"container_no_capacity\",\"message\":\"none \\\"left\\\"\\n\","
                + "\"requestId\":\"r1\"}}\n");
  }

  @Test
  void tellsTheFlagsOfAFailedObjectCall() throws Exception {
    worker((_, _, _) -> {
      throw new ObjectCallException(
          ErrorCode.OBJECT_OVERLOADED, "Error", "Too many requests queued.");
    });
    assertThat(edge.get("/").body())
        .contains("\"remote\":false,\"retryable\":false,\"overloaded\":true,\"objectReset\":false");
  }

  @Test
  void hidesTheMessageOfAnyOtherException() throws Exception {
    worker((_, _, _) -> {
      throw new IllegalStateException("password=hunter2");
    });
    HttpResponse<String> response = edge.get("/");
    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.body())
        .contains("\"code\":\"worker_failed\"")
        .doesNotContain("hunter2", "IllegalState");
  }

  @Test
  void survivesAnErrorThrownByTheWorker() throws Exception {
    worker((_, _, _) -> {
      throw new StackOverflowError();
    });
    assertThat(edge.get("/").statusCode()).isEqualTo(500);
    assertThat(edge.get("/").statusCode()).isEqualTo(500);
  }

  @Test
  void takesNoResponseForAFailure() throws Exception {
    worker((_, _, _) -> null);
    assertThat(edge.get("/").body()).contains("worker_failed", "found null");
  }

  @Test
  void refusesABodyThatWasReadBefore() throws Exception {
    Body used = Body.of(new java.io.ByteArrayInputStream(new byte[3]));
    used.bytes();
    worker((_, _, _) -> Response.of(200, Headers.empty(), used));
    assertThat(edge.get("/").body()).contains("wrong_state");
  }

  @Test
  void keepsLineBreaksOutOfHeaders() throws Exception {
    // U+010A would become a line feed if only its low byte were written.
    worker((_, _, _) -> Response.text("x").withHeader("x-a", "1\u010aSet-Cookie: evil=1\u010d"));
    try (RawClient client = edge.raw()) {
      String head = client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").head();
      assertThat(head.lines()).noneMatch(line -> line.startsWith("Set-Cookie"));
      assertThat(head).contains("x-a: 1");
    }
  }

  @Test
  void turnsALineBreakInAHeaderIntoAWorkerFailure() throws Exception {
    worker((_, _, _) -> Response.text("x").withHeader("x-a", "1\r\nSet-Cookie: evil=1"));
    assertThat(edge.get("/").statusCode()).isEqualTo(500);
  }

  @Test
  void answersHeadWithTheLengthButWithoutTheBody() throws Exception {
    worker((request, _, _) ->
        request.path().equals("/buffered")
            ? Response.text("12345")
            : Response.of(200, Headers.of("content-length", "77"), Body.empty()));
    try (RawClient client = edge.raw()) {
      client.send("HEAD /buffered HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.head()).contains("Content-Length: 5\r\n");
      client.send("HEAD /proxied HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.head()).startsWith("HTTP/1.1 200").contains("Content-Length: 77\r\n");
    }
  }

  @Test
  void sends204And304WithoutBody() throws Exception {
    worker((request, _, _) ->
        Response.of(
            request.path().equals("/204") ? 204 : 304,
            Headers.of("etag", "\"1\"", "content-type", "text/plain"),
            Body.of("not to be sent")));
    try (RawClient client = edge.raw()) {
      client.send("GET /204 HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.head()).startsWith("HTTP/1.1 204").doesNotContain("Content-Length");
      client.send("GET /304 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      assertThat(client.head()).startsWith("HTTP/1.1 304").contains("etag: \"1\"");
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void answersPipelinedRequestsInOrder() throws Exception {
    worker((request, _, _) -> Response.text(request.path()));
    try (RawClient client = edge.raw()) {
      client.send(
          "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n"
              + "GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      String all = client.rest();
      assertThat(all.indexOf("/1")).isPositive().isLessThan(all.indexOf("/2"));
      assertThat(all.indexOf("/2")).isLessThan(all.indexOf("/3"));
    }
  }

  @Test
  void answersAClientThatHasFinishedSending() throws Exception {
    worker((_, _, _) -> Response.text("late but here"));
    try (RawClient client = edge.raw()) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").finish();
      assertThat(client.rest()).endsWith("late but here");
    }
  }

  @Test
  void servesHttp10WithoutHost() throws Exception {
    worker((request, _, _) -> Response.text(request.url()));
    try (RawClient client = edge.raw()) {
      client.send("GET /x HTTP/1.0\r\n\r\n");
      assertThat(client.rest()).endsWith("http://localhost/x");
    }
  }

  @Test
  void acceptsUnusualMethods() throws Exception {
    worker((request, _, _) -> Response.text(request.method() + request.body().text()));
    HttpResponse<String> response =
        edge.send(edge.request("/").method("PROPFIND", HttpRequest.BodyPublishers.ofString("!")));
    assertThat(response.body()).isEqualTo("PROPFIND!");
    assertThat(
            edge.send(edge.request("/").method("NONSENSE", HttpRequest.BodyPublishers.noBody()))
                .statusCode())
        .isEqualTo(501);
  }
}
