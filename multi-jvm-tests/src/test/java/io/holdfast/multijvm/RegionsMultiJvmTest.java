package io.holdfast.multijvm;

import static io.holdfast.multijvm.Places.add;
import static io.holdfast.multijvm.Places.all;
import static io.holdfast.multijvm.Places.askToMove;
import static io.holdfast.multijvm.Places.move;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// Two nodes in `eu`, one in `us`, one Cassandra.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RegionsMultiJvmTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir static Path directory;
  private static TestCluster cluster;
  private static NodeProcess eu;
  private static NodeProcess eu2;
  private static NodeProcess us;

  @BeforeAll
  static void start() throws Exception {
    cluster =
        TestCluster.ofRegions(
            directory, List.of("eu", "eu", "us"), Apps.places(directory), Apps.boxes(directory));
    eu = cluster.node(1);
    eu2 = cluster.node(2);
    us = cluster.node(3);
    awaitBoth();
  }

  @AfterAll
  static void stop() throws IOException {
    List<String> deployments = List.of(eu.deployment(), eu2.deployment(), us.deployment());
    cluster.close();
    deployments.forEach(DockerCli::removeDeployment);
  }

  /** Until each region reaches the other one. */
  private static void awaitBoth() {
    Awaitility.await("regions reach each other")
        .atMost(PATIENCE)
        .until(() ->
            eu.post("/place/in-us?token=x&hint=enam", "").body().equals("us")
                && eu2.post("/place/in-us?token=x&hint=enam", "").body().equals("us")
                && us.post("/place/in-eu?token=x&hint=weur", "").body().equals("eu"));
  }

  @Test
  @Order(1)
  void anObjectBeginsWhereItIsFirstAskedForAndIsReachedFromEverywhere() {
    assertThat(add(us, "first-us", "a")).isEqualTo("us");
    assertThat(add(eu, "first-us", "b")).isEqualTo("us");
    assertThat(add(eu2, "first-eu", "a")).isEqualTo("eu");
    assertThat(add(us, "first-eu", "b")).isEqualTo("eu");
    for (NodeProcess node : List.of(eu, eu2, us)) {
      assertThat(all(node, "first-us")).containsExactly("us", "a", "b");
      assertThat(all(node, "first-eu")).containsExactly("eu", "a", "b");
    }
  }

  @Test
  @Order(2)
  void aHintCountsForTheFirstCallOnly() {
    assertThat(eu.post("/place/hinted?token=a&hint=enam", "").ok()).isEqualTo("us");
    assertThat(eu2.post("/place/hinted?token=b&hint=weur", "").ok()).isEqualTo("us");
  }

  @Test
  @Order(3)
  void ofCallsThatComeToAllNodesAtOnceOneGivesTheHome() throws Exception {
    for (int round = 0; round < 10; round++) {
      String name = "race" + round;
      Queue<String> homes = new ConcurrentLinkedQueue<>();
      List<Thread> callers = new ArrayList<>();
      for (NodeProcess node : List.of(eu, us, eu2, us)) {
        callers.add(Thread.ofVirtual().start(() -> homes.add(add(node, name, "t"))));
      }
      for (Thread caller : callers) {
        caller.join();
      }
      assertThat(homes).hasSize(4);
      assertThat(homes.stream().distinct()).hasSize(1);
      assertThat(all(us, name)).hasSize(5);
    }
  }

  @Test
  @Order(4)
  void aUniqueIdLeadsToTheRegionWhereItWasMade() {
    String id = us.post("/unique/", "").ok();
    assertThat(add(eu, "id:" + id, "a")).isEqualTo("us");
    assertThat(all(eu2, "id:" + id)).containsExactly("us", "a");
  }

  @Test
  @Order(5)
  void aJurisdictionIsKeptWhateverTheCallerAndTheHintAre() {
    assertThat(us.post("/place/lawful?token=a&law=eu&hint=enam", "").ok()).isEqualTo("eu");
    assertThat(all(us, "lawful?law=eu")).containsExactly("eu", "a");
    assertThat(all(us, "lawful")).as("another object").containsExactly("us");
    String id = us.post("/unique/?law=eu", "").ok();
    assertThat(add(us, "id:" + id, "a")).isEqualTo("eu");
    assertThat(us.get("/place/id:" + id + "?law=us").body())
        .isEqualTo(
            "jurisdiction_unavailable: expected a region of jurisdiction us, found none among [eu, us, ap]");
    String without = us.post("/unique/", "").ok();
    assertThat(us.get("/place/id:" + without + "?law=eu").body()).startsWith("invalid_object_id: ");
    assertThat(askToMove(us, "places", "id:" + id, "us").body())
        .contains("jurisdiction_unavailable");
  }

  @Test
  @Order(6)
  void anObjectMovesWithItsStateAndItsAlarmAndNoCallFails() throws Exception {
    String place = "mover";
    assertThat(add(eu, place, "first")).isEqualTo("eu");
    assertThat(eu.post("/place/" + place + "?ring=6000", "").ok()).isEqualTo("set");
    AtomicBoolean over = new AtomicBoolean();
    AtomicLong slowest = new AtomicLong();
    Queue<String> told = new ConcurrentLinkedQueue<>();
    Queue<String> failed = new ConcurrentLinkedQueue<>();
    List<Thread> clients = new ArrayList<>();
    for (NodeProcess node : List.of(eu, eu2, us)) {
      String name = "n" + clients.size() + "-";
      clients.add(
          Thread.ofVirtual()
              .start(() -> {
                for (int i = 0; !over.get(); i++) {
                  long begun = System.nanoTime();
                  NodeProcess.Answer answer =
                      node.post("/place/" + place + "?token=" + name + i, "");
                  slowest.accumulateAndGet(System.nanoTime() - begun, Math::max);
                  (answer.status() == 200 ? told : failed).add(name + i);
                }
              }));
    }
    NodeProcess.pause(Duration.ofMillis(500));
    for (String region : List.of("us", "eu", "us")) {
      long begun = System.nanoTime();
      move(eu, place, region);
      System.out.printf(
          "region move to %s: %d ms%n", region, (System.nanoTime() - begun) / 1_000_000);
      assertThat(all(eu, place)).startsWith(region);
      NodeProcess.pause(Duration.ofMillis(500));
    }
    over.set(true);
    for (Thread client : clients) {
      client.join();
    }
    System.out.printf(
        "region move: %d calls, %d failed, slowest %d ms%n",
        told.size(), failed.size(), slowest.get() / 1_000_000);
    assertThat(failed).isEmpty();
    assertThat(Duration.ofNanos(slowest.get())).isLessThan(Duration.ofSeconds(2));
    Awaitility.await("the alarm rings in the new home")
        .atMost(PATIENCE)
        .until(() -> all(us, place).contains("rang in us"));
    List<String> tokens = all(eu, place);
    assertThat(tokens).doesNotHaveDuplicates().containsAll(told).contains("first");
  }

  @Test
  @Order(6)
  void anObjectMovesWithItsContainerItsFilesAndWithoutAFailedCall() throws Exception {
    assertThat(us.post("/box/mover?hint=weur", "echo kept > file").ok()).isEmpty();
    String id = eu.get("/box/mover").ok().lines().findFirst().orElseThrow();
    assertThat(DockerCli.containersOfDeployment(us.deployment())).isEmpty();
    List<NodeProcess.Answer> answers = new ArrayList<>();
    AtomicBoolean over = new AtomicBoolean();
    AtomicLong slowest = new AtomicLong();
    Thread client =
        Thread.ofVirtual()
            .start(() -> {
              while (!over.get()) {
                long begun = System.nanoTime();
                answers.add(eu2.post("/box/mover", "cat file"));
                slowest.accumulateAndGet(System.nanoTime() - begun, Math::max);
              }
            });
    try {
      move(eu, "boxes", "mover", "us");
      Awaitility.await("a container where the object is")
          .atMost(PATIENCE)
          .until(() -> DockerCli.containersOfDeployment(us.deployment()).size() == 1);
    } finally {
      over.set(true);
      client.join();
    }
    System.out.printf(
        "regions: %d calls while a box was moved, the slowest took %d ms%n",
        answers.size(), slowest.get() / 1_000_000);
    assertThat(answers)
        .isNotEmpty()
        .allSatisfy(answer -> assertThat(answer.ok()).isEqualTo("kept\n"));
    assertThat(DockerCli.allContainersOf(id)).hasSize(1);
    assertThat(eu.get("/box/mover").ok().lines().skip(1))
        .startsWith("start", "stop 143 RUNTIME_SIGNAL", "start");
  }

  @Test
  @Order(6)
  void codeMovesAnObject() {
    assertThat(add(eu, "by-code", "a")).isEqualTo("eu");
    assertThat(eu2.post("/place/by-code?move=us", "").ok()).isEqualTo("moved");
    assertThat(eu2.post("/place/by-code?move=us", "").ok()).as("once more").isEqualTo("moved");
    assertThat(all(us, "by-code")).containsExactly("us", "a");
    assertThat(us.post("/place/by-code?move=mars", "").body())
        .startsWith("invalid_argument: expected ")
        .contains("mars");
  }

  @Test
  @Order(7)
  void anObjectWhoseEventsDoNotEndStays() throws Exception {
    assertThat(add(eu, "busy", "a")).isEqualTo("eu");
    Thread worker = Thread.ofVirtual().start(() -> eu.get("/place/busy?work=4000").ok());
    NodeProcess.pause(Duration.ofMillis(300));
    assertThat(askToMove(us, "places", "busy", "us").body())
        .contains("object_blocked", "it was busy for 2 s");
    assertThat(add(us, "busy", "b")).isEqualTo("eu");
    worker.join();
    move(us, "busy", "us");
    assertThat(all(eu, "busy")).containsExactly("us", "a", "b");
  }

  @Test
  @Order(8)
  void aUniqueIdFollowsItsObject() {
    String id = eu.post("/unique/", "").ok();
    assertThat(add(us, "id:" + id, "a")).isEqualTo("eu");
    move(us, "id:" + id, "us");
    for (NodeProcess node : List.of(eu, eu2, us)) {
      assertThat(all(node, "id:" + id)).containsExactly("us", "a");
    }
  }

  @Test
  @Order(9)
  void aRegionThatIsCutOffGoesOnAndIsRefusedAtOnceElsewhere() {
    String inUs = "in-us";
    String inEu = "in-eu";
    cluster.gate(3).cut();
    Awaitility.await("calls to the other region are refused")
        .atMost(PATIENCE)
        .until(() -> eu.post("/place/" + inUs + "?token=cut", "").body().startsWith("region_un"));
    Awaitility.await("from both sides")
        .atMost(PATIENCE)
        .until(() -> us.post("/place/" + inEu + "?token=cut", "").body().startsWith("region_un"));
    long begun = System.nanoTime();
    assertThat(eu.get("/place/" + inUs).status()).isEqualTo(503);
    assertThat(us.get("/place/" + inEu).status()).isEqualTo(503);
    Duration refused = Duration.ofNanos(System.nanoTime() - begun);
    System.out.printf("region cut off: two calls refused in %d ms%n", refused.toMillis());
    assertThat(refused).isLessThan(Duration.ofSeconds(1));
    assertThat(add(us, inUs, "alone")).isEqualTo("us");
    assertThat(add(eu, inEu, "alone")).isEqualTo("eu");
    assertThat(add(eu2, inEu, "alone2")).isEqualTo("eu");
    assertThat(add(us, "new-while-cut-off", "a")).isEqualTo("us");
    cluster.gate(3).heal();
    awaitBoth();
    assertThat(all(eu, inUs)).contains("alone");
    assertThat(all(us, inEu)).contains("alone", "alone2");
    assertThat(all(eu, "new-while-cut-off")).containsExactly("us", "a");
    assertThat(List.of(eu.isAlive(), eu2.isAlive(), us.isAlive())).containsOnly(true);
  }

  @Test
  @Order(10)
  void aNodeThatListsOtherRegionsIsTurnedAwayAndToldWhy() {
    eu2.kill();
    eu2.with("holdfast.regions.ap.number", "4");
    assertThat(eu2.runToItsEnd()).isEqualTo(2);
    assertThat(eu2.log())
        .contains(
            "config_invalid: holdfast.regions: expected eu { number = 1",
            "as the cluster has, found eu { number = 1",
            "ap { number = 4, hints = [apac]");
    assertThat(add(us, "in-eu", "goes-on")).isEqualTo("eu");
    eu2.with("holdfast.regions.ap.number", "3").start();
    assertThat(all(eu2, "in-us")).contains("alone");
  }
}
