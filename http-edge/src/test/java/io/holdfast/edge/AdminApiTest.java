package io.holdfast.edge;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import io.holdfast.sdk.Response;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdminApiTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ADMIN_TOKEN = "operators only";
  private static final String CARTS = "/admin/v1/namespaces/shop.carts/objects";

  private final FakeObjectAdmin admin = new FakeObjectAdmin();
  private final FakeNodeAdmin node = new FakeNodeAdmin();
  private final EdgeFixture edge =
      new EdgeFixture()
          .admin(new AdminServices(admin, node, node, node, BearerToken.of(ADMIN_TOKEN)));
  private final Logger logger = (Logger) org.slf4j.LoggerFactory.getLogger("io.holdfast.audit");
  private final ListAppender<ILoggingEvent> audit = new ListAppender<>();

  @BeforeEach
  void listen() {
    logger.setLevel(Level.INFO);
    audit.start();
    logger.addAppender(audit);
  }

  @AfterEach
  void stop() throws InterruptedException {
    admin.block.countDown();
    logger.detachAppender(audit);
    edge.close();
  }

  private HttpRequest.Builder authorized(String path) {
    return edge.request(path).header("authorization", "Bearer " + ADMIN_TOKEN);
  }

  // Containers and metering.

  @Test
  void listsContainersAndShowsWhatWasUsed() throws Exception {
    edge.start();
    assertThat(get("/admin/v1/containers?app=shop").body())
        .contains("\"app\":\"shop\"", "\"status\":\"running\"", "\"objectName\":null");
    assertThat(get("/admin/v1/metering?from=2026-11-01&to=2026-11-24").body())
        .contains("\"vcpuSeconds\":2.5", "\"requests\":7");
    assertThat(node.calls)
        .containsExactly(
            "list Optional[shop]",
            "usage Optional.empty Optional[2026-11-01] Optional[2026-11-24]");
  }

  @Test
  void stopsRestartsAndShowsTheLogOfAContainer() throws Exception {
    edge.start();
    String cart = "/admin/v1/containers/shop/carts/a%2Fb";
    assertThat(post(cart + "/stop", "{}").statusCode()).isEqualTo(200);
    assertThat(post(cart + "/restart", "{}").statusCode()).isEqualTo(200);
    HttpResponse<String> log = get(cart + "/logs?tail=5&follow=true");
    assertThat(log.body()).isEqualTo("one\ntwo\n");
    assertThat(log.headers().firstValue("content-type")).contains("text/plain; charset=utf-8");
    assertThat(get(cart + "/logs").body()).isEqualTo("one\ntwo\n");
    assertThat(node.calls)
        .containsExactly(
            "stop shop.carts a/b",
            "restart shop.carts a/b",
            "logs shop.carts a/b 5 YES",
            "logs shop.carts a/b 100 NO");
    assertThat(audit.list.getFirst().getFormattedMessage())
        .contains("\"action\":\"containers.stop\"", "\"namespace\":\"shop.carts\"");
  }

  @ParameterizedTest
  @CsvSource({
    "/admin/v1/metering?from=yesterday, 400",
    "/admin/v1/metering?form=2026-11-24, 400",
    "/admin/v1/containers/shop/carts/a/logs?follow=maybe, 400",
    "/admin/v1/containers/shop/carts/a/logs?tail=10001, 400",
    "/admin/v1/containers/shop/carts/a/stop, 405",
    "/admin/v1/containers/shop/nothing/a/logs, 404",
    "/admin/v1/containers/shop/carts/a, 404",
    "/admin/v1/containers/shop/carts/a/exec, 404"
  })
  void refusesWhatItDoesNotUnderstandOfContainersAndMetering(String path, int status)
      throws Exception {
    edge.start();
    assertThat(get(path).statusCode()).isEqualTo(status);
    assertThat(node.calls).isEmpty();
  }

  private HttpResponse<String> get(String path) throws Exception {
    return edge.send(authorized(path));
  }

  private HttpResponse<String> post(String path, String body) throws Exception {
    return edge.send(authorized(path).POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private static String code(HttpResponse<String> response) throws Exception {
    return JSON.readTree(response.body()).path("error").path("code").asText();
  }

  private JsonNode audited() throws Exception {
    Awaitility.await().atMost(EdgeFixture.DEADLINE).until(() -> !audit.list.isEmpty());
    assertThat(audit.list).hasSize(1);
    return JSON.readTree(audit.list.getFirst().getFormattedMessage());
  }

  @Test
  void listsObjects() throws Exception {
    edge.start();
    HttpResponse<String> response = get(CARTS + "?limit=7");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(admin.calls).containsExactly("list shop.carts after - max 7");
    JsonNode object = JSON.readTree(response.body()).path("objects").get(0);
    assertThat(object.path("id").asText()).isEqualTo("0a");
    assertThat(object.path("name").asText()).isEqualTo("n");
    assertThat(object.path("alarm").isNull()).isTrue();
  }

  @Test
  void takesNamesWithAnyCharacterAndNamespacesByTheirShortName() throws Exception {
    edge.start();
    assertThat(get("/admin/v1/namespaces/carts/objects/a%2Fb%20%C3%BC/history").statusCode())
        .isEqualTo(200);
    assertThat(get("/admin/v1/namespaces/carts/objects/../history").statusCode()).isEqualTo(200);
    assertThat(admin.calls)
        .containsExactly(
            "history shop.carts/'a/b ü' before - max 100",
            "history shop.carts/'..' before - max 100");
  }

  @Test
  void movesObjectsAndSaysThatRegionsAreLost() throws Exception {
    edge.start();
    assertThat(post(CARTS + "/x/move", "{\"region\":\"us\"}").body())
        .isEqualTo("{\"region\":\"us\"}");
    assertThat(get("/admin/v1/regions").body())
        .isEqualTo(
            "{\"regions\":[{\"name\":\"eu\",\"here\":true,\"reachable\":true,\"lost\":false}]}");
    assertThat(post("/admin/v1/regions/us/lost", "{}").body()).contains("\"lost\":true");
    assertThat(post("/admin/v1/regions/us/back", "{}").body()).contains("\"lost\":false");
    assertThat(code(post("/admin/v1/regions/us/gone", "{}"))).isEqualTo("route_not_found");
    assertThat(admin.calls).containsExactly("move shop.carts/'x' to us");
    assertThat(node.calls).containsExactly("regions", "give up us", "take back us");
  }

  @Test
  void comparesForksAndRestores() throws Exception {
    edge.start();
    get(CARTS + "/x/diff?from=1&to=2&rows=0");
    post(CARTS + "/x/fork", "{\"to\":\"y\",\"at\":\"1\",\"alarm\":\"kept\"}");
    post(CARTS + "/x/fork", "{\"to\":\"z\"}");
    HttpResponse<String> restored = post(CARTS + "/x/restore", "{\"at\":\"1\"}");
    assertThat(admin.calls)
        .containsExactly(
            "diff shop.carts/'x' 1 2 rows 0",
            "fork shop.carts/'x' at 1 to shop.carts/'y' alarm KEPT",
            "fork shop.carts/'x' at - to shop.carts/'z' alarm DROPPED",
            "restore shop.carts/'x' at 1");
    assertThat(JSON.readTree(restored.body()).path("undo").asText()).isEqualTo("undo");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Bearer s3cret", "Bearer ", "Basic b3BlcmF0b3JzIG9ubHk=", "x"})
  void wantsItsOwnToken(String authorization) throws Exception {
    edge.start();
    HttpRequest.Builder request =
        authorization.isEmpty()
            ? edge.request(CARTS)
            : edge.request(CARTS).header("authorization", authorization);
    HttpResponse<String> response = edge.send(request);
    assertThat(response.statusCode()).isEqualTo(401);
    assertThat(code(response)).isEqualTo("not_authorized");
    assertThat(response.headers().firstValue("www-authenticate")).hasValue("Bearer");
    assertThat(admin.calls).isEmpty();
    JsonNode line = audited();
    assertThat(line.path("who").asText()).isEqualTo("unknown");
    assertThat(line.path("outcome").asText()).isEqualTo("not_authorized");
  }

  @Test
  void itsTokenIsNoneOfTheServiceApi() throws Exception {
    edge.start();
    assertThat(get("/v1/objects/shop.carts/x/rpc/m").statusCode()).isEqualTo(401);
  }

  @Test
  void isNotThereWhenItIsOff() throws Exception {
    EdgeFixture off = new EdgeFixture().app("greedy", (_, _, _) -> Response.text("app"), "/*");
    try (off) {
      off.start();
      HttpResponse<String> response = off.send(off.authorized(CARTS));
      assertThat(response.statusCode()).isEqualTo(404);
      assertThat(code(response)).isEqualTo("route_not_found");
    }
  }

  @Test
  void winsOverTheRoutesOfAppsButLeavesThemTheRestOfAdmin() throws Exception {
    edge.app("greedy", (_, _, _) -> Response.text("app"), "/*").start();
    assertThat(get(CARTS).body()).startsWith("{\"objects\"");
    assertThat(get("/admin/v2").body()).isEqualTo("app");
    assertThat(get("/admin").body()).isEqualTo("app");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/admin/v1",
        "/admin/v1/",
        "/admin/v1/namespaces",
        "/admin/v1/namespaces/shop.carts",
        "/admin/v1/namespaces/shop.carts/things",
        "/admin/v1/namespaces/shop.carts/objects/",
        "/admin/v1/namespaces/shop.carts/objects/x",
        "/admin/v1/namespaces/shop.carts/objects/x/history/y",
        "/admin/v1/namespaces/shop.carts/objects/x/drop",
        "/admin/v1/namespaces/shop.carts/objects/x/HISTORY",
        "/admin/v1/namespaces/none/objects",
      })
  void knowsNoOtherPaths(String path) throws Exception {
    edge.start();
    assertThat(get(path).statusCode()).isEqualTo(404);
    assertThat(admin.calls).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "POST, '', GET",
    "DELETE, /x/history, GET",
    "GET, /x/restore, POST",
    "GET, /x/move, POST",
    "PUT, /x/fork, POST"
  })
  void takesEachVerbByItsMethodAlone(String method, String verb, String allowed) throws Exception {
    edge.start();
    HttpResponse<String> response =
        edge.send(
            authorized(CARTS + verb).method(method, HttpRequest.BodyPublishers.ofString("{}")));
    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("allow")).hasValue(allowed);
    assertThat(audited().path("who").asText()).isEqualTo("admin-token");
    assertThat(admin.calls).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "?limit=0",
        "?limit=1001",
        "?limit=99999999999999999999",
        "?limit=-1",
        "?limit=",
        "?limit=ten",
        "?limit=1&limit=2",
        "?limits=1",
        "?after=%C3%28",
        "?before=x",
        "/x/history?limit=0",
        "/x/history?after=1",
        "/x/diff",
        "/x/diff?from=1",
        "/x/diff?from=1&to=",
        "/x/diff?from=1&to=2&rows=1001",
        "/x/diff?from=1&to=2&rows=-1",
        "/%C3%28/history",
        "/id:zz/history",
      })
  void refusesBadParameters(String rest) throws Exception {
    edge.start();
    HttpResponse<String> response = get(CARTS + rest);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
    assertThat(admin.calls).isEmpty();
  }

  @Test
  void refusesAnIdOfAnotherNamespaceToGoOnFrom() throws Exception {
    edge.start();
    String foreign = edge.gateway.ids(FakeGateway.POSTS).named("x").hex();
    assertThat(code(get(CARTS + "?after=" + foreign))).isEqualTo("invalid_object_id");
    assertThat(code(get(CARTS + "/id:" + foreign + "/history"))).isEqualTo("invalid_object_id");
    assertThat(admin.calls).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "1",
        "null",
        "{",
        "{\"at\":1}",
        "{\"at\":null}",
        "{\"at\":\"\"}",
        "{\"at\":{\"x\":1}}",
        "{\"At\":\"1\"}",
        "{\"at\":\"1\",\"more\":\"2\"}",
        "{\"at\":\"1\"} {}",
      })
  void refusesBadBodies(String body) throws Exception {
    edge.start();
    HttpResponse<String> response = post(CARTS + "/x/restore", body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
    assertThat(admin.calls).isEmpty();
  }

  @Test
  void refusesABodyThatIsTooLarge() throws Exception {
    edge.start();
    String body = "{\"at\":\"" + "x".repeat(AdminApi.BODY_BYTES_MAX) + "\"}";
    assertThat(code(post(CARTS + "/x/restore", body))).isEqualTo("body_too_large");
  }

  @Test
  void refusesAChoiceThatThereIsNot() throws Exception {
    edge.start();
    HttpResponse<String> response = post(CARTS + "/x/fork", "{\"to\":\"y\",\"alarm\":\"maybe\"}");
    assertThat(code(response)).isEqualTo("invalid_argument");
    assertThat(admin.calls).isEmpty();
  }

  @Test
  void tellsWhatTheNodeRefuses() throws Exception {
    admin.failure = new HoldfastException(ErrorCode.WRONG_STATE, "expected no object, found one");
    edge.start();
    HttpResponse<String> response = post(CARTS + "/x/fork", "{\"to\":\"y\"}");
    assertThat(response.statusCode()).isEqualTo(409);
    assertThat(response.body()).contains("expected no object, found one");
    assertThat(audited().path("outcome").asText()).isEqualTo("wrong_state");
  }

  @Test
  void doesNotTellOfItsBugs() throws Exception {
    admin.failure = new IllegalStateException("a secret");
    edge.start();
    HttpResponse<String> response = get(CARTS);
    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.body()).doesNotContain("a secret");
    assertThat(audited().path("outcome").asText()).contains("a secret");
  }

  @Test
  void refusesFurtherCallsWhileTooManyRun() throws Exception {
    admin.block = new CountDownLatch(1);
    edge.start();
    List<CompletableFuture<HttpResponse<String>>> running = new ArrayList<>();
    for (int i = 0; i < AdminApi.CALLS_MAX; i++) {
      running.add(
          edge.client.sendAsync(authorized(CARTS).build(), HttpResponse.BodyHandlers.ofString()));
    }
    Awaitility.await()
        .atMost(EdgeFixture.DEADLINE)
        .until(() -> admin.calls.size() == AdminApi.CALLS_MAX);
    assertThat(code(get(CARTS))).isEqualTo("node_overloaded");
    admin.block.countDown();
    for (CompletableFuture<HttpResponse<String>> one : running) {
      assertThat(one.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }
    assertThat(get(CARTS).statusCode()).isEqualTo(200);
  }

  @Test
  void writesOneLinePerCallThatNoNameCanBreak() throws Exception {
    edge.start();
    post(CARTS + "/a%0Ab%22/restore", "{\"at\":\"17\"}");
    JsonNode line = audited();
    assertThat(audit.list.getFirst().getFormattedMessage()).doesNotContain("\n");
    assertThat(line.path("who").asText()).isEqualTo("admin-token");
    assertThat(line.path("peer").asText()).isEqualTo("127.0.0.1");
    assertThat(line.path("action").asText()).isEqualTo("objects.restore");
    assertThat(line.path("namespace").asText()).isEqualTo("shop.carts");
    assertThat(line.path("object").asText()).isEqualTo("a\nb\"");
    assertThat(line.path("with.at").asText()).isEqualTo("17");
    assertThat(line.path("outcome").asText()).isEqualTo("ok");
    assertThat(line.path("request").asText()).isNotEmpty();
  }
}
