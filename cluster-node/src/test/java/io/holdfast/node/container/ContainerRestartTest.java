package io.holdfast.node.container;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.node.NodeFixture;
import io.holdfast.testkit.FakeProgram;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;

/// Containers when their node is shut down in order and started again.
class ContainerRestartTest {
  private static final String DESCRIPTOR =
      """
      {"name": "boxes", "vars": {"SLEEP_AFTER_MILLIS": "%d"}, "objects": [
        {"name": "box", "class": "io.holdfast.boxapp.Box", "container": {"image": "app"}},
        {"name": "low", "class": "io.holdfast.boxapp.Low", "container": {"image": "app"}}]}
      """;

  private static NodeFixture node(String onShutdown, int sleepAfterMillis) {
    NodeFixture node =
        NodeFixture.ofApp(
            DESCRIPTOR.formatted(sleepAfterMillis),
            "io.holdfast.boxapp",
            "holdfast.objects.idle-timeout=200 ms",
            "holdfast.containers.on-shutdown=" + onShutdown);
    node.engine()
        .image(
            "app",
            container ->
                container.listen(
                    8080, exchange -> FakeProgram.answer(exchange, "state " + container.id())));
    return node;
  }

  private static String fetch(NodeFixture node) {
    return node.send(node.request("/v1/objects/box/a/fetch/").build(), BodyHandlers.ofString())
        .body();
  }

  private static int number(NodeFixture node, String what) {
    return node.call("box", "a", "number", what).number();
  }

  @Test
  void theNodePutsItsContainersToSleepBeforeItEnds() {
    try (NodeFixture node = node("sleep", 600_000)) {
      String state = fetch(node);
      node.stop();
      assertThat(node.containers()).isEmpty();
      node.start();
      assertThat(number(node, "expiries")).isEqualTo(1);
      assertThat(number(node, "stops")).isEqualTo(1);
      assertThat(node.call("box", "a", "saved").text()).isEqualTo(state);
      assertThat(node.call("box", "a", "status").text()).isEqualTo("stopped");
    }
  }

  @Test
  void containersThatAreKeptAreTakenOverAndFallAsleepLater() {
    try (NodeFixture node = node("keep", 10_000)) {
      String state = fetch(node);
      node.restart();
      assertThat(node.call("box", "a", "status").text()).isEqualTo("running");
      assertThat(fetch(node)).isEqualTo(state);
      assertThat(number(node, "starts")).isEqualTo(1);
      node.restart();
      ContainerFixture.await("the container to fall asleep")
          .until(() -> node.containers().isEmpty());
      assertThat(number(node, "expiries")).isEqualTo(1);
      assertThat(node.call("box", "a", "saved").text()).isEqualTo(state);
      assertThat(node.engine().created()).isEqualTo(1);
    }
  }

  @Test
  void anEngineThatIsAwayWhenTheNodeStartsIsMadeUpFor() {
    try (NodeFixture node = node("keep", 600_000)) {
      String state = fetch(node);
      node.stop();
      node.engine().goesDown();
      node.start();
      assertThat(node.call("box", "a", "status").text()).isEqualTo("stopped");
      assertThat(node.call("box", "other", "writeThenStart").ok()).isTrue();
      node.engine().comesBack();
      ContainerFixture.await("the container to be taken over")
          .until(() -> node.call("box", "a", "status").text().equals("running"));
      assertThat(fetch(node)).isEqualTo(state);
      assertThat(number(node, "starts")).isEqualTo(1);
    }
  }
}
