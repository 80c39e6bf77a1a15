package io.holdfast.multijvm;

import static io.holdfast.multijvm.Places.add;
import static io.holdfast.multijvm.Places.all;
import static io.holdfast.multijvm.Places.client;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
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

/// A node in `eu`, one in `us`, one Cassandra; `us` is given up.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RegionLossMultiJvmTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration LOST_AFTER = Duration.ofSeconds(12);
  private static final List<String> PLACES =
      IntStream.range(0, 10).mapToObj(number -> "p" + number).toList();

  @TempDir static Path directory;
  private static TestCluster cluster;
  private static NodeProcess eu;
  private static NodeProcess us;

  @BeforeAll
  static void start() throws Exception {
    cluster =
        TestCluster.ofRegions(
            directory,
            List.of("eu", "us"),
            node -> node.with("holdfast.cluster.region-lost-after", LOST_AFTER.toSeconds() + " s"),
            Apps.places(directory));
    eu = cluster.node(1);
    us = cluster.node(2);
    Awaitility.await("regions reach each other")
        .atMost(PATIENCE)
        .until(() ->
            eu.post("/place/seen?token=x&hint=enam", "").body().equals("us")
                && us.post("/place/seen-eu?token=x&hint=weur", "").body().equals("eu"));
  }

  @AfterAll
  static void stop() throws IOException {
    cluster.close();
  }

  private static void say(NodeProcess by, String word, String state) {
    assertThat(by.admin("regions/us/" + word, "{}").ok()).contains(state);
  }

  private static void awaitHome(NodeProcess caller, String place, String region) {
    Awaitility.await(place + " answers in " + region)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> caller.get("/place/" + place).body().startsWith(region + "\n"));
  }

  @Test
  @Order(1)
  void objectsOfALostRegionAnswerElsewhereWithAllTheyHadAndTheirAlarmsRing() {
    for (String place : PLACES) {
      assertThat(add(us, place, "a")).isEqualTo("us");
    }
    String unique = us.post("/unique/", "").ok();
    assertThat(add(us, "id:" + unique, "a")).isEqualTo("us");
    assertThat(us.post("/place/ringing?ring=4000", "").ok()).isEqualTo("set");
    assertThat(us.post("/place/ringing-later?ring=20000", "").ok()).isEqualTo("set");
    us.kill();
    Awaitility.await("calls are refused")
        .atMost(PATIENCE)
        .until(() -> eu.get("/place/p0").body().startsWith("region_unreachable"));
    long begun = System.nanoTime();
    say(eu, "lost", "\"lost\":true");
    awaitHome(eu, "p0", "eu");
    Duration first = Duration.ofNanos(System.nanoTime() - begun);
    for (String place : PLACES) {
      assertThat(all(eu, place)).containsExactly("eu", "a");
    }
    Duration took = Duration.ofNanos(System.nanoTime() - begun);
    System.out.printf(
        "region loss: the first object answers after %d ms, all %d after %d ms%n",
        first.toMillis(), PLACES.size(), took.toMillis());
    assertThat(took).isLessThan(Duration.ofSeconds(10));
    assertThat(all(eu, "id:" + unique)).containsExactly("eu", "a");
    Awaitility.await("alarms have been looked after, though nobody has called their objects")
        .atMost(PATIENCE)
        .until(() -> eu.log().contains("alarms of lost region us have been looked after"));
    assertThat(all(eu, "ringing")).containsExactly("eu", "rang in eu");
    Awaitility.await("one that was not due then rings")
        .atMost(PATIENCE)
        .until(() -> all(eu, "ringing-later").contains("rang in eu"));
  }

  @Test
  @Order(2)
  void aRegionThatReturnsGivesWayAndRunsNothingUntilItIsTakenBack() {
    us.start();
    for (String place : PLACES) {
      Awaitility.await(place + " is reached")
          .atMost(PATIENCE)
          .until(() -> us.get("/place/" + place).status() == 200);
      assertThat(add(us, place, "b")).isEqualTo("eu");
    }
    assertThat(us.post("/place/new-one?token=a&hint=enam", "").ok()).isEqualTo("eu");
    assertThat(us.admin("regions/eu/lost", "{}").body()).contains("wrong_state");
    say(us, "back", "\"lost\":false");
    assertThat(beginsInUs()).isNotEmpty();
    for (String place : PLACES) {
      assertThat(all(us, place)).containsExactly("eu", "a", "b");
    }
  }

  /** The operator is wrong: the region lives, and its objects are in use. */
  @Test
  @Order(3)
  void aRegionThatIsGivenUpAlthoughItLivesLosesNothingAndRunsNothingTwice() throws Exception {
    String place = "in-use";
    assertThat(add(us, place, "first")).isEqualTo("us");
    Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
    List<AddingClient> clients =
        List.of(client(eu, place, "e", acknowledged), client(us, place, "u", acknowledged));
    NodeProcess.pause(Duration.ofSeconds(1));
    int before = acknowledged.size();
    say(us, "lost", "\"lost\":true");
    awaitHome(eu, place, "eu");
    awaitHome(us, place, "eu");
    int then = acknowledged.size();
    Awaitility.await("it goes on").atMost(PATIENCE).until(() -> acknowledged.size() > then + 20);
    for (AddingClient client : clients) {
      client.stop();
    }
    List<String> tokens = all(us, place);
    System.out.printf(
        "region given up under load: %d acknowledged before, %d in all%n",
        before, acknowledged.size());
    assertThat(tokens).doesNotHaveDuplicates().containsAll(acknowledged);
    say(us, "back", "\"lost\":false");
  }

  @Test
  @Order(4)
  void aRegionThatShowsNoSignOfLifeIsGivenUpWithoutAnOperator() {
    String alone = beginsInUs();
    Awaitility.await("eu knows that it is back")
        .atMost(PATIENCE)
        .until(() -> !eu.adminGet("regions").ok().contains("\"lost\":true"));
    us.kill();
    long begun = System.nanoTime();
    awaitHome(eu, alone, "eu");
    Duration took = Duration.ofNanos(System.nanoTime() - begun);
    System.out.printf(
        "region loss: by policy after %s, an object answers %d ms after the kill%n",
        LOST_AFTER, took.toMillis());
    assertThat(took).isBetween(LOST_AFTER, LOST_AFTER.plusSeconds(10));
    assertThat(all(eu, alone)).containsExactly("eu", "a");
  }

  /** Until the word that the region is back has come through, new objects begin elsewhere. */
  private static String beginsInUs() {
    return Awaitility.await("objects begin there again")
        .atMost(PATIENCE)
        .until(
            () -> {
              String name = "after" + System.nanoTime();
              return us.post("/place/" + name + "?token=a", "").body().equals("us") ? name : "";
            },
            name -> !name.isEmpty());
  }
}
