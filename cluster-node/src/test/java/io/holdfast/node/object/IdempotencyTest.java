package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.node.Answer;
import io.holdfast.node.HeldJournal;
import io.holdfast.node.HeldJournal.Mode;
import io.holdfast.node.NodeFixture;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Calls under an idempotency key have their effect once.
class IdempotencyTest {
  private static NodeFixture node;

  @BeforeAll
  static void start() {
    node =
        NodeFixture.with(
            "holdfast.objects.idle-timeout=300 ms",
            "holdfast.objects.events-max=400",
            "holdfast.idempotency.answer-bytes-max=1000",
            "holdfast.idempotency.request-bytes-max=100000",
            "holdfast.idempotency.joined-max=5",
            "holdfast.idempotency.keys-max=40",
            "holdfast.idempotency.join-timeout=2 s");
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @AfterEach
  void pass() {
    HeldJournal.mode(Mode.PASS);
  }

  private static Answer call(String name, String method, Object... arguments) {
    return node.call("keyed", name, method, arguments);
  }

  private static Answer keyed(String key, String name, String method, Object... arguments) {
    return NodeFixture.await(node.keyedAsync(key, "keyed", name, method, arguments));
  }

  private static int total(String name) {
    return call(name, "total").number();
  }

  // ---- methods

  @Test
  void aRepeatGetsTheAnswerOfTheFirstAndRunsNothing() {
    assertThat(keyed("k1", "a", "add", 5).number()).isEqualTo(5);
    assertThat(keyed("k2", "a", "add", 5).number()).isEqualTo(10);
    for (int i = 0; i < 3; i++) {
      assertThat(keyed("k1", "a", "add", 5).number()).isEqualTo(5);
    }
    assertThat(total("a")).isEqualTo(10);
    assertThat(keyed("k1", "another", "add", 5).number())
        .as("a key of another object")
        .isEqualTo(5);
  }

  @Test
  void answersAreThereAfterTheObjectLeftMemoryAndTheNodeWasRestarted() {
    assertThat(keyed("k", "b", "add", 5).number()).isEqualTo(5);
    assertThat(keyed("thrown", "b", "addAndThrow", 1, "too bad").message()).isEqualTo("too bad");
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> node.metric("holdfast_objects") == 0);
    assertThat(keyed("k", "b", "add", 5).number()).isEqualTo(5);
    node.restart();
    assertThat(keyed("k", "b", "add", 5).number()).isEqualTo(5);
    assertThat(keyed("thrown", "b", "addAndThrow", 1, "too bad").message()).isEqualTo("too bad");
    assertThat(total("b")).isEqualTo(6);
  }

  @Test
  void anErrorIsRepeatedBecauseWhatWasWrittenBeforeItIsKept() {
    Answer first = keyed("k", "c", "addAndThrow", 7, "broken");
    Answer again = keyed("k", "c", "addAndThrow", 7, "broken");
    for (Answer answer : List.of(first, again)) {
      assertThat(answer.status()).isEqualTo(500);
      assertThat(answer.code()).isEqualTo("object_failed");
      assertThat(answer.message()).isEqualTo("broken");
      assertThat(answer.flag("remote")).isTrue();
    }
    assertThat(keyed("f", "c", "addAndFail", 1, "STORAGE_FULL").code()).isEqualTo("storage_full");
    assertThat(keyed("f", "c", "addAndFail", 1, "STORAGE_FULL").message())
        .isEqualTo("as it was told");
    assertThat(total("c")).isEqualTo(8);
  }

  @Test
  void aMethodThatDoesNotExistIsNotRemembered() {
    assertThat(keyed("k", "d", "noSuchMethod").code()).isEqualTo("method_not_found");
    assertThat(keyed("k", "d", "add", 1).number()).isEqualTo(1);
  }

  @Test
  void anotherCallUnderTheSameKeyIsRefused() {
    keyed("k", "e", "add", 5);
    for (Answer answer :
        List.of(
            keyed("k", "e", "add", 6),
            keyed("k", "e", "total"),
            keyed("k", "e", "addAndThrow", 5, ""))) {
      assertThat(answer.status()).isEqualTo(422);
      assertThat(answer.code()).isEqualTo("idempotency_mismatch");
    }
    assertThat(total("e")).isEqualTo(5);
  }

  @Test
  void anAnswerTooLargeToKeepIsGivenOnce() {
    assertThat(keyed("k", "f", "addLarge", 1, 5_000).text()).hasSize(5_000);
    Answer again = keyed("k", "f", "addLarge", 1, 5_000);
    assertThat(again.status()).isEqualTo(409);
    assertThat(again.code()).isEqualTo("idempotency_not_kept");
    assertThat(keyed("small", "f", "addLarge", 1, 900).text()).hasSize(900);
    assertThat(keyed("small", "f", "addLarge", 1, 900).text()).hasSize(900);
    assertThat(total("f")).isEqualTo(2);
  }

  @Test
  void anObjectRemembersNoMoreKeysThanItsLimit() {
    for (int i = 0; i < 40; i++) {
      assertThat(keyed("k" + i, "g", "add", 1).ok()).isTrue();
    }
    Answer refused = keyed("one more", "g", "add", 1);
    assertThat(refused.code()).isEqualTo("object_overloaded");
    assertThat(refused.message()).contains("at most 40 idempotency keys");
    assertThat(keyed("k7", "g", "add", 1).number()).isEqualTo(8);
    assertThat(total("g")).isEqualTo(40);
  }

  @Test
  void deleteAllDoesNotForgetAnswers() {
    keyed("k", "h", "add", 5);
    assertThat(keyed("clear", "h", "clearAndAdd", 1).number()).isEqualTo(1);
    assertThat(keyed("k", "h", "add", 5).number()).isEqualTo(5);
    assertThat(keyed("clear", "h", "clearAndAdd", 1).number()).isEqualTo(1);
    assertThat(total("h")).isEqualTo(1);
  }

  // ---- in the middle

  @Test
  void aResetStoresNothingAndTheRepeatRuns() {
    assertThat(keyed("k", "i", "addAndAbort", 5).code()).isEqualTo("object_reset");
    assertThat(total("i")).isZero();
    assertThat(keyed("k", "i", "add", 5).number()).isEqualTo(5);
    assertThat(keyed("w", "i", "sleepAndAbort").code()).isEqualTo("object_reset");
    assertThat(keyed("w", "i", "add", 1).number()).as("it had no effect before").isEqualTo(6);
  }

  @Test
  void aCallThatWasCutOffAfterAPartIsNotRunAgain() {
    assertThat(keyed("k", "j", "addSleepAndAbort", 5).code()).isEqualTo("object_reset");
    assertThat(total("j")).isEqualTo(5);
    for (int i = 0; i < 2; i++) {
      Answer again = keyed("k", "j", "addSleepAndAbort", 5);
      assertThat(again.status()).isEqualTo(409);
      assertThat(again.code()).isEqualTo("idempotency_unknown");
    }
    assertThat(keyed("k", "j", "add", 5).code()).isEqualTo("idempotency_mismatch");
    assertThat(total("j")).isEqualTo(5);
  }

  @Test
  void aCallThatWaitedForTheWorldIsNotRunAgainEvenIfItHadWrittenNothing() {
    CompletableFuture<Answer> first =
        node.keyedAsync("k", "keyed", "waits", "waitAndAdd", 5, "waits");
    awaitHalf("waits");
    call("waits", "addAndAbort", 0);
    assertThat(NodeFixture.await(first).code()).isEqualTo("object_reset");
    call("opener", "open", "waits");
    assertThat(keyed("k", "waits", "waitAndAdd", 5, "waits").code())
        .isEqualTo("idempotency_unknown");
    assertThat(total("waits")).isZero();
  }

  @Test
  void aCallOfSeveralPartsIsAnsweredAsAWhole() {
    call("opener", "open", "parts");
    assertThat(keyed("k", "parts", "addTwice", 5, "parts").number()).isEqualTo(10);
    assertThat(keyed("k", "parts", "addTwice", 5, "parts").number()).isEqualTo(10);
    assertThat(total("parts")).isEqualTo(10);
  }

  @Test
  void anAnswerThatCouldNotBeStoredIsNotGiven() {
    call("l", "add", 1);
    HeldJournal.mode(Mode.FAIL);
    assertThat(keyed("k", "l", "add", 5).code()).isEqualTo("storage_failed");
    HeldJournal.mode(Mode.PASS);
    assertThat(keyed("k", "l", "add", 5).number()).isEqualTo(6);
  }

  @Test
  void anAnswerThatWasStoredButLostIsRepeated() {
    call("m", "add", 1);
    HeldJournal.mode(Mode.FAIL_AFTER);
    assertThat(keyed("k", "m", "add", 5).code()).isEqualTo("storage_failed");
    HeldJournal.mode(Mode.PASS);
    assertThat(keyed("k", "m", "add", 5).number()).isEqualTo(6);
    assertThat(total("m")).isEqualTo(6);
  }

  // ---- at the same time

  private static void awaitHalf(String latch) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> call("onlooker", "isOpen", latch + " half").value().asBoolean());
  }

  @Test
  void repeatsJoinTheFirstWhileItRuns() {
    CompletableFuture<Answer> first = node.keyedAsync("k", "keyed", "n", "addTwice", 5, "joined");
    awaitHalf("joined");
    List<CompletableFuture<Answer>> repeats = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      repeats.add(node.keyedAsync("k", "keyed", "n", "addTwice", 5, "joined"));
    }
    assertThat(keyed("k", "n", "addTwice", 6, "joined").code()).isEqualTo("idempotency_mismatch");
    assertThat(first).isNotDone();
    call("opener", "open", "joined");
    assertThat(NodeFixture.await(first).number()).isEqualTo(10);
    repeats.forEach(repeat -> assertThat(NodeFixture.await(repeat).number()).isEqualTo(10));
    assertThat(total("n")).isEqualTo(10);
  }

  @Test
  void repeatsDoNotWaitForEverNorInAnyNumber() {
    CompletableFuture<Answer> first = node.keyedAsync("k", "keyed", "o", "addTwice", 5, "stuck");
    awaitHalf("stuck");
    List<CompletableFuture<Answer>> repeats = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      repeats.add(node.keyedAsync("k", "keyed", "o", "addTwice", 5, "stuck"));
    }
    for (CompletableFuture<Answer> repeat : repeats) {
      Answer answer = NodeFixture.await(repeat);
      assertThat(answer.status()).isEqualTo(409);
      assertThat(answer.code()).isEqualTo("idempotency_in_progress");
    }
    call("opener", "open", "stuck");
    assertThat(NodeFixture.await(first).number()).isEqualTo(10);
    assertThat(keyed("k", "o", "addTwice", 5, "stuck").number()).isEqualTo(10);
  }

  @Test
  void aCallThatCallsItselfUnderItsOwnKeyDoesNotHang() {
    Answer answer = keyed("self", "p", "addThroughItself", "self", 5);
    assertThat(answer.code()).isEqualTo("idempotency_mismatch");
    assertThat(total("p")).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {31, 32, 33})
  void everyKeyCountsOnceUnderRepeatsAndResets(long seed) {
    Random random = new Random(seed);
    String name = "random-" + seed;
    List<CompletableFuture<Answer>> calls = new ArrayList<>();
    List<Integer> keys = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      int key = random.nextInt(15);
      keys.add(key);
      calls.add(node.keyedAsync("k" + key, "keyed", name, "add", 1 << key));
      if (random.nextInt(10) == 0) {
        node.callAsync("keyed", name, "addAndAbort", 0);
      }
      if (random.nextInt(6) == 0) {
        calls.forEach(NodeFixture::await);
      }
    }
    List<Answer> answers = calls.stream().map(NodeFixture::await).toList();
    int total = total(name);
    for (int key = 0; key < 15; key++) {
      int wanted = key;
      List<Integer> heard =
          java.util.stream.IntStream.range(0, keys.size())
              .filter(i -> keys.get(i) == wanted && answers.get(i).ok())
              .mapToObj(i -> answers.get(i).number())
              .toList();
      assertThat(heard.stream().distinct().count())
          .as("seed %d, key %d: answers %s", seed, key, heard)
          .isLessThanOrEqualTo(1);
      if (!heard.isEmpty()) {
        assertThat(total & (1 << key)).as("seed %d, key %d", seed, key).isPositive();
      }
    }
    assertThat(total).as("seed %d: nothing counts twice", seed).isLessThan(1 << 15);
  }

  // ---- requests

  private static HttpResponse<String> fetch(String name, String path, String key, String body) {
    HttpRequest request =
        node.request("/v1/objects/keyed/" + name + "/fetch" + path)
            .header("Idempotency-Key", key)
            .POST(BodyPublishers.ofString(body))
            .build();
    return node.send(request, BodyHandlers.ofString());
  }

  @Test
  void aResponseIsRepeatedWithStatusHeadersAndBody() {
    HttpResponse<String> first = fetch("q", "/add?n=3", "k", "hello");
    HttpResponse<String> again = fetch("q", "/add?n=3", "k", "hello");
    assertThat(first.statusCode()).isEqualTo(201);
    assertThat(first.body()).isEqualTo("total 3, body hello");
    assertThat(first.headers().firstValue("idempotent-replayed")).isEmpty();
    assertThat(again.statusCode()).isEqualTo(201);
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(again.headers().firstValue("x-total")).contains("3");
    assertThat(again.headers().allValues("x-two")).containsExactly("a", "b");
    assertThat(again.headers().firstValue("idempotent-replayed")).contains("true");
    assertThat(fetch("q", "/add?n=3", "k", "other").statusCode()).isEqualTo(422);
    assertThat(fetch("q", "/add?n=4", "k", "hello").statusCode()).isEqualTo(422);
    assertThat(total("q")).isEqualTo(3);
  }

  @Test
  void aThrowingFetchIsRepeatedToo() {
    assertThat(fetch("r", "/throws?n=3", "k", "").body()).contains("after 3");
    assertThat(fetch("r", "/throws?n=3", "k", "").body()).contains("after 3");
    assertThat(total("r")).isEqualTo(3);
  }

  @Test
  void aStreamedResponseIsKeptUpToTheLimit() {
    assertThat(fetch("s", "/streamed?n=500", "small", "").body()).hasSize(500);
    assertThat(fetch("s", "/streamed?n=500", "small", "").body()).hasSize(500);
    assertThat(fetch("s", "/streamed?n=200000", "large", "").body()).hasSize(200_500);
    HttpResponse<String> again = fetch("s", "/streamed?n=200000", "large", "");
    assertThat(again.statusCode()).isEqualTo(409);
    assertThat(again.headers().firstValue("x-holdfast-error")).contains("idempotency_not_kept");
    assertThat(total("s")).isEqualTo(200_500);
  }

  @Test
  void aStreamedRequestIsPartOfWhatIsComparedUpToTheLimit() {
    String large = "z".repeat(90_000);
    assertThat(fetch("t", "/add?n=1", "k", large).body()).endsWith(large);
    assertThat(fetch("t", "/add?n=1", "k", large + "!").statusCode()).isEqualTo(422);
    assertThat(fetch("t", "/add?n=1", "too large", "z".repeat(200_000)).statusCode())
        .isEqualTo(413);
    assertThat(total("t")).isEqualTo(1);
  }

  @Test
  void aStubCarriesTheKeyOfACallAndOfARequest() {
    assertThat(call("u", "addElsewhereTwice", "u2", "k", 5).value()).hasToString("[5,5]");
    assertThat(total("u2")).isEqualTo(5);
    assertThat(call("u", "fetchElsewhereTwice", "u2", "f").value().toString())
        .isEqualTo("[\"201 total 6, body  false\",\"201 total 6, body  true\"]");
    assertThat(total("u2")).isEqualTo(6);
  }

  @Test
  void aWorkerThatPassesTheRequestOnPassesTheKeyOn() {
    HttpRequest request =
        node.request("/app/keyed/through-worker?n=3")
            .header("Idempotency-Key", "k")
            .POST(BodyPublishers.ofString("hello"))
            .build();
    for (int i = 0; i < 3; i++) {
      assertThat(node.send(request, BodyHandlers.ofString()).body())
          .isEqualTo("total 3, body hello");
    }
    assertThat(total("through-worker")).isEqualTo(3);
  }

  @Test
  void anUpgradeCannotBeRepeated() {
    Answer answer = call("u", "upgradeElsewhere", "u3", "k");
    assertThat(answer.code()).isEqualTo("invalid_argument");
    assertThat(answer.message()).contains("upgrade");
    assertThat(total("u3")).isZero();
  }

  @Test
  void keysThatAreNoneAreRefused() {
    List<String> bad = List.of("", "x".repeat(256), "\u00e9", "a\tb");
    for (String key : bad) {
      Answer answer = call("v", "addElsewhereTwice", "v2", key, 5);
      assertThat(answer.code()).as("'%s'", key).isEqualTo("invalid_argument");
      assertThat(answer.message()).contains("idempotency key");
    }
    assertThat(keyed("x".repeat(256), "v2", "add", 1).code()).isEqualTo("invalid_argument");
    assertThat(keyed("", "v2", "add", 1).code()).isEqualTo("invalid_argument");
    assertThat(keyed("x".repeat(255), "v2", "add", 1).number()).isEqualTo(1);
    assertThat(total("v2")).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(longs = {41, 42})
  void anyPrintableKeyIsOneOfItsOwn(long seed) {
    Random random = new Random(seed);
    String name = "keys-" + seed;
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      String key =
          random
              .ints(1 + random.nextInt(255), '!', '~' + 1)
              .mapToObj(Character::toString)
              .collect(Collectors.joining());
      if (!keys.contains(key)) {
        keys.add(key);
      }
    }
    for (String key : keys) {
      assertThat(keyed(key, name, "add", 1).number())
          .as("seed %d, key '%s'", seed, key)
          .isEqualTo(keys.indexOf(key) + 1);
    }
    for (String key : keys) {
      assertThat(keyed(key, name, "add", 1).number())
          .as("seed %d, key '%s' again", seed, key)
          .isEqualTo(keys.indexOf(key) + 1);
    }
    assertThat(total(name)).isEqualTo(keys.size());
  }
}
