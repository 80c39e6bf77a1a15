package io.holdfast.node.container;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.ContainerOwner;
import io.holdfast.engine.Network;
import io.holdfast.engine.egress.EgressGate;
import io.holdfast.node.Answer;
import io.holdfast.node.NodeFixture;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.testkit.FakeContainer;
import io.holdfast.testkit.FakeProgram;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What containers send out, in a whole node: the fake's containers have addresses of their own on
/// loopback, from which they speak to the node's gate.
@Timeout(60)
class ContainerOutboundTest {
  private static final InetAddress GATEWAY = InetAddress.ofLiteral("127.0.0.1");
  private static final String DESCRIPTOR =
      """
      {"name": "agents", "vars": {"CREDENTIAL": "token-1"}, "objects": [
        {"name": "agent", "class": "io.holdfast.agentapp.Agent", "container": {"image": "app"}},
        {"name": "plain", "class": "io.holdfast.agentapp.Plain", "container": {"image": "app"}}]}
      """;
  private static NodeFixture node;

  @BeforeAll
  static void start() {
    node =
        NodeFixture.ofApp(
            DESCRIPTOR,
            "io.holdfast.agentapp",
            "holdfast.objects.idle-timeout=200 ms",
            "holdfast.containers.on-shutdown=keep");
    node.engine().image("app", FakeProgram.serving(8080, "hello"));
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static FakeContainer started(String namespace, String name) {
    var request = node.request("/v1/objects/" + namespace + "/" + name + "/fetch/").build();
    assertThat(node.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    return container(namespace, name);
  }

  private static FakeContainer container(String namespace, String name) {
    return node.containerOf(new ContainerOwner.Key("agents", namespace, id(namespace, name)))
        .orElseThrow();
  }

  private static String id(String namespace, String name) {
    return new ObjectIds(new NamespaceId("agents", namespace)).named(name).hex();
  }

  /** What the program of a container gets to hear by plain HTTP. */
  private static String ask(FakeContainer container, String host, String body) throws IOException {
    EgressGate.Doors doors = node.gate().open(GATEWAY);
    try (Socket socket = new Socket()) {
      socket.bind(new InetSocketAddress(container.address(), 0));
      socket.connect(new InetSocketAddress(GATEWAY, doors.web()));
      socket.setSoTimeout(30_000);
      String request =
          "POST /x HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
              .formatted(host, body.length(), body);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      return answer.isEmpty()
          ? "nothing"
          : answer.substring(9, 12) + " " + answer.substring(answer.indexOf("\r\n\r\n") + 4);
    }
  }

  @Test
  void aHandlerOfTheClassAnswersForAHost() throws Exception {
    FakeContainer agent = started("agent", "a");
    assertThat(agent.spec().network()).isEqualTo(Network.GATED);
    assertThat(ask(agent, "api.example.test", "mine"))
        .isEqualTo(
            "200 POST http://api.example.test/x mine as token-1 for agent " + id("agent", "a"));
    assertThat(ask(agent, "other.example.test", "")).isEqualTo("520 Origin is disallowed");
  }

  @Test
  void aHandlerMayAskTheObjectOfTheContainer() throws Exception {
    FakeContainer agent = started("agent", "caller");
    assertThat(ask(agent, "own.example.test", "")).isEqualTo("200 asked its own object: hello");
  }

  @Test
  void whatTheObjectChangesCountsAtOnceAndForTheNextContainer() throws Exception {
    FakeContainer agent = started("agent", "changing");
    assertThat(ask(agent, "new.example.test", "")).startsWith("520");
    assertThat(node.call("agent", "changing", "tellFor", "new.example.test", "one").ok()).isTrue();
    assertThat(ask(agent, "new.example.test", "")).isEqualTo("200 told one");

    node.call("agent", "changing", "destroy");
    FakeContainer next = started("agent", "changing");
    assertThat(ask(next, "new.example.test", "")).isEqualTo("200 told one");

    node.call("agent", "changing", "forget", "new.example.test");
    assertThat(ask(next, "new.example.test", "")).startsWith("520");
    node.call("agent", "changing", "deny", "api.example.test");
    assertThat(ask(next, "api.example.test", "")).startsWith("520");
  }

  @Test
  void refusesWhatIsNoHostAndNoHandler() {
    started("agent", "wrong");
    Answer noHost = node.call("agent", "wrong", "deny", "http://x/");
    assertThat(noHost.code()).isEqualTo("invalid_argument");
    Answer noHandler = node.call("agent", "wrong", "choose", "nobody");
    assertThat(noHandler.code()).isEqualTo("invalid_argument");
    assertThat(noHandler.message()).contains("[tell]").contains("'nobody'");
  }

  @Test
  void aContainerThatOutlivesTheNodeIsHeldToTheSame() throws Exception {
    FakeContainer agent = started("agent", "survivor");
    node.call("agent", "survivor", "tellFor", "new.example.test", "before");
    node.restart();
    FakeContainer same = container("agent", "survivor");
    assertThat(same.id()).isEqualTo(agent.id());
    // Asked before anybody asked its object: the node wakes that up.
    assertThat(ask(same, "new.example.test", "")).isEqualTo("200 told before");
    assertThat(ask(same, "other.example.test", "")).startsWith("520");
  }

  @Test
  void anAddressIsNobodysWhenItsContainerHasEnded() throws Exception {
    FakeContainer agent = started("agent", "ended");
    node.call("agent", "ended", "destroy");
    // The node waits for a start that may be under way, and then closes the connection.
    assertThat(ask(agent, "api.example.test", "")).isEqualTo("nothing");
  }

  @Test
  void aLimitThatTheRunningContainerCannotBeHeldToIsRefused() {
    FakeContainer open = started("plain", "p");
    assertThat(open.spec().network()).isEqualTo(Network.INTERNET);
    Answer refused = node.call("plain", "p", "deny", "evil.example.test");
    assertThat(refused.code()).isEqualTo("wrong_state");
    assertThat(refused.message()).contains("allowedHosts");

    node.call("plain", "p", "destroy");
    assertThat(node.call("plain", "p", "deny", "evil.example.test").ok()).isTrue();
    assertThat(started("plain", "p").spec().network()).isEqualTo(Network.GATED);
  }
}
