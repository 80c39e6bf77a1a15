package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContainersCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private FakeNode node;

  @BeforeEach
  void start() throws IOException {
    node = new FakeNode();
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private int run(String... arguments) {
    return node.run(out, err, arguments);
  }

  @Test
  void listsContainersInColumns() {
    node.answers(
        200,
        """
        {"containers":[
          {"app":"shop","namespace":"carts","objectId":"0a","objectName":"a","status":"running",
           "since":"2026-11-24T10:00:00Z","image":"web:1","instanceType":"lite",
           "containerId":"0123456789abcdef","node":"n1"},
          {"app":"shop","namespace":"carts","objectId":"0b","objectName":null,"status":"starting",
           "since":"2026-11-24T10:00:01Z","image":null,"instanceType":null,"containerId":null,"node":"n2"}]}
        """);
    assertThat(run("containers", "list", "--app", "shop")).isZero();
    assertThat(node.requests).containsExactly("GET /admin/v1/containers?app=shop");
    assertThat(out.toString())
        .isEqualTo(
            """
            APP   NAMESPACE  OBJECT  STATUS    SINCE                 TYPE  IMAGE  CONTAINER     NODE
            shop  carts      a       running   2026-11-24T10:00:00Z  lite  web:1  0123456789ab  n1
            shop  carts      id:0b   starting  2026-11-24T10:00:01Z  -     -      -             n2
            """);
  }

  @Test
  void stopsAndRestarts() {
    assertThat(run("containers", "stop", "shop/carts/a/b")).isZero();
    assertThat(run("containers", "restart", "shop/carts/id:0a")).isZero();
    assertThat(node.requests)
        .containsExactly(
            "POST /admin/v1/containers/shop/carts/a%2Fb/stop {}",
            "POST /admin/v1/containers/shop/carts/id%3A0a/restart {}");
    assertThat(out.toString()).isEqualTo("stopped\nrestarted\n");
  }

  @Test
  void showsAndFollowsALog() {
    node.answers(200, "héllo\nthere\n");
    assertThat(run("logs", "shop/carts/a")).isZero();
    assertThat(run("logs", "-f", "--tail", "7", "shop/carts/a")).isZero();
    assertThat(node.requests)
        .containsExactly(
            "GET /admin/v1/containers/shop/carts/a/logs?tail=100",
            "GET /admin/v1/containers/shop/carts/a/logs?tail=7&follow=true");
    assertThat(out.toString()).isEqualTo("héllo\nthere\nhéllo\nthere\n");
  }

  @Test
  void tellsWhyTheNodeShowsNoLog() {
    node.answers(
        503,
        "{\"error\":{\"code\":\"node_overloaded\",\"message\":\"too many\",\"requestId\":\"r1\"}}");
    assertThat(run("logs", "-f", "shop/carts/a")).isEqualTo(1);
    assertThat(err.toString()).contains("too many (node_overloaded, HTTP 503, request r1)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"shop", "shop/carts", "shop/carts/", "//a"})
  void refusesWhatNamesNoContainer(String object) {
    assertThat(run("logs", object)).isEqualTo(2);
    assertThat(err.toString()).contains("expected APP/NAMESPACE/NAME, found '" + object + "'");
    assertThat(node.requests).isEmpty();
  }

  @Test
  void showsWhatWasUsed() {
    node.answers(
        200,
        """
        {"from":"2026-11-01","to":"2026-11-24","days":[{"day":"2026-11-02","app":"shop",
          "namespace":"carts",
          "containers":{"starts":1,"seconds":10.0,"vcpuSeconds":2.5,"memoryGibSeconds":10.0,
            "diskGbSeconds":40.0,"egressBytes":2048},
          "objects":{"memoryGbSeconds":1.28,"requests":7,"webSocketMessages":0,"rowsRead":3,
            "rowsWritten":2}}]}
        """);
    assertThat(run("metering", "--from", "2026-11-01")).isZero();
    assertThat(node.requests).containsExactly("GET /admin/v1/metering?from=2026-11-01");
    assertThat(out.toString().lines().toList().getLast().split(" +"))
        .containsExactly(
            "2026-11-02",
            "shop",
            "carts",
            "10.00",
            "2.50",
            "10.00",
            "40.00",
            "2.0",
            "KiB",
            "1.28",
            "7",
            "3",
            "2");
  }
}
