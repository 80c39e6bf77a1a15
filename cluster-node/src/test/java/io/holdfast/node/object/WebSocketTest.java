package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.node.Answer;
import io.holdfast.node.HeldJournal;
import io.holdfast.node.HeldJournal.Mode;
import io.holdfast.node.NodeFixture;
import io.holdfast.testkit.TestWebSocket;
import io.holdfast.testkit.TestWebSocket.Closed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// WebSockets through a Worker to an object, from the client's socket to the disk.
class WebSocketTest {
  private static final long IDLE_MILLIS = 300;
  private static final Duration SHORT = Duration.ofMillis(200);
  private static NodeFixture node;

  @BeforeAll
  static void start() {
    node = NodeFixture.with("holdfast.objects.idle-timeout=" + IDLE_MILLIS + " ms");
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @AfterEach
  void letAllPass() {
    HeldJournal.mode(Mode.PASS);
  }

  private static TestWebSocket connect(String room, String... query) {
    return node.webSocket("/app/room/" + room + "?" + String.join("&", query));
  }

  private static void until(BooleanSupplier condition) {
    Awaitility.await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofSeconds(20))
        .until(condition::getAsBoolean);
  }

  private static void untilOutOfMemory() {
    until(() -> node.metric("holdfast_objects") == 0);
  }

  private static List<String> ends(String room) {
    List<String> ends = new ArrayList<>();
    node.call("room", room, "ends").value().forEach(end -> ends.add(end.asText()));
    return ends;
  }

  private static void awaitEnds(String room, String... expected) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(ends(room)).containsExactly(expected));
  }

  // ---- messages

  @Test
  void echoesTextAndBytes() {
    try (TestWebSocket client = connect("echo")) {
      assertThat(client.send("echo hé").text()).isEqualTo("hé");
      byte[] bytes = new byte[100_000];
      bytes[7] = 7;
      assertThat(client.send(bytes).binary()).isEqualTo(bytes);
    }
  }

  @Test
  void keepsTheOrderOfASocket() {
    try (TestWebSocket client = connect("ordered")) {
      for (int i = 0; i < 500; i++) {
        client.send((i % 3 == 0 ? "write k " : "echo ") + i);
      }
      for (int i = 0; i < 500; i++) {
        assertThat(client.text()).isEqualTo(i % 3 == 0 ? "wrote " + i : Integer.toString(i));
      }
    }
  }

  @Test
  void keepsTheOrderOfFramesAroundWritesAndWaits() {
    try (TestWebSocket client = connect("sandwich")) {
      client.send("sandwich");
      for (int i = 0; i < 100; i++) {
        assertThat(client.text()).isEqualTo(Integer.toString(i));
      }
    }
  }

  @Test
  void tellsAllOrThoseWithATag() {
    try (TestWebSocket a = connect("tagged", "tags=red,big,red");
        TestWebSocket b = connect("tagged", "tags=blue");
        TestWebSocket c = connect("tagged")) {
      assertThat(a.send("tags").text()).isEqualTo("red,big");
      c.send("all everybody");
      for (TestWebSocket each : List.of(a, b, c)) {
        assertThat(each.text()).isEqualTo("everybody");
      }
      c.send("to blue only-blue");
      assertThat(b.text()).isEqualTo("only-blue");
      assertThat(a.send("echo next").text()).isEqualTo("next");
      assertThat(node.call("room", "tagged", "sockets").number()).isEqualTo(3);
      assertThat(node.call("room", "tagged", "socketsOf", "red").number()).isEqualTo(1);
      a.close(1000, "");
      awaitEnds("tagged", "1000  clean [red, big]");
      assertThat(node.call("room", "tagged", "socketsOf", "red").number()).isZero();
    }
  }

  @Test
  void greetsBeforeTheClientIsConnectedAndChoosesASubprotocol() {
    try (TestWebSocket client = node.webSocket("/app/room/greeting?greet=welcome", "v7")) {
      assertThat(client.subprotocol()).isEqualTo("v7");
      assertThat(client.text()).isEqualTo("welcome");
    }
  }

  @Test
  void anotherObjectCannotUseTheSocket() {
    try (TestWebSocket client = connect("owned")) {
      assertThat(client.send("echo x").text()).isEqualTo("x");
      String hex = hexOf("owned");
      assertThat(node.call("room", "thief", "meddle", hex).text()).isEqualTo("wrong_state");
    }
  }

  private static String hexOf(String room) {
    return new io.holdfast.protocol.ObjectIds(
            new io.holdfast.protocol.NamespaceId("runtime", "room"))
        .named(room)
        .hex();
  }

  // ---- hibernation

  @Test
  void aMessageWakesTheObjectWithTagsAndAttachment() {
    try (TestWebSocket client = connect("sleepy", "tags=bed")) {
      client.send("attach dream");
      assertThat(client.send("count").text()).isEqualTo("1/2");
      untilOutOfMemory();
      assertThat(client.send("count").text()).isEqualTo("2/1");
      assertThat(client.send("attached").text()).isEqualTo("dream");
      assertThat(client.send("tags").text()).isEqualTo("bed");
      untilOutOfMemory();
      client.close(4000, "good night");
      awaitEnds("sleepy", "4000 good night clean [bed]dream");
    }
  }

  /**
   * Pauses are about as long as the idle timeout, so that messages meet the object as it leaves.
   */
  @ParameterizedTest
  @ValueSource(longs = {71, 72})
  void noMessageIsLostOrOvertakenInTheMomentOfLeaving(long seed) throws Exception {
    Random random = new Random(seed);
    List<TestWebSocket> clients = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      clients.add(connect("leaver-" + seed + "-" + i / 2));
    }
    int sent = 0;
    for (int round = 0; round < 6; round++) {
      for (TestWebSocket client : clients) {
        for (int i = 0; i < 5; i++) {
          client.send("echo " + (sent + i));
        }
      }
      sent += 5;
      Thread.sleep(IDLE_MILLIS - 60 + random.nextInt(100));
    }
    for (TestWebSocket client : clients) {
      for (int i = 0; i < sent; i++) {
        assertThat(client.text()).as("seed " + seed).isEqualTo(Integer.toString(i));
      }
      client.close();
    }
    int lives = 0;
    for (int i = 0; i < clients.size() / 2; i++) {
      lives += node.call("room", "leaver-" + seed + "-" + i, "lives").number();
    }
    assertThat(lives).as("lives of ten objects, some of which left").isGreaterThan(10);
  }

  /** What a reset cuts short is lost; what is behind it is not, and nothing is overtaken. */
  @ParameterizedTest
  @ValueSource(longs = {81, 82})
  void resetsLoseNoMoreThanTheEventsTheyCutShort(long seed) {
    Random random = new Random(seed);
    String room = "resets-" + seed;
    int aborts = 0;
    try (TestWebSocket client = connect(room)) {
      for (int i = 0; i < 400; i++) {
        boolean abort = random.nextInt(20) == 0;
        client.send(abort ? "abort now" : "echo " + i);
        aborts += abort ? 1 : 0;
      }
      client.send("echo last");
      int last = -1;
      int count = 0;
      for (String text = client.text(); !text.equals("last"); text = client.text()) {
        assertThat(Integer.parseInt(text)).as("seed " + seed).isGreaterThan(last);
        last = Integer.parseInt(text);
        count++;
      }
      assertThat(count).as("seed " + seed).isEqualTo(400 - aborts);
      assertThat(node.call("room", room, "lives").number()).isGreaterThan(aborts);
    }
  }

  @Test
  void anAutoResponseDoesNotWakeTheObject() {
    try (TestWebSocket client = connect("auto-a")) {
      assertThat(client.send("auto").text()).isEqualTo("false");
      untilOutOfMemory();
      long events = node.metric("holdfast_object_events_total");
      for (int i = 0; i < 20; i++) {
        assertThat(client.send("ping").text()).isEqualTo("pong");
      }
      assertThat(node.metric("holdfast_objects")).isZero();
      assertThat(node.metric("holdfast_object_events_total")).isEqualTo(events);
      assertThat(client.send("auto").text()).isEqualTo("true");
      assertThat(client.send("count").text()).isEqualTo("2/2");
      assertThat(client.send("noAuto").text()).isEqualTo("cleared");
      assertThat(client.send("ping").text()).isEqualTo("? ping");
    }
  }

  // ---- the output gate

  @Test
  void aFrameLeavesOnlyWhenEarlierWritesAreDurable() {
    try (TestWebSocket writer = connect("auto-gated");
        TestWebSocket other = connect("auto-gated")) {
      assertThat(writer.send("echo ready").text()).isEqualTo("ready");
      HeldJournal.mode(Mode.HOLD);
      writer.send("write k v");
      until(() -> HeldJournal.heldCount() > 0);
      writer.send("read k");
      other.send("echo also-gated");
      assertThat(writer.isSilentFor(SHORT)).isTrue();
      assertThat(other.isSilentFor(SHORT)).isTrue();
      // An automatic answer waits for nothing.
      assertThat(other.send("ping").text()).isEqualTo("pong");
      HeldJournal.mode(Mode.PASS);
      assertThat(writer.text()).isEqualTo("wrote v");
      assertThat(writer.text()).isEqualTo("v");
      assertThat(other.text()).isEqualTo("also-gated");
    }
  }

  @Test
  void oneWriteAndItsFramesToManySocketsAreOneCommit() {
    List<TestWebSocket> clients = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      clients.add(connect("crowded"));
    }
    assertThat(clients.getFirst().send("echo ready").text()).isEqualTo("ready");
    long commits = node.metric("holdfast_commits_total");
    clients.getFirst().send("writeAll k news");
    for (TestWebSocket client : clients) {
      assertThat(client.text()).isEqualTo("news");
      assertThat(client.text()).isEqualTo("again");
      client.close();
    }
    assertThat(node.metric("holdfast_commits_total")).isEqualTo(commits + 1);
  }

  @Test
  void aFrameOfAWriteThatFailedNeverLeavesAndItsSocketIsClosed() {
    try (TestWebSocket writer = connect("broken");
        TestWebSocket other = connect("broken")) {
      assertThat(writer.send("echo ready").text()).isEqualTo("ready");
      assertThat(other.send("count").text()).isEqualTo("1/2");
      HeldJournal.mode(Mode.FAIL);
      writer.send("write k v");
      assertThat(writer.closed())
          .isEqualTo(
              new Closed(1011, "Durable Object connection closed because the object was reset."));
      HeldJournal.mode(Mode.PASS);
      assertThat(other.send("read k").text()).isEqualTo("nothing");
      assertThat(other.send("count").text()).isEqualTo("2/2");
    }
  }

  @Test
  void whoseMessageIsLostWithAWriteThatFailedIsToldByAClose() {
    try (TestWebSocket writer = connect("lossy");
        TestWebSocket other = connect("lossy")) {
      assertThat(writer.send("echo ready").text()).isEqualTo("ready");
      assertThat(other.send("echo ready").text()).isEqualTo("ready");
      HeldJournal.mode(Mode.FAIL);
      writer.send("keep k v");
      assertThat(writer.closed().code()).isEqualTo(1011);
      HeldJournal.mode(Mode.PASS);
      assertThat(other.send("read k").text()).isEqualTo("nothing");
    }
  }

  @Test
  void nothingBehindAMessageThatIsLostWithItsWriteIsStored() {
    try (TestWebSocket writer = connect("gap");
        TestWebSocket other = connect("gap")) {
      assertThat(writer.send("echo ready").text()).isEqualTo("ready");
      HeldJournal.mode(Mode.HOLD);
      for (int i = 0; i < 30; i++) {
        writer.send("keep m" + i + " v");
      }
      until(() -> HeldJournal.heldCount() > 0);
      HeldJournal.mode(Mode.FAIL);
      until(() -> HeldJournal.heldCount() == 0);
      HeldJournal.mode(Mode.PASS);
      for (int i = 30; i < 60; i++) {
        writer.sendIfOpen("keep m" + i + " v");
      }
      assertThat(writer.closed().code()).isEqualTo(1011);
      for (int i = 0; i < 60; i++) {
        assertThat(other.send("read m" + i).text()).as("message %d", i).isEqualTo("nothing");
      }
    }
  }

  // ---- failures of the object's code

  @Test
  void theConnectionLivesOnWhenAHandlerThrows() {
    try (TestWebSocket client = connect("throwing")) {
      client.send("throw up");
      assertThat(client.send("count").text()).isEqualTo("1/2");
    }
  }

  @Test
  void theConnectionLivesOnThroughResets() {
    try (TestWebSocket client = connect("crashing", "tags=t");
        TestWebSocket other = connect("crashing")) {
      client.send("attach kept");
      client.send("abort enough");
      assertThat(client.send("count").text()).isEqualTo("2/1");
      client.send("block that");
      assertThat(client.send("count").text()).isEqualTo("3/1");
      node.call("room", "crashing", "abort", "by call");
      assertThat(client.send("count").text()).isEqualTo("4/1");
      assertThat(client.send("attached").text()).isEqualTo("kept");
      assertThat(client.send("tags").text()).isEqualTo("t");
      assertThat(client.send("read undone").text()).isEqualTo("nothing");
      assertThat(other.send("count").text()).isEqualTo("4/5");
      assertThat(node.call("room", "crashing", "sockets").number()).isEqualTo(2);
    }
  }

  @Test
  void aConstructorThatFailsCostsMessagesAndNotTheConnection() {
    try (TestWebSocket client = connect("patient")) {
      assertThat(client.send("count").text()).isEqualTo("1/1");
      untilOutOfMemory();
      node.call("room", "doctor", "breakConstructor", "patient");
      long resets = node.metric("holdfast_object_resets_total");
      client.send("echo lost");
      until(() -> node.metric("holdfast_object_resets_total") > resets);
      assertThat(node.call("room", "patient", "sockets").message()).isEqualTo("broken");
      node.call("room", "doctor", "repair", "patient");
      assertThat(client.send("echo found").text()).isEqualTo("found");
    }
  }

  @Test
  void messagesBehindAResetReachTheNextLifeInOrder() {
    try (TestWebSocket client = connect("behind")) {
      client.send("hold behind-latch");
      for (int i = 0; i < 50; i++) {
        client.send("echo " + i);
      }
      node.callAsync("room", "behind", "abort", "away with it");
      node.call("room", "opener", "open", "behind-latch");
      assertThat(client.text()).isEqualTo("true");
      for (int i = 0; i < 50; i++) {
        assertThat(client.text()).isEqualTo(Integer.toString(i));
      }
    }
  }

  @Test
  void aHandlerBeyondItsTimeIsInterrupted() {
    try (TestWebSocket client = connect("timed")) {
      client.send("timeout 100");
      long start = System.nanoTime();
      client.send("sleep 30000");
      assertThat(client.send("echo on").text()).isEqualTo("on");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
      assertThat(client.send("errorOf timeout 604800001").text()).contains("604800000 ms");
    }
  }

  // ---- closing

  @Test
  void theObjectClosesAndHearsOfTheEnd() {
    try (TestWebSocket client = connect("closing")) {
      client.send("close 4321 over and out");
      assertThat(client.closed()).isEqualTo(new Closed(4321, "over and out"));
      awaitEnds("closing", "4321  clean []");
      assertThat(node.call("room", "closing", "sockets").number()).isZero();
    }
  }

  @Test
  void onlyTheFirstCloseCountsAndNothingIsSentAfterIt() {
    try (TestWebSocket client = connect("closed")) {
      client.send("closeAndSend");
      assertThat(client.closed()).isEqualTo(new Closed(4000, "first"));
      awaitEnds("closed", "Can't call WebSocket send() after close().", "4000  clean []");
    }
  }

  @Test
  void aCloseWaitsForDurabilityAsWell() {
    try (TestWebSocket client = connect("close-gated")) {
      assertThat(client.send("echo ready").text()).isEqualTo("ready");
      HeldJournal.mode(Mode.HOLD);
      client.send("write k v");
      client.send("close 4000");
      until(() -> HeldJournal.heldCount() > 0);
      assertThat(client.isSilentFor(SHORT)).isTrue();
      HeldJournal.mode(Mode.PASS);
      assertThat(client.text()).isEqualTo("wrote v");
      assertThat(client.closed().code()).isEqualTo(4000);
    }
  }

  @Test
  void aClientThatVanishesIsTold() {
    try (TestWebSocket client = connect("vanishing")) {
      assertThat(client.send("echo x").text()).isEqualTo("x");
      client.drop();
    }
    awaitEnds("vanishing", "1006 WebSocket disconnected without sending Close frame. broken []");
  }

  // ---- limits

  @ParameterizedTest
  @CsvSource({
    "close 1005, Invalid WebSocket close code: 1005.",
    "close 999, Invalid WebSocket close code: 999.",
    "close 2999, Invalid WebSocket close code: 2999.",
    "close 5000, Invalid WebSocket close code: 5000.",
    "attachLong 16384, A WebSocket 'attachment' cannot be larger than 16384 bytes. 'attachment' was 16387 bytes.",
    "attachLong 16381, none",
  })
  void statesItsLimits(String command, String error) {
    try (TestWebSocket client = connect("limits")) {
      assertThat(client.send("errorOf " + command).text()).isEqualTo(error);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'1,2,3,4,5,6,7,8,9,10,11', a Hibernatable WebSocket cannot have more than 10 tags",
    "LONG, cannot be longer than 256 characters",
  })
  void refusesTooManyAndTooLongTags(String tags, String error) {
    String query = tags.equals("LONG") ? "x".repeat(257) : tags;
    String answer =
        node.send(
                node.request("/app/room/tag-limits?tags=" + query).build(),
                java.net.http.HttpResponse.BodyHandlers.ofString())
            .body();
    assertThat(answer).contains(error);
  }

  @Test
  void anObjectHas32768SocketsAtMost() {
    assertThat(node.call("room", "crowd", "acceptAlone", 32_768).number()).isEqualTo(32_768);
    var refused = node.call("room", "crowd", "acceptAlone", 1);
    assertThat(refused.code()).isEqualTo("wrong_state");
    assertThat(refused.message()).contains("32,768");
  }

  @Test
  void aSocketWhoseMessageFindsTheQueueFullIsClosedWith1013() {
    try (NodeFixture small = NodeFixture.with("holdfast.objects.queued-events-max=5");
        TestWebSocket holder = small.webSocket("/app/room/full");
        TestWebSocket refused = small.webSocket("/app/room/full")) {
      assertThat(refused.send("echo x").text()).isEqualTo("x");
      holder.send("hold full-latch");
      List<CompletableFuture<Answer>> calls = new ArrayList<>();
      until(() -> {
        calls.add(small.callAsync("room", "full", "sockets"));
        return calls.stream().anyMatch(call -> call.isDone() && !call.join().ok());
      });
      refused.send("echo y");
      assertThat(refused.closed()).isEqualTo(new Closed(1013, "Durable Object is overloaded."));
      small.call("room", "opener", "open", "full-latch");
      assertThat(holder.text()).isEqualTo("true");
    }
  }

  // ---- the node

  @Test
  void aNodeThatShutsDownClosesWith1001() {
    try (NodeFixture other = NodeFixture.with();
        TestWebSocket client = other.webSocket("/app/room/leaving")) {
      assertThat(client.send("echo x").text()).isEqualTo("x");
      other.stop();
      assertThat(client.closed().code()).isEqualTo(1001);
      other.start();
    }
  }
}
