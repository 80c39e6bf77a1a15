package io.holdfast.node.container;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.engine.ContainerOwner;
import io.holdfast.node.Answer;
import io.holdfast.node.HeldJournal;
import io.holdfast.node.NodeFixture;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.testkit.FakeContainer;
import io.holdfast.testkit.FakeContainerEngine.Verb;
import io.holdfast.testkit.FakeProgram;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Containers of objects in a whole node: turns, storage, leaving memory, restarts of the node.
class ContainerNodeTest {
  private static final int SLEEP_AFTER_MILLIS = 3_000;
  private static final String DESCRIPTOR =
      """
      {"name": "boxes", "vars": {"SLEEP_AFTER_MILLIS": "%d"}, "objects": [
        {"name": "box", "class": "io.holdfast.boxapp.Box",
         "container": {"image": "app", "maxInstances": 1000}},
        {"name": "low", "class": "io.holdfast.boxapp.Low",
         "container": {"image": "app", "maxInstances": 1000}}]}
      """
          .formatted(SLEEP_AFTER_MILLIS);
  private static NodeFixture node;
  private static CountDownLatch released = new CountDownLatch(1);

  @BeforeAll
  static void start() {
    node =
        NodeFixture.ofApp(
            DESCRIPTOR,
            "io.holdfast.boxapp",
            "holdfast.objects.idle-timeout=200 ms",
            "holdfast.containers.stop-grace=1 s");
    node.engine().image("app", ContainerNodeTest::program);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @AfterEach
  void reset() {
    released.countDown();
    released = new CountDownLatch(1);
    HeldJournal.mode(HeldJournal.Mode.PASS);
    node.engine().image("app", ContainerNodeTest::program);
    node.engine().startBlocksFor(java.time.Duration.ZERO);
  }

  private static void program(FakeContainer container) {
    container.listen(
        8080,
        exchange -> {
          switch (exchange.getRequestURI().getPath()) {
            case "/stream" -> {
              exchange.sendResponseHeaders(200, 0);
              exchange.getResponseBody().write(new byte[200_000]);
              exchange.getResponseBody().flush();
              await(released);
              exchange.getResponseBody().write(new byte[200_000]);
              exchange.close();
            }
            default -> FakeProgram.answer(exchange, "state " + container.id());
          }
        });
    container.onSignal(number -> container.exit(0));
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static String fetchPath(String name, String path) {
    return "/v1/objects/box/" + name + "/fetch" + path;
  }

  private static CompletableFuture<HttpResponse<String>> fetch(String name) {
    return ContainerFixture.async(
        () -> node.send(node.request(fetchPath(name, "/")).build(), BodyHandlers.ofString()));
  }

  private static int number(String name, String what) {
    return node.call("box", name, "number", what).number();
  }

  private static boolean hasContainer(String namespace, String name) {
    return containerOf(namespace, name).isPresent();
  }

  private static FakeContainer container(String namespace, String name) {
    return containerOf(namespace, name).orElseThrow();
  }

  private static Optional<FakeContainer> containerOf(String namespace, String name) {
    String id = new ObjectIds(new NamespaceId("boxes", namespace)).named(name).hex();
    return node.containerOf(new ContainerOwner.Key("boxes", namespace, id));
  }

  private static void awaitUntil(String what, java.util.concurrent.Callable<Boolean> condition) {
    ContainerFixture.await(what).until(condition);
  }

  @Test
  void fiftyFirstRequestsAtOnceMakeOneStart() {
    int before = node.engine().created();
    node.engine().startBlocksFor(java.time.Duration.ofMillis(100));
    List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      all.add(fetch("cold"));
    }
    for (CompletableFuture<HttpResponse<String>> each : all) {
      assertThat(NodeFixture.await(each).statusCode()).isEqualTo(200);
    }
    assertThat(node.engine().created()).isEqualTo(before + 1);
    assertThat(number("cold", "starts")).isEqualTo(1);
  }

  @Test
  void aMissingImageIsToldToTheCallerAndTheNextRequestTriesAgain() {
    node.engine().imageMissing("app");
    HttpResponse<String> response = NodeFixture.await(fetch("imageless"));
    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.body()).contains("image_not_found").contains("app");
    node.engine().image("app", ContainerNodeTest::program);
    assertThat(NodeFixture.await(fetch("imageless")).statusCode()).isEqualTo(200);
  }

  @Test
  void aStartLeavesTheObjectOnlyAfterTheWritesBeforeItAreDurable() {
    node.call("box", "gated", "put", "warm", 1);
    int before = node.engine().calls(Verb.START);
    HeldJournal.mode(HeldJournal.Mode.HOLD);
    CompletableFuture<Answer> call = node.callAsync("box", "gated", "writeThenStart");
    awaitUntil("the write to be held", () -> HeldJournal.heldCount() > 0);
    assertThat(node.engine().calls(Verb.START)).isEqualTo(before);
    assertThat(call).isNotDone();
    HeldJournal.mode(HeldJournal.Mode.PASS);
    assertThat(NodeFixture.await(call).ok()).isTrue();
    awaitUntil("the container", () -> hasContainer("box", "gated"));
    assertThat(number("gated", "writes")).isEqualTo(1);
  }

  @Test
  void aStartIsCalledOffWhenTheWriteBeforeItFails() {
    node.call("box", "unlucky", "put", "warm", 1);
    HeldJournal.mode(HeldJournal.Mode.HOLD);
    CompletableFuture<Answer> call = node.callAsync("box", "unlucky", "writeThenStart");
    awaitUntil("the write to be held", () -> HeldJournal.heldCount() > 0);
    HeldJournal.mode(HeldJournal.Mode.FAIL);
    assertThat(NodeFixture.await(call).ok()).isFalse();
    HeldJournal.mode(HeldJournal.Mode.PASS);
    assertThat(number("unlucky", "writes")).isZero();
    assertThat(node.call("box", "unlucky", "status").text()).isEqualTo("stopped");
    assertThat(hasContainer("box", "unlucky")).isFalse();
  }

  @Test
  void aStartInsideATransactionIsRefusedAndHarmsNothing() {
    Answer answer = node.call("box", "transacting", "startInTransaction");
    assertThat(answer.ok()).isFalse();
    assertThat(answer.code()).isEqualTo("wrong_state");
    assertThat(answer.message()).contains("transaction");
    assertThat(number("transacting", "in transaction")).isZero();
    assertThat(hasContainer("box", "transacting")).isFalse();
  }

  @Test
  void aContainerFallsAsleepWhileItsObjectIsOutOfMemoryAndItsStateIsKept() {
    String id = NodeFixture.await(fetch("sleeper")).body();
    awaitUntil("the container to be removed", () -> !hasContainer("box", "sleeper"));
    assertThat(number("sleeper", "expiries")).isEqualTo(1);
    assertThat(number("sleeper", "stops")).isEqualTo(1);
    assertThat(node.call("box", "sleeper", "saved").text()).isEqualTo(id);
    assertThat(NodeFixture.await(fetch("sleeper")).statusCode()).isEqualTo(200);
    assertThat(number("sleeper", "starts")).isEqualTo(2);
  }

  @Test
  void anAnswerThatTheClientReadsSlowlyKeepsTheContainerAwake() throws Exception {
    HttpResponse<InputStream> response =
        node.send(
            node.request(fetchPath("streamer", "/stream")).build(), BodyHandlers.ofInputStream());
    try (InputStream in = response.body()) {
      assertThat(in.readNBytes(100_000)).hasSize(100_000);
      CompletableFuture<Void> later = new CompletableFuture<>();
      later.completeOnTimeout(
          null, 2 * SLEEP_AFTER_MILLIS, java.util.concurrent.TimeUnit.MILLISECONDS);
      later.join();
      assertThat(number("streamer", "expiries")).isZero();
      assertThat(hasContainer("box", "streamer")).isTrue();
      released.countDown();
      assertThat(in.readAllBytes()).hasSize(300_000);
    }
    awaitUntil("the container to be removed", () -> !hasContainer("box", "streamer"));
    assertThat(number("streamer", "expiries")).isEqualTo(1);
  }

  @Test
  void onStopThatThrowsIsRepeatedWithItsWritesKept() {
    node.call("box", "stubborn", "put", "stops to fail", 2);
    NodeFixture.await(fetch("stubborn"));
    container("box", "stubborn").exit(3);
    awaitUntil("onStop", () -> number("stubborn", "stops") == 1);
    assertThat(number("stubborn", "stop attempts")).isEqualTo(3);
    assertThat(number("stubborn", "exit")).isEqualTo(3);
    awaitUntil("the container to be removed", () -> !hasContainer("box", "stubborn"));
  }

  @Test
  void theStateTellsHowItEndedAlsoWhenTheObjectWasOutOfMemory() {
    NodeFixture.await(fetch("crasher"));
    container("box", "crasher").exit(3);
    awaitUntil("onStop", () -> number("crasher", "stops") == 1);
    awaitUntil("objects out of memory", () -> node.metric("holdfast_objects") == 0);
    JsonNode crashed = node.call("box", "crasher", "state").value();
    assertThat(crashed.path("status").asText()).isEqualTo("STOPPED_WITH_CODE");
    assertThat(crashed.path("exitCode").asInt()).isEqualTo(3);

    NodeFixture.await(fetch("crasher"));
    node.call("box", "crasher", "stop");
    awaitUntil("onStop", () -> number("crasher", "stops") == 2);
    awaitUntil("objects out of memory", () -> node.metric("holdfast_objects") == 0);
    assertThat(node.call("box", "crasher", "state").value().path("status").asText())
        .isEqualTo("STOPPED");
  }

  @Test
  void othersMayStartAContainerWithOptionsOfTheirOwn() {
    Answer started =
        node.call(
            "box",
            "remote",
            "startAndWaitForPorts",
            Map.of("env", Map.of("COLOR", "blue"), "labels", Map.of("team", "a")),
            List.of(8080));
    assertThat(started.ok()).isTrue();
    assertThat(container("box", "remote").spec().env()).containsEntry("COLOR", "blue");
    JsonNode made = node.call("box", "remote", "inspect").value();
    assertThat(made.path("labels").path("team").asText()).isEqualTo("a");
    assertThat(made.path("image").asText()).isEqualTo("app");
    node.call("box", "remote", "destroy");
    assertThat(node.call("box", "remote", "inspect").value().isNull()).isTrue();
  }

  @Test
  void signalsAndTheirFaultsReachTheCaller() {
    assertThat(node.call("box", "signalled", "signal", 65).message())
        .isEqualTo("Invalid signal number.");
    assertThat(node.call("box", "signalled", "signal", 15).message())
        .isEqualTo("signal() cannot be called on a container that is not running.");
    NodeFixture.await(fetch("signalled"));
    assertThat(node.call("box", "signalled", "signal", 15).ok()).isTrue();
    awaitUntil("onStop", () -> number("signalled", "stops") == 1);
  }

  @Test
  void monitorTellsTheExitCode() {
    assertThat(node.call("low", "watched", "exitCode").message())
        .isEqualTo("monitor() cannot be called on a container that is not running.");
    node.call("low", "watched", "startFor", 60_000);
    CompletableFuture<Answer> exit = node.callAsync("low", "watched", "exitCode");
    awaitUntil("the container", () -> hasContainer("low", "watched"));
    container("low", "watched").exit(7);
    assertThat(NodeFixture.await(exit).message())
        .isEqualTo("Container exited with unexpected exit code: 7");
  }

  @Test
  void aLowLevelContainerEndsWhenItsObjectLeavesMemory() {
    int before = node.engine().created();
    node.call("low", "leaver", "start");
    awaitUntil("the container", () -> node.engine().created() > before);
    awaitUntil("the container to be removed", () -> !hasContainer("low", "leaver"));
    assertThat(node.call("low", "leaver", "running").value().asBoolean()).isFalse();
  }

  @Test
  void aLowLevelContainerEndsWhenItsObjectWasResetAndDoesNotComeBack() {
    int before = node.engine().created();
    node.call("low", "aborted", "start");
    awaitUntil("the container", () -> node.engine().created() > before);
    assertThat(node.call("low", "aborted", "reset").ok()).isFalse();
    awaitUntil("the container to be removed", () -> !hasContainer("low", "aborted"));
  }

  @Test
  void aResetObjectFindsItsContainerAgain() {
    String before = NodeFixture.await(fetch("phoenix")).body();
    assertThat(node.call("box", "phoenix", "reset").ok()).isFalse();
    assertThat(NodeFixture.await(fetch("phoenix")).body()).isEqualTo(before);
    assertThat(number("phoenix", "starts")).isEqualTo(1);
  }

  @Test
  void aLowLevelContainerWithATimeoutOutlivesItsObjectAndIsStoppedWhenIdle() {
    node.call("low", "timed", "startFor", 5_000);
    awaitUntil("the container", () -> hasContainer("low", "timed"));
    awaitUntil("the object to leave memory", () -> node.metric("holdfast_objects") == 0);
    assertThat(hasContainer("low", "timed")).isTrue();
    awaitUntil("the container to be removed", () -> !hasContainer("low", "timed"));
  }
}
