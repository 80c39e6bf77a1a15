package io.holdfast.node.container;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.node.NodeFixture;
import io.holdfast.testkit.FakeProgram;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;

/// A node that has room for one container, over HTTP.
class ContainerCapacityNodeTest {
  private static final String DESCRIPTOR =
      """
      {"name": "boxes", "vars": {"SLEEP_AFTER_MILLIS": "60000"}, "objects": [
        {"name": "box", "class": "io.holdfast.boxapp.Box", "container": {"image": "app"}}]}
      """;

  @Test
  void aStartWithoutRoomIsA503WithTheReasonAndRetryAfter() {
    try (NodeFixture node =
        NodeFixture.ofApp(
            DESCRIPTOR,
            "io.holdfast.boxapp",
            "holdfast.containers.budget.instances=1",
            "holdfast.containers.queue-timeout=50 ms")) {
      node.engine().image("app", FakeProgram.serving(8080, "hello"));
      assertThat(fetch(node, "a").statusCode()).isEqualTo(200);
      HttpResponse<String> refused = fetch(node, "b");
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.headers().firstValue("x-holdfast-error"))
          .contains("container_no_capacity");
      assertThat(refused.headers().firstValue("retry-after")).contains("5");
      assertThat(refused.body())
          .contains("it needs 1 instances, and 1 instances of 1 instances are taken")
          .contains("waited 50 ms")
          .contains("\"retryable\":true");
      assertThat(node.metric("holdfast_container_taken{resource=\"instances\"}")).isEqualTo(1);
      assertThat(node.metric("holdfast_container_starts_refused_total{reason=\"timeout\"}"))
          .isEqualTo(1);
    }
  }

  private static HttpResponse<String> fetch(NodeFixture node, String name) {
    return node.send(
        node.request("/v1/objects/box/" + name + "/fetch/").build(), BodyHandlers.ofString());
  }
}
