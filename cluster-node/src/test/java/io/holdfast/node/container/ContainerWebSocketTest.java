package io.holdfast.node.container;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.ContainerOwner;
import io.holdfast.node.NodeFixture;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.sdk.spi.socket.SocketMessage;
import io.holdfast.testkit.FakeContainer;
import io.holdfast.testkit.FakeSocketHandler;
import io.holdfast.testkit.TestWebSocket;
import io.holdfast.testkit.TestWebSocket.Closed;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// WebSockets through the edge, a Worker and an object to the object's container.
class ContainerWebSocketTest {
  private static final int SLEEP_AFTER_MILLIS = 400;
  private static final String DESCRIPTOR =
      """
      {"name": "boxes", "vars": {"SLEEP_AFTER_MILLIS": "%d"}, "worker": "io.holdfast.boxapp.Door",
       "routes": ["/*"], "objects": [
        {"name": "box", "class": "io.holdfast.boxapp.Box",
         "container": {"image": "app", "maxInstances": 1000}},
        {"name": "low", "class": "io.holdfast.boxapp.Low",
         "container": {"image": "app", "maxInstances": 1000}}]}
      """
          .formatted(SLEEP_AFTER_MILLIS);
  private static final BlockingQueue<String> ENDS = new LinkedBlockingQueue<>();
  private static NodeFixture node;

  @BeforeAll
  static void start() {
    node =
        NodeFixture.ofApp(DESCRIPTOR, "io.holdfast.boxapp", "holdfast.objects.idle-timeout=200 ms");
    node.engine()
        .image(
            "app",
            container -> {
              container.listen(8080, new Obeying());
              container.listen(
                  9090, (session, message) -> session.send(new SocketMessage.Text("other port")));
              container.onSignal(number -> container.exit(0));
            });
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  /** Does what messages say; echoes all else. */
  private static final class Obeying implements FakeSocketHandler {
    @Override
    public void message(Session session, SocketMessage message) throws IOException {
      String text = message instanceof SocketMessage.Text(String t) ? t : "";
      switch (text) {
        case "head" -> session.send(new SocketMessage.Text(session.head()));
        case "close" -> session.close(4567, "enough");
        case "close without code" -> session.close(1005, "");
        case "drop" -> session.drop();
        case "nonsense" -> session.raw(new byte[] {(byte) 0xff, 0});
        default -> session.send(message);
      }
    }

    @Override
    public void closed(Session session, int code, String reason) {
      ENDS.add(code + " " + reason);
    }
  }

  private static TestWebSocket connect(String box, String... subprotocols) {
    return node.webSocket("/" + box + "/8080/path?x=1", subprotocols);
  }

  private static Optional<FakeContainer> container(String box) {
    String id = new ObjectIds(new NamespaceId("boxes", "box")).named(box).hex();
    return node.containerOf(new ContainerOwner.Key("boxes", "box", id));
  }

  private static void awaitUntil(String what, java.util.concurrent.Callable<Boolean> condition) {
    ContainerFixture.await(what).until(condition);
  }

  @Test
  void passesMessagesBothWays() {
    try (TestWebSocket client = connect("echo", "v9")) {
      assertThat(client.subprotocol()).isEqualTo("v9");
      assertThat(client.send("hé").text()).isEqualTo("hé");
      byte[] large = new byte[1_000_000];
      large[999_999] = 1;
      assertThat(client.send(large).binary()).isEqualTo(large);
      assertThat(client.send("head").text())
          .contains("GET /path?x=1 HTTP/1.1", "Sec-WebSocket-Protocol: v9")
          .doesNotContain("cf-container-target-port");
    }
  }

  @Test
  void reachesThePortOfSwitchPort() {
    try (TestWebSocket client = node.webSocket("/ports/9090/")) {
      assertThat(client.send("x").text()).isEqualTo("other port");
    }
  }

  @Test
  void passesTheClientsCloseOn() throws Exception {
    try (TestWebSocket client = connect("leaving")) {
      assertThat(client.send("x").text()).isEqualTo("x");
      ENDS.clear();
      client.close(4321, "bye");
      assertThat(ENDS.poll(20, TimeUnit.SECONDS)).isEqualTo("4321 bye");
    }
  }

  @Test
  void aClientThatVanishesIsA1000ForTheContainer() throws Exception {
    try (TestWebSocket client = connect("vanishing")) {
      assertThat(client.send("x").text()).isEqualTo("x");
      ENDS.clear();
      client.drop();
      assertThat(ENDS.poll(20, TimeUnit.SECONDS)).startsWith("1000");
    }
  }

  @Test
  void passesTheContainersCloseOn() {
    try (TestWebSocket client = connect("closing")) {
      client.send("close");
      assertThat(client.closed()).isEqualTo(new Closed(4567, "enough"));
    }
    try (TestWebSocket client = connect("closing")) {
      client.send("close without code");
      assertThat(client.closed().code()).isEqualTo(1000);
    }
    try (TestWebSocket client = connect("closing")) {
      client.send("drop");
      assertThat(client.closed().code()).isEqualTo(1000);
    }
    try (TestWebSocket client = connect("closing")) {
      client.send("nonsense");
      assertThat(client.closed().code()).isEqualTo(1011);
    }
  }

  @Test
  void anOpenSocketKeepsTheContainerAwakeUntilItEnds() {
    try (TestWebSocket client = connect("awake")) {
      assertThat(client.send("x").text()).isEqualTo("x");
      long end = System.nanoTime() + 3L * SLEEP_AFTER_MILLIS * 1_000_000;
      awaitUntil("three times the timeout to be over", () -> System.nanoTime() > end);
      assertThat(client.send("y").text()).isEqualTo("y");
      client.close(1000, "");
    }
    awaitUntil("the container to sleep", () -> container("awake").isEmpty());
  }

  @Test
  void aContainerThatIsStoppedClosesWith1001() {
    try (TestWebSocket client = connect("stopped")) {
      assertThat(client.send("x").text()).isEqualTo("x");
      node.callAsync("box", "stopped", "stop");
      assertThat(client.closed()).isEqualTo(new Closed(1001, "The container is stopping."));
    }
  }

  @Test
  void aContainerThatDiesClosesTheSocket() {
    try (TestWebSocket client = connect("dying")) {
      assertThat(client.send("x").text()).isEqualTo("x");
      container("dying").orElseThrow().exit(9);
      assertThat(client.closed().code()).isEqualTo(1000);
    }
  }
}
