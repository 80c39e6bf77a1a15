package io.holdfast.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.protocol.IdempotencyKey;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.protocol.RpcCall;
import io.holdfast.sdk.Body;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.Headers;
import io.holdfast.sdk.ObjectCallException;
import io.holdfast.sdk.Request;
import io.holdfast.sdk.Response;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServiceApiTest {
  private static final ObjectIds CART_IDS = new ObjectIds(FakeGateway.CARTS);

  private final EdgeFixture edge = new EdgeFixture();

  @AfterEach
  void stop() throws InterruptedException {
    edge.close();
  }

  private HttpResponse<String> rpc(String path, String body) throws Exception {
    return edge.send(edge.authorized(path).POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  @Test
  void callsAMethodWithJson() throws Exception {
    edge.gateway.answersInvoke((_, call) ->
        FakeGateway.utf8(
            "{\"got\":"
                + new String(call.arguments(), java.nio.charset.StandardCharsets.UTF_8)
                + "}"));
    edge.start();
    HttpResponse<String> response =
        edge.send(
            edge.authorized("/v1/objects/shop.carts/anna/rpc/add%20it")
                .header("x-request-id", "r9")
                .POST(HttpRequest.BodyPublishers.ofString(" [1,\"ä\"]")));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).contains("application/json");
    assertThat(response.body()).isEqualTo("{\"got\": [1,\"ä\"]}");
    FakeGateway.Call call = edge.gateway.onlyCall();
    assertThat(call.target())
        .isEqualTo(new ObjectAddress(FakeGateway.CARTS, CART_IDS.named("anna")));
    assertThat(call.target().id().name()).contains("anna");
    assertThat(call.context().requestId()).isEqualTo("r9");
    RpcCall rpc = (RpcCall) call.request();
    assertThat(rpc.method()).isEqualTo("add it");
    assertThat(rpc.encoding()).isEqualTo(RpcCall.Encoding.JSON);
  }

  @Test
  void passesAnIdempotencyKeyOnOrRefusesIt() throws Exception {
    edge.start();
    String path = "/v1/objects/carts/anna/rpc/add";
    edge.send(edge.authorized(path).header("Idempotency-Key", "k 1").POST(noBody()));
    assertThat(edge.gateway.onlyCall().context().idempotencyKey())
        .contains(new IdempotencyKey("k 1"));
    HttpResponse<String> refused =
        edge.send(edge.authorized(path).header("Idempotency-Key", "x".repeat(256)).POST(noBody()));
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.headers().firstValue("x-holdfast-error")).contains("invalid_argument");
    assertThat(edge.gateway.calls).hasSize(1);
    edge.send(
        edge.authorized("/v1/objects/carts/anna/fetch/a")
            .header("Idempotency-Key", "k2")
            .POST(noBody()));
    edge.gateway.calls.remove();
    assertThat(((Request) edge.gateway.onlyCall().request()).header("idempotency-key"))
        .contains("k2");
  }

  private static HttpRequest.BodyPublisher noBody() {
    return HttpRequest.BodyPublishers.noBody();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  \n"})
  void takesAnEmptyBodyForNoArguments(String body) throws Exception {
    edge.start();
    assertThat(rpc("/v1/objects/carts/anna/rpc/size", body).body()).isEqualTo("[]");
  }

  @ParameterizedTest
  @CsvSource({
    "a%2Fb, a/b",
    "%C3%A4%20%F0%9F%98%80, ä 😀",
    "'', ''",
    ".., ..",
    "%2e%2e, ..",
    "%00, '\0'",
    "a+b, a+b",
  })
  void addressesAnyName(String path, String name) throws Exception {
    edge.start();
    try (RawClient client = edge.raw()) {
      client.send(
          "POST /v1/objects/carts/"
              + path
              + "/rpc/m HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nAuthorization: bearer "
              + EdgeFixture.TOKEN
              + "\r\n\r\n");
      assertThat(client.head()).startsWith("HTTP/1.1 200");
    }
    assertThat(edge.gateway.onlyCall().target().id()).isEqualTo(CART_IDS.named(name));
  }

  @Test
  void addressesById() throws Exception {
    edge.start();
    String hex = CART_IDS.unique(0, Optional.empty()).hex();
    assertThat(rpc("/v1/objects/carts/id:" + hex + "/rpc/m", "").statusCode()).isEqualTo(200);
    assertThat(edge.gateway.onlyCall().target().id().hex()).isEqualTo(hex);
    assertThat(rpc("/v1/objects/posts/id:" + hex + "/rpc/m", "").body())
        .contains("invalid_object_id", "not valid for this namespace");
    assertThat(rpc("/v1/objects/carts/id:xyz/rpc/m", "").body()).contains("invalid_object_id");
  }

  @Test
  void sendsArgumentsThatDoNotFitIntoOneRead() throws Exception {
    edge.start();
    String arguments = "[\"" + "x".repeat(3_000_000) + "\"]";
    assertThat(rpc("/v1/objects/carts/a/rpc/m", arguments).body()).isEqualTo(arguments);
  }

  @Test
  void limitsTheSizeOfArguments() throws Exception {
    edge.config("rpc-bytes-max = 100 KiB").start();
    HttpResponse<String> known = rpc("/v1/objects/carts/a/rpc/m", "[" + " ".repeat(200_000) + "]");
    assertThat(known.statusCode()).isEqualTo(413);
    HttpResponse<String> chunked =
        edge.send(
            edge.authorized("/v1/objects/carts/a/rpc/m")
                .POST(
                    HttpRequest.BodyPublishers.ofInputStream(() ->
                        new java.io.ByteArrayInputStream(
                            FakeGateway.utf8("[" + " ".repeat(200_000) + "]")))));
    assertThat(chunked.statusCode()).isEqualTo(413);
    assertThat(edge.gateway.calls).isEmpty();
  }

  @Test
  void refusesArgumentsThatAreNoArray() throws Exception {
    edge.start();
    assertThat(rpc("/v1/objects/carts/a/rpc/m", "{\"a\":1}").body())
        .contains("invalid_argument", "expected a JSON array");
    assertThat(edge.gateway.calls).isEmpty();
  }

  @Test
  void tellsWhatTheObjectThrew() throws Exception {
    edge.gateway.fails(
        new ObjectCallException(
            ErrorCode.OBJECT_FAILED,
            "IllegalArgumentException",
            "no such item",
            ObjectCallException.Origin.OBJECT_CODE,
            null));
    edge.start();
    HttpResponse<String> response = rpc("/v1/objects/carts/a/rpc/m", "");
    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.body()).contains("object_failed", "no such item", "\"remote\":true");
  }

  @Test
  void namesTheNamespacesThatExist() throws Exception {
    edge.start();
    HttpResponse<String> response = rpc("/v1/objects/nope/a/rpc/m", "");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.body()).contains("namespace_not_found", "shop.carts, blog.posts");
  }

  @Test
  void forwardsFetchWithItsPathQueryAndBodyButNotTheToken() throws Exception {
    edge.gateway.answersFetch((_, request) ->
        Response.of(
            201,
            Headers.of("x-from", "object"),
            Body.of(request.method() + " " + request.url() + " " + request.body().text())));
    edge.start();
    HttpResponse<String> response =
        edge.send(
            edge.authorized("/v1/objects/shop.carts/a%2Fb/fetch/x/%2F/y?q=%20")
                .header("x-mine", "1")
                .PUT(HttpRequest.BodyPublishers.ofString("in")));
    assertThat(response.statusCode()).isEqualTo(201);
    assertThat(response.headers().firstValue("x-from")).contains("object");
    assertThat(response.body())
        .isEqualTo("PUT http://localhost:" + edge.port() + "/x/%2F/y?q=%20 in");
    Request seen = (Request) edge.gateway.onlyCall().request();
    assertThat(seen.headers().contains("authorization")).isFalse();
    assertThat(seen.header("x-mine")).contains("1");
    assertThat(seen.header("x-request-id")).isPresent();
  }

  @Test
  void fetchesTheRootWhenNoPathFollows() throws Exception {
    edge.start();
    HttpResponse<String> response = edge.send(edge.authorized("/v1/objects/carts/a/fetch?x=1"));
    assertThat(response.body()).isEqualTo("GET http://localhost:" + edge.port() + "/?x=1");
  }

  @Test
  void keepsDotSegmentsOfAFetchBelowTheObject() throws Exception {
    edge.start();
    try (RawClient client = edge.raw()) {
      client.send(
          "GET /v1/objects/carts/a/fetch/x/../../../../y HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
              + "Authorization: Bearer "
              + EdgeFixture.TOKEN
              + "\r\n\r\n");
      client.head();
      assertThat(client.rest()).isEqualTo("GET http://h/y");
    }
  }

  @ParameterizedTest
  @CsvSource({"Bearer wrong", "Bearer", "Basic s3cret", "s3cret", "''"})
  void refusesOtherTokens(String authorization) throws Exception {
    edge.start();
    HttpResponse<String> response =
        edge.send(
            edge.request("/v1/objects/carts/a/rpc/m")
                .header("authorization", authorization)
                .POST(HttpRequest.BodyPublishers.noBody()));
    assertThat(response.statusCode()).isEqualTo(401);
    assertThat(response.headers().firstValue("www-authenticate")).contains("Bearer");
    assertThat(response.body()).contains("not_authorized").doesNotContain(EdgeFixture.TOKEN);
    assertThat(edge.gateway.calls).isEmpty();
  }

  @Test
  void refusesEverybodyWhenNoTokenIsConfigured() throws Exception {
    edge.withoutToken().start();
    assertThat(edge.send(edge.authorized("/v1/objects/carts/a/rpc/m")).statusCode()).isEqualTo(401);
  }

  @Test
  void wantsPostForCalls() throws Exception {
    edge.start();
    HttpResponse<String> response = edge.send(edge.authorized("/v1/objects/carts/a/rpc/m"));
    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("allow")).contains("POST");
    assertThat(response.body()).contains("method_not_allowed", "expected POST, found GET");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/objects/carts/a",
        "/v1/objects/carts/a/rpc",
        "/v1/objects/carts/a/rpc/",
        "/v1/objects/carts/a/rpc/m/more",
        "/v1/objects/carts/a/other/m"
      })
  void answers404InJsonForTheRest(String path) throws Exception {
    edge.app("greedy", (_, _, _) -> Response.text("app"), "/*").start();
    HttpResponse<String> response = rpc(path, "");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.body()).contains("\"code\":\"route_not_found\"");
  }

  @Test
  void refusesBrokenPercentEncoding() throws Exception {
    edge.start();
    try (RawClient client = edge.raw()) {
      client.send(
          "POST /v1/objects/carts/%ff/rpc/m HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
              + "Content-Length: 0\r\nAuthorization: Bearer "
              + EdgeFixture.TOKEN
              + "\r\n\r\n");
      assertThat(client.head()).startsWith("HTTP/1.1 400");
      assertThat(client.rest()).contains("invalid_request");
    }
  }
}
