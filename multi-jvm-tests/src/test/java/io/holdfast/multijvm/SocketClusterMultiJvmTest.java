package io.holdfast.multijvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// Clients with WebSockets whose objects go from node to node, in order or not: their connections
/// stay.
///
/// The tests share a cluster of two nodes in eu and one in us; those that end a node start it
/// again.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SocketClusterMultiJvmTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int ROOMS = 6;
  private static final Duration BETWEEN_MESSAGES = Duration.ofMillis(40);

  @TempDir static Path directory;
  private static TestCluster cluster;
  private static HttpClient http;

  @BeforeAll
  static void start() throws Exception {
    cluster = TestCluster.ofRegions(directory, List.of("eu", "eu", "us"), Apps.rooms(directory));
    http = HttpClient.newHttpClient();
  }

  @AfterAll
  static void stop() throws IOException {
    http.shutdownNow(); // It would wait for its WebSockets.
    cluster.close();
  }

  @BeforeEach
  void allAreThere() {
    for (int node = 1; node <= cluster.size(); node++) {
      if (!cluster.node(node).isAlive()) {
        cluster.node(node).start();
      }
    }
  }

  /** A client of a room, which sends numbered messages while it is told to. */
  private static final class Client extends WholeTexts {
    private final String room;
    private final String name;
    private final ConcurrentLinkedQueue<String> heard = new ConcurrentLinkedQueue<>();
    private volatile String end = "";
    private final WebSocket socket;
    private int sent;

    Client(int node, String room, String name) throws Exception {
      this.room = room;
      this.name = name;
      socket =
          http.newWebSocketBuilder()
              .buildAsync(cluster.node(node).webSocketUri("/rooms/" + room + "?name=" + name), this)
              .get(20, TimeUnit.SECONDS);
    }

    @Override
    void heard(String message) {
      heard.add(message);
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      end = code + " " + reason;
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      end = error.toString();
    }

    void send(String text) throws Exception {
      socket.sendText(text, true).get(20, TimeUnit.SECONDS);
    }

    void sendNext() throws Exception {
      send(name + "-" + sent++);
    }

    List<String> allSent() {
      return IntStream.range(0, sent).mapToObj(number -> name + "-" + number).toList();
    }

    void awaitHeard(String text) {
      await("%s in %s hears '%s'".formatted(name, room, text))
          .atMost(PATIENCE)
          .until(() -> heard.contains(text));
    }

    void isOpen() {
      assertThat(end).as("the end of %s in %s", name, room).isEmpty();
    }
  }

  private static List<String> said(String room) {
    return cluster
        .node(1)
        .get("/rooms/" + room)
        .ok()
        .lines()
        .map(line -> line.split(" ")[0])
        .toList();
  }

  private static List<Client> clients(String prefix, int... nodes) throws Exception {
    List<Client> clients = new ArrayList<>();
    for (int number = 0; number < ROOMS; number++) {
      for (int node : nodes) {
        clients.add(new Client(node, prefix + number, "c" + node));
      }
    }
    return clients;
  }

  /** Each message was taken once, in the order of its client, and all clients are there. */
  private static void awaitAllSaid(List<Client> clients) {
    for (Client client : clients) {
      await("all of " + client.name + " in " + client.room)
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(
                      said(client.room).stream()
                          .filter(token -> token.startsWith(client.name + "-"))
                          .toList())
                  .isEqualTo(client.allSent()));
      client.isOpen();
    }
  }

  private static Thread sending(List<Client> clients, AtomicBoolean over) {
    return Thread.ofVirtual()
        .start(() -> {
          try {
            while (!over.get()) {
              for (Client client : clients) {
                if (client.end.isEmpty()) {
                  client.sendNext();
                }
              }
              NodeProcess.pause(BETWEEN_MESSAGES);
            }
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  @Order(1)
  void clientsOfOtherNodesStayConnectedWhenTheNodeOfTheirObjectIsKilled() throws Exception {
    List<Client> clients = clients("killed", 1, 3);
    for (Client client : clients) {
      client.send("hello-of-" + client.name);
      client.awaitHeard("hello-of-" + client.name + " " + (client.name.equals("c1") ? 1 : 2));
    }
    cluster.node(2).kill();
    long killed = System.nanoTime();
    for (int number = 0; number < ROOMS; number++) {
      String room = "killed" + number;
      await(room + " answers")
          .atMost(PATIENCE)
          .until(() -> cluster.node(1).get("/rooms/" + room + "?tell=" + room).status() == 200);
      assertThat(cluster.node(1).get("/rooms/" + room + "?who=1").ok().lines())
          .as("who is in %s", room)
          .containsExactly("c1 c1", "c3 c3");
    }
    clients.forEach(client -> client.awaitHeard("told " + client.room));
    System.out.printf(
        "sockets: all %d clients told %d ms after kill -9%n",
        clients.size(), (System.nanoTime() - killed) / 1_000_000);
    for (Client client : clients) {
      client.send("ping");
      client.awaitHeard("pong");
      client.sendNext();
    }
    awaitAllSaid(clients);
    Client leaving = clients.getFirst();
    leaving.socket.sendClose(3001, "").get(20, TimeUnit.SECONDS);
    await("the object hears of the end")
        .atMost(PATIENCE)
        .until(() -> said(leaving.room).contains("c1-left-3001"));
  }

  @Test
  @Order(2)
  void noMessageIsLostOrThereTwiceWhenTheNodeOfTheObjectIsStoppedInOrderAndComesBack()
      throws Exception {
    List<Client> clients = clients("stopped", 1, 3);
    AtomicBoolean over = new AtomicBoolean();
    Thread load = sending(clients, over);
    NodeProcess.pause(Duration.ofMillis(500));
    cluster.node(2).stop();
    NodeProcess.pause(Duration.ofSeconds(1));
    // Shards come back to it, also those of objects whose clients are connected to their node.
    cluster.node(2).start();
    NodeProcess.pause(Duration.ofSeconds(3));
    over.set(true);
    load.join();
    awaitAllSaid(clients);
    System.out.printf(
        "sockets: %d messages of %d clients while a node was stopped and came back%n",
        clients.stream().mapToInt(client -> client.sent).sum(), clients.size());
  }

  @Test
  @Order(3)
  void noMessageIsLostOrThereTwiceWhenTheObjectMovesToAnotherRegionAndBack() throws Exception {
    List<Client> clients = clients("moved", 1, 2, 3);
    AtomicBoolean over = new AtomicBoolean();
    Thread load = sending(clients, over);
    NodeProcess.pause(Duration.ofMillis(300));
    for (String region : List.of("us", "eu")) {
      for (int number = 0; number < ROOMS; number++) {
        assertThat(
                cluster
                    .node(1)
                    .admin(
                        "namespaces/rooms/objects/moved" + number + "/move",
                        "{\"region\":\"" + region + "\"}")
                    .ok())
            .contains(region);
      }
      NodeProcess.pause(Duration.ofMillis(500));
    }
    over.set(true);
    load.join();
    awaitAllSaid(clients);
    for (Client client : clients) {
      List<String> missed = new ArrayList<>(client.allSent());
      client.heard.forEach(text -> missed.remove(text.split(" ")[0]));
      assertThat(missed)
          .as("what %s did not hear of itself in %s", client.name, client.room)
          .isEmpty();
    }
    System.out.printf(
        "sockets: %d messages of %d clients while their objects moved to us and back%n",
        clients.stream().mapToInt(client -> client.sent).sum(), clients.size());
  }
}
