package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.node.Answer;
import io.holdfast.node.NodeFixture;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Calls between objects, bodies through them, and what callers hear of errors.
class ObjectCallsTest {
  private static NodeFixture node;

  @BeforeAll
  static void start() {
    node = NodeFixture.with();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static List<String> texts(Answer answer) {
    List<String> texts = new ArrayList<>();
    answer.value().forEach(each -> texts.add(each.asText()));
    return texts;
  }

  private static void assertError(Answer answer, int status, String code, String message) {
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.code()).isEqualTo(code);
    assertThat(answer.message()).isEqualTo(message);
    assertThat(answer.body()).doesNotContain("\\tat ", ".java:", "io.holdfast");
  }

  // ---- calls in circles

  @Test
  void anObjectCanCallItself() {
    assertThat(node.call("caller", "self", "depth", 60).number()).isEqualTo(60);
  }

  @Test
  void twoObjectsCanCallEachOtherInTurns() {
    assertThat(node.call("caller", "ping", "pingPong", "pong", 41).number()).isEqualTo(41);
    assertThat(node.call("caller", "ping", "increment").number()).isEqualTo(22);
    assertThat(node.call("caller", "pong", "increment").number()).isEqualTo(22);
  }

  @Test
  void manyCirclesAtOneTimeAllEnd() {
    List<CompletableFuture<Answer>> calls = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      calls.add(
          node.callAsync("caller", "circle-" + i % 3, "pingPong", "circle-" + (i + 1) % 3, 9));
    }
    calls.forEach(call -> assertThat(NodeFixture.await(call).number()).isEqualTo(9));
  }

  // ---- errors

  @Test
  void anErrorOfTheAppKeepsItsMessage() {
    Answer answer = node.call("fragile", "a", "throwPlain", "what I \"meant\"\n");
    assertError(answer, 500, "object_failed", "what I \"meant\"\n");
    assertThat(answer.flag("remote")).isTrue();
    assertThat(answer.flag("objectReset")).isFalse();
    assertThat(answer.flag("retryable")).isFalse();
  }

  @Test
  void anErrorWithoutAMessageTellsItsName() {
    assertError(
        node.call("fragile", "a", "throwWithoutMessage"),
        500,
        "object_failed",
        "UnsupportedOperationException");
    assertError(
        node.call("fragile", "a", "throwError"),
        500,
        "object_failed",
        "an error, not an exception");
  }

  @Test
  void anObjectSurvivesAnOverflowOfItsStack() {
    node.call("fragile", "deep", "remember", 3);
    assertThat(node.call("fragile", "deep", "overflow", 0).code()).isEqualTo("object_failed");
    assertThat(node.call("fragile", "deep", "remember", 0).number()).isEqualTo(3);
  }

  @Test
  void anUnknownMethodIsNamed() {
    Answer answer = node.call("fragile", "a", "noSuchMethod");
    assertError(
        answer,
        404,
        "method_not_found",
        "The RPC receiver does not implement the method \"noSuchMethod\".");
    assertThat(answer.flag("remote")).isTrue();
  }

  @Test
  void methodsOfTheRuntimeAreNotForCallers() {
    for (String method : List.of("fetch", "alarm", "hashCode", "wait", "getClass", "toString")) {
      assertThat(node.call("fragile", "a", method).code()).isEqualTo("method_not_found");
    }
  }

  @Test
  void argumentsThatDoNotFitAreRefused() {
    assertThat(node.call("fragile", "a", "write", "not a number").code())
        .isEqualTo("invalid_argument");
    Answer answer = node.call("fragile", "a", "write", 1, 2);
    assertError(
        answer, 400, "invalid_argument", "expected 1 argument for method \"write\", found 2");
  }

  @Test
  void aResultWithoutAStoredFormIsAnErrorNotASilence() {
    assertThat(node.call("fragile", "a", "unencodable").code()).isEqualTo("invalid_argument");
  }

  @Test
  void codesOfHoldfastAreKept() {
    assertError(
        node.call("fragile", "a", "throwKnown", "STORAGE_FULL", "no room"),
        507,
        "storage_full",
        "no room");
    assertError(
        node.call("fragile", "a", "throwKnown", "TIMEOUT", "too late"), 504, "timeout", "too late");
  }

  @Test
  void anUnknownNamespaceIsNamed() {
    Answer answer = node.call("nowhere", "a", "read");
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.code()).isEqualTo("namespace_not_found");
  }

  @Test
  void anObjectSeesWhatAnotherOneThrew() {
    assertThat(texts(node.call("caller", "c", "errorOf", "f1", "plain")))
        .containsExactly(
            "object_failed",
            "IllegalArgumentException",
            "for the caller",
            "true",
            "false",
            "false");
    assertThat(texts(node.call("caller", "c", "errorOf", "f1", "abort")))
        .containsExactly("object_reset", "Error", "for the caller", "false", "true", "true");
    assertThat(texts(node.call("caller", "c", "errorOf", "f1", "missing")))
        .containsExactly(
            "method_not_found",
            "TypeError",
            "The RPC receiver does not implement the method \"noSuchMethod\".",
            "true",
            "false",
            "false");
    assertThat(texts(node.call("caller", "c", "errorOf", "f1", "known")))
        .containsExactly(
            "storage_full", "HoldfastException", "for the caller", "true", "false", "false");
  }

  @Test
  void anErrorPassesThroughTheObjectInBetween() {
    assertError(
        node.call("caller", "c", "passOn", "f2", "plain"), 500, "object_failed", "through two");
    Answer answer = node.call("caller", "c", "passOn", "f2", "abort");
    assertError(answer, 503, "object_reset", "through two");
    assertThat(answer.flag("remote")).isTrue();
    assertThat(answer.flag("objectReset")).as("it is another one that was reset").isFalse();
    assertThat(node.call("caller", "c", "increment").number())
        .as("the one in between was not reset")
        .isEqualTo(1);
  }

  // ---- bodies

  private static HttpRequest.Builder echo(String name, String how) {
    return node.request("/app/echo/" + name + "?how=" + how).timeout(Duration.ofSeconds(60));
  }

  private static byte[] random(int bytes) {
    byte[] content = new byte[bytes];
    new Random(51).nextBytes(content);
    return content;
  }

  @Test
  void aLargeBodyGoesThroughWorkerAndObjectAndBack() {
    byte[] body = random(5 << 20);
    for (String how : List.of("read", "stream")) {
      HttpResponse<byte[]> response =
          node.send(
              echo("large", how).POST(BodyPublishers.ofByteArray(body)).build(),
              BodyHandlers.ofByteArray());
      assertThat(response.statusCode()).as(how).isEqualTo(200);
      assertThat(response.body()).as(how).isEqualTo(body);
    }
  }

  @Test
  void otherEventsEnterWhileABodyTricklesIn() throws IOException {
    for (String how : List.of("read", "skip")) {
      String name = "trickling-" + how;
      try (PipedOutputStream out = new PipedOutputStream()) {
        PipedInputStream in = new PipedInputStream(out, 1 << 16);
        CompletableFuture<HttpResponse<String>> response =
            CompletableFuture.supplyAsync(
                () ->
                    node.send(
                        echo(name, how).POST(BodyPublishers.ofInputStream(() -> in)).build(),
                        BodyHandlers.ofString()),
                command -> Thread.ofVirtual().start(command));
        String sent = "";
        for (int i = 0; i < 10; i++) {
          out.write('0' + i);
          out.flush();
          sent += i;
          int entered = i + 1;
          Awaitility.await()
              .atMost(Duration.ofSeconds(5))
              .until(() -> node.call("echo", name, "entered").number() >= entered);
        }
        assertThat(response).as(how).isNotDone();
        out.write("xyz".getBytes(StandardCharsets.UTF_8));
        out.close();
        assertThat(NodeFixture.await(response).body())
            .isEqualTo(how.equals("read") ? sent + "xyz" : "x");
      }
    }
  }

  @Test
  void aFetchWithoutAResponseIsAnErrorOfTheApp() {
    for (String how : List.of("null", "throw")) {
      HttpRequest request = node.request("/v1/objects/echo/careless/fetch/path?how=" + how).build();
      HttpResponse<String> response = node.send(request, BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(500);
      assertThat(response.body()).contains("object_failed").doesNotContain("\\tat ", ".java:");
    }
    assertThat(node.call("echo", "careless", "entered").number()).isEqualTo(1);
  }
}
