package io.holdfast.node.metering;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.node.NodeFixture;
import java.net.http.HttpResponse.BodyHandlers;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// Metering over HTTP, and through a restart of the node.
class MeteringNodeTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String DESCRIPTOR =
      """
      {"name": "test", "objects": [
        {"name": "counter", "class": "io.holdfast.testapp.Counter"}]}
      """;

  @Test
  void countsRequestsRowsAndTimeOfObjects() throws Exception {
    try (NodeFixture node =
        NodeFixture.ofApp(
            DESCRIPTOR, "io.holdfast.testapp", "holdfast.objects.idle-timeout=100 ms")) {
      for (int i = 0; i < 5; i++) {
        assertThat(node.call("counter", "a", "increment").status()).isEqualTo(200);
      }
      assertThat(used(node).path("requests").asLong()).isEqualTo(5);
      assertThat(used(node).path("rowsWritten").asLong()).isPositive();
      assertThat(used(node).path("rowsRead").asLong()).isPositive();
      assertThat(used(node).path("memoryGbSeconds").asDouble()).isPositive();
      Awaitility.await("the object to leave memory")
          .until(() -> node.metric("holdfast_objects") == 0);
      JsonNode before = used(node);
      node.restart();
      assertThat(used(node)).isEqualTo(before);
      node.call("counter", "a", "increment");
      assertThat(used(node).path("requests").asLong()).isEqualTo(6);
      assertThat(node.metric("holdfast_usage_requests_total{app=\"test\"}")).isEqualTo(1);
    }
  }

  private static JsonNode used(NodeFixture node) throws Exception {
    String body =
        node.send(node.admin("/admin/v1/metering?app=test").build(), BodyHandlers.ofString())
            .body();
    return JSON.readTree(body).path("days").path(0).path("objects");
  }
}
