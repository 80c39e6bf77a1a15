package io.holdfast.multijvm;

import static io.holdfast.multijvm.Places.add;
import static io.holdfast.multijvm.Places.all;
import static io.holdfast.multijvm.Places.askToMove;
import static io.holdfast.multijvm.Places.client;
import static io.holdfast.multijvm.Places.move;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testcassandra.TestCassandra;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// Three regions, each a node of Holdfast and a data center of Cassandra: what is written in one
/// comes to the others later.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DatacentersMultiJvmTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration LOST_AFTER = Duration.ofSeconds(12);
  private static final List<String> PLACES =
      IntStream.range(0, 5).mapToObj(number -> "p" + number).toList();

  @TempDir static Path directory;
  private static TestCluster cluster;
  private static NodeProcess eu;
  private static NodeProcess us;
  private static NodeProcess ap;

  @BeforeAll
  static void start() throws Exception {
    cluster =
        TestCluster.ofDatacenters(
            directory,
            List.of("eu", "us", "ap"),
            node -> node.with("holdfast.cluster.region-lost-after", LOST_AFTER.toSeconds() + " s"),
            Apps.places(directory));
    eu = cluster.node(1);
    us = cluster.node(2);
    ap = cluster.node(3);
    for (NodeProcess node : List.of(eu, us, ap)) {
      Awaitility.await("regions reach each other")
          .atMost(PATIENCE)
          .until(() ->
              node.post("/place/seen-eu?token=x&hint=weur", "").body().equals("eu")
                  && node.post("/place/seen-us?token=x&hint=enam", "").body().equals("us")
                  && node.post("/place/seen-ap?token=x&hint=apac", "").body().equals("ap"));
    }
  }

  @AfterAll
  static void stop() throws IOException {
    cluster.close();
  }

  private static TestCassandra cassandraOfUs() {
    return cluster.ring().get(1);
  }

  @Test
  @Order(1)
  void objectsBeginWhereTheyAreFirstAskedForAndMoveUnderLoadWithAllThatWasStored()
      throws Exception {
    assertThat(add(us, "roams", "first")).isEqualTo("us");
    assertThat(add(ap, "roams", "second")).isEqualTo("us");
    Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
    List<AddingClient> clients =
        List.of(client(eu, "roams", "e", acknowledged), client(ap, "roams", "a", acknowledged));
    for (String region : List.of("eu", "ap", "us")) {
      NodeProcess.pause(Duration.ofMillis(500));
      move(us, "roams", region);
    }
    int then = acknowledged.size();
    Awaitility.await("it goes on").atMost(PATIENCE).until(() -> acknowledged.size() > then + 20);
    int refused = 0;
    for (AddingClient client : clients) {
      refused += client.stop();
    }
    System.out.printf(
        "data centers: %d acknowledged while an object moved three times, %d refused%n",
        acknowledged.size(), refused);
    assertThat(refused).isZero();
    assertThat(all(eu, "roams"))
        .startsWith("us", "first", "second")
        .doesNotHaveDuplicates()
        .containsAll(acknowledged);
  }

  /** A unique id that never moved stands nowhere but where its object is stored. */
  @Test
  @Order(2)
  void whatIsUnderAJurisdictionIsOnNoDiskOutsideOfIt() {
    String lawful = us.post("/unique/?law=eu", "").ok();
    String free = us.post("/unique/", "").ok();
    assertThat(add(ap, "id:" + lawful, "a")).isEqualTo("eu");
    assertThat(add(ap, "id:" + free, "a")).isEqualTo("us");
    Awaitility.await("copies come to the other regions")
        .atMost(PATIENCE)
        .until(() -> whoHas(free).equals(List.of("eu", "us", "ap")));
    assertThat(whoHas(lawful)).containsExactly("eu");

    String path = "namespaces/places/objects/id:" + lawful;
    assertThat(eu.adminGet(path + "/history").status()).isEqualTo(200);
    assertThat(us.adminGet(path + "/history").body()).contains("jurisdiction_unavailable");
    assertThat(askToMove(us, "places", "id:" + lawful, "ap").body())
        .contains("jurisdiction_unavailable");
    String fork = eu.admin(path + "/fork", "{\"to\":\"forked\"}").ok();
    assertThat(all(us, "forked")).as("without a jurisdiction").containsExactly("us");
    assertThat(all(us, "forked?law=eu")).as(fork).containsExactly("eu", "a");
  }

  /** The data centers of which a disk has that text. */
  private static List<String> whoHas(String text) {
    return cluster.ring().stream()
        .filter(each -> each.isOnDisk(text))
        .map(TestCassandra::datacenter)
        .toList();
  }

  /** Its node loses its store; the others do not need that. */
  @Test
  @Order(3)
  void aRegionWhoseCassandraStandsStillIsRefusedAndTheOthersGoOn() {
    assertThat(add(us, "frozen", "a")).isEqualTo("us");
    cassandraOfUs().pause();
    try {
      assertThat(add(eu, "begun-meanwhile", "a")).isEqualTo("eu");
      assertThat(add(ap, "begun-meanwhile", "b")).isEqualTo("eu");
      move(eu, "begun-meanwhile", "ap");
      assertThat(all(eu, "begun-meanwhile")).containsExactly("ap", "a", "b");
      assertThat(eu.post("/place/frozen?token=b", "").status()).isEqualTo(503);
    } finally {
      cassandraOfUs().resume();
    }
  }

  @Test
  @Order(4)
  void aRegionThatIsGoneWithItsDataIsGivenUpByTheOthersAndItsObjectsAnswerThere() throws Exception {
    if (!us.isAlive()) {
      us.start();
    }
    Awaitility.await("us answers again")
        .atMost(PATIENCE)
        .until(() -> us.post("/place/again?token=a", "").body().equals("us"));
    for (String place : PLACES) {
      assertThat(add(us, place, "a")).isEqualTo("us");
    }
    NodeProcess.pause(Duration.ofSeconds(1)); // for the copies
    us.kill();
    cassandraOfUs().kill();
    long begun = System.nanoTime();
    for (String place : PLACES) {
      Awaitility.await(place + " answers elsewhere")
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(50))
          .until(() -> ap.get("/place/" + place).status() == 200);
    }
    Duration took = Duration.ofNanos(System.nanoTime() - begun);
    System.out.printf(
        "data centers: a region was given up by policy after %s, its %d objects answer %d ms after the kill%n",
        LOST_AFTER, PLACES.size(), took.toMillis());
    assertThat(took).isBetween(LOST_AFTER, LOST_AFTER.plusSeconds(10));
    for (String place : PLACES) {
      List<String> there = all(eu, place);
      assertThat(there.getFirst()).isIn("eu", "ap");
      assertThat(there.subList(1, there.size())).containsExactly("a");
      assertThat(add(ap, place, "b")).isEqualTo(there.getFirst());
    }
  }

  @Test
  @Order(5)
  void aRegionThatReturnsWithOldDataGivesWayAndGetsItsObjectsBack() throws Exception {
    cassandraOfUs().restart();
    us.start();
    for (String place : PLACES) {
      // Until all that was said of it has come to its Cassandra, a call may be refused.
      Awaitility.await(place + " is reached")
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(all(us, place)).endsWith("a", "b"));
      Awaitility.await(place + " is changed")
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(add(us, place, "c")).isIn("eu", "ap"));
    }
    assertThat(us.admin("regions/us/back", "{}").ok()).contains("\"lost\":false");
    List<String> moved = new ArrayList<>();
    for (String place : PLACES) {
      Awaitility.await(place + " moves back")
          .atMost(PATIENCE)
          .until(() -> askToMove(eu, "places", place, "us").status() == 200);
      Awaitility.await("ap has read that us is back")
          .atMost(PATIENCE)
          .until(() -> ap.get("/place/" + place).status() == 200);
      moved.addAll(all(ap, place));
    }
    assertThat(moved).hasSize(PLACES.size() * 4).startsWith("us", "a", "b", "c");
  }
}
