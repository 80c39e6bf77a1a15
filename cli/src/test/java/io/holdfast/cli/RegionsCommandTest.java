package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RegionsCommandTest {
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
  void listsRegionsAsTheNodeSeesThem() {
    node.answers(
        200,
        """
        {"regions":[
          {"name":"eu","here":true,"reachable":true,"lost":false},
          {"name":"us","here":false,"reachable":false,"lost":true},
          {"name":"ap","here":false,"reachable":true,"lost":false}]}
        """);
    assertThat(run("regions", "list")).isZero();
    assertThat(node.requests).containsExactly("GET /admin/v1/regions");
    assertThat(out.toString())
        .isEqualTo(
            """
            REGION  STATE
            eu      here
            us      lost, unreachable
            ap      reachable
            """);
  }

  @Test
  void givesARegionUpAndTakesItBack() {
    node.answers(200, "{\"name\":\"us\",\"here\":false,\"reachable\":false,\"lost\":true}");
    assertThat(run("regions", "lost", "us")).isZero();
    assertThat(run("regions", "back", "us")).isZero();
    assertThat(node.requests)
        .containsExactly("POST /admin/v1/regions/us/lost {}", "POST /admin/v1/regions/us/back {}");
    assertThat(out.toString()).startsWith("us  lost, unreachable\n");
  }

  @Test
  void movesAnObject() {
    node.answers(200, "{\"region\":\"us\"}");
    assertThat(run("objects", "move", "rooms", "x", "us")).isZero();
    assertThat(node.requests)
        .containsExactly("POST /admin/v1/namespaces/rooms/objects/x/move {\"region\":\"us\"}");
    assertThat(out.toString()).isEqualTo("lives in  us\n");
    assertThat(run("objects", "move", "rooms", "x")).isEqualTo(2);
  }

  @Test
  void tellsWhyTheNodeRefuses() {
    node.answers(
        409,
        "{\"error\":{\"code\":\"wrong_state\",\"message\":\"expected another region, found none\"}}");
    assertThat(run("regions", "lost", "us")).isEqualTo(1);
    assertThat(err.toString()).contains("expected another region, found none");
  }
}
