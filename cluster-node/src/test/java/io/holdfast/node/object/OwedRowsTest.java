package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.node.Answer;
import io.holdfast.node.NodeFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Keys and messages of objects that go back in time or are copied: others did not go back, and
/// nobody has spoken to the copy.
class OwedRowsTest {
  private static NodeFixture node;

  @BeforeAll
  static void start() {
    node =
        NodeFixture.with(
            "holdfast.messages.retry-first=20 ms",
            "holdfast.messages.retry-max=50 ms",
            "holdfast.messages.tries-max=1000",
            "holdfast.messages.wake-after=300 ms");
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static Answer keyed(String key, String name, int amount) {
    return NodeFixture.await(node.keyedAsync(key, "keyed", name, "add", amount));
  }

  private static int total(String name) {
    return node.call("keyed", name, "total").number();
  }

  private static Answer post(String name, String method, Object... arguments) {
    return node.call("post", name, method, arguments);
  }

  private static List<String> log(String name) {
    List<String> lines = new ArrayList<>();
    post(name, "log").value().forEach(line -> lines.add(line.asText()));
    return lines;
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(condition);
  }

  /// The bookmark of the newest commit.
  private static String now(String namespace, String name) {
    JsonNode newest = node.look(namespace, name, "history?limit=1").value().path("commits").get(0);
    return newest.path("bookmark").asText();
  }

  private static JsonNode restore(String namespace, String name, String at) {
    return node.change(namespace, name, "restore", "{\"at\":\"" + at + "\"}").value();
  }

  @Test
  void aKeyThatWasAnsweredDoesNotRunAgainAfterItsEffectWasTakenBack() {
    assertThat(keyed("k1", "a", 5).number()).isEqualTo(5);
    String early = now("keyed", "a");
    assertThat(keyed("k2", "a", 7).number()).isEqualTo(12);
    JsonNode restored = restore("keyed", "a", early);
    assertThat(total("a")).isEqualTo(5);
    assertThat(keyed("k2", "a", 7).number()).as("the answer it had").isEqualTo(12);
    assertThat(keyed("k1", "a", 5).number()).isEqualTo(5);
    assertThat(total("a")).isEqualTo(5);
    assertThat(keyed("k3", "a", 1).number()).isEqualTo(6);

    restore("keyed", "a", restored.path("undo").asText());
    assertThat(total("a")).isEqualTo(12);
    assertThat(keyed("k3", "a", 1).number()).as("k3 stays known as well").isEqualTo(6);
    node.restart();
    assertThat(keyed("k2", "a", 7).number()).isEqualTo(12);
    assertThat(total("a")).isEqualTo(12);
  }

  @Test
  void aForkKnowsNoKeysOfItsSource() {
    assertThat(keyed("k1", "b", 5).number()).isEqualTo(5);
    node.change("keyed", "b", "fork", "{\"to\":\"b fork\"}").value();
    assertThat(keyed("k1", "b fork", 5).number()).isEqualTo(10);
    assertThat(keyed("k1", "b", 5).number()).isEqualTo(5);
    assertThat(total("b")).isEqualTo(5);
  }

  @Test
  void aSenderThatGoesBackSendsNothingTwiceAndWithdrawsNothing() {
    post("x", "failNext", "c2", 30);
    post("c", "send", "c2", 1);
    String whileItWaits = now("post", "c");
    await(() -> log("c2").equals(List.of("c:0")));
    await(() -> node.metric("holdfast_messages_carried_out_total") > 0);

    post("x", "failNext", "c2", 30);
    post("c", "send", "c2", 1);
    restore("post", "c", whileItWaits);
    assertThat(post("c", "sent", "c2").number()).isEqualTo(1);
    await(() -> log("c2").size() > 1);
    post("c", "send", "c2", 1);
    await(() -> log("c2").size() > 2);
    assertThat(log("c2")).containsExactly("c:0", "c:1", "c:1");
    assertThat(post("c", "deadLetters").value()).isEmpty();
  }

  @Test
  void aReceiverThatGoesBackIsNotSentToAgainAndTakesWhatIsNew() {
    post("d2", "name");
    post("d", "send", "d2", 1);
    await(() -> log("d2").size() == 1);
    String early = now("post", "d2");
    post("d", "send", "d2", 2);
    await(() -> log("d2").size() == 3);
    restore("post", "d2", early);
    assertThat(log("d2")).containsExactly("d:0");
    post("d", "send", "d2", 1);
    await(() -> log("d2").size() == 2);
    assertThat(log("d2")).containsExactly("d:0", "d:3");
  }

  @Test
  void aForkDoesNotSendTheMessagesOfItsSource() {
    post("x", "failNext", "e2", 10);
    post("e", "send", "e2", 1);
    node.change("post", "e", "fork", "{\"to\":\"e fork\",\"alarm\":\"kept\"}").value();
    assertThat(post("e fork", "deadLetters").value()).isEmpty();
    post("e fork", "send", "e2", 1);
    await(() -> log("e2").size() == 2);
    assertThat(log("e2")).containsExactlyInAnyOrder("e:0", "e fork:1");
  }
}
