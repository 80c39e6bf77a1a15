package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.node.Answer;
import io.holdfast.node.HeldJournal;
import io.holdfast.node.HeldJournal.Mode;
import io.holdfast.node.NodeFixture;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What operators do through the admin API of a whole node.
class OperatorObjectsTest {
  private static final String PAST = "/admin/v1/namespaces/past/objects";
  private static NodeFixture node;

  @BeforeAll
  static void start() {
    node =
        NodeFixture.with(
            "holdfast.persistence.writer.snapshots.events-max=5",
            "holdfast.persistence.writer.snapshots.release-events-min=3");
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @AfterEach
  void letAllPass() {
    HeldJournal.mode(Mode.PASS);
  }

  private static Answer call(String name, String method, Object... arguments) {
    return node.call("past", name, method, arguments);
  }

  private static String set(String name, String value) {
    return call(name, "setAndBookmark", "v", value).text();
  }

  private static String value(String name) {
    return call(name, "get", "v").text();
  }

  private static List<JsonNode> commits(String name, String query) {
    List<JsonNode> commits = new ArrayList<>();
    node.look("past", name, "history" + query).value().path("commits").forEach(commits::add);
    return commits;
  }

  private static Answer restore(String name, String at) {
    return node.change("past", name, "restore", "{\"at\":\"" + at + "\"}");
  }

  private static Answer fork(String name, String json) {
    return node.change("past", name, "fork", json);
  }

  @Test
  void aLiveObjectIsResetAndGoesBackAndTheUndoBookmarkUndoesIt() {
    String one = set("a", "one");
    set("a", "two");
    JsonNode restored = restore("a", one).value();
    assertThat(restored.path("restored").asText()).isEqualTo(one);
    assertThat(call("a", "bookmark").text()).isEqualTo(restored.path("now").asText());
    assertThat(value("a")).isEqualTo("one");
    restore("a", restored.path("undo").asText()).value();
    assertThat(value("a")).isEqualTo("two");
  }

  @Test
  void anObjectWhoseCodeDoesNotStartCanGoBack() {
    String good = set("b", "good");
    set("b", "breaks the constructor");
    assertThat(call("b", "abort").code()).isEqualTo("object_reset");
    assertThat(call("b", "get", "v").ok()).isFalse();
    restore("b", good).value();
    assertThat(value("b")).isEqualTo("good");
  }

  @Test
  void eventsUnderWayEndWhenAnOperatorPutsTheirObjectBack() {
    String one = set("c", "one");
    var waiting = node.callAsync("past", "c", "sleep", 30_000);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> call("c", "sleeping").value().booleanValue());
    restore("c", one).value();
    assertThat(NodeFixture.await(waiting).code()).isEqualTo("object_reset");
    assertThat(value("c")).isEqualTo("one");
  }

  @Test
  void aTimeCanStandForABookmark() {
    set("d", "one");
    String between = Instant.now().plusMillis(5).toString();
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> Instant.now().isAfter(Instant.parse(between)));
    set("d", "two");
    restore("d", between).value();
    assertThat(value("d")).isEqualTo("one");
    assertThat(restore("d", "2999-01-01T00:00:00Z").message()).contains("in the future");
    assertThat(restore("d", "Tuesday").code()).isEqualTo("invalid_argument");
  }

  @Test
  void aRestoreThatIsRefusedLeavesALiveObjectAlone() {
    set("e", "one");
    int constructed = call("e", "constructed").number();
    assertThat(restore("e", "x").code()).isEqualTo("invalid_argument");
    assertThat(restore("e", call("f", "bookmark").text()).message())
        .contains("one of another object");
    assertThat(call("e", "constructed").number()).isEqualTo(constructed);
  }

  @Test
  void historyComesNewestFirstPageByPage() {
    for (int i = 0; i < 23; i++) {
      set("g", "" + i);
    }
    List<String> bookmarks = new ArrayList<>();
    String next = "";
    do {
      JsonNode page = node.look("past", "g", "history?limit=10" + next).value();
      page.path("commits").forEach(commit -> bookmarks.add(commit.path("bookmark").asText()));
      next = page.path("next").isNull() ? "" : "&before=" + page.path("next").asText();
    } while (!next.isEmpty());
    assertThat(bookmarks).hasSize(23).isSortedAccordingTo((a, b) -> b.compareTo(a));
    JsonNode newest = commits("g", "?limit=1").getFirst();
    assertThat(newest.path("kind").asText()).isEqualTo("COMMIT");
    assertThat(newest.path("transactions").asInt()).isEqualTo(1);
    assertThat(newest.path("bytes").asInt()).isPositive();
    assertThat(newest.path("databaseBytes").asInt()).isPositive();
    assertThat(Instant.parse(newest.path("time").asText()))
        .isBetween(Instant.now().minusSeconds(60), Instant.now());
  }

  @Test
  void aDiffShowsPairsTablesSchemaAndAlarm() {
    String one = set("h", "one");
    set("h", "two");
    call("h", "sql", "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
    call("h", "sql", "INSERT INTO t (v) VALUES ('x'), ('y')");
    call("h", "ringAt", System.currentTimeMillis() + 3_600_000);
    String two = call("h", "bookmark").text();
    JsonNode diff = node.look("past", "h", "diff?from=" + one + "&to=" + two).value();
    JsonNode pairs = diff.path("tables").get(0);
    assertThat(pairs.path("changed").asInt()).isEqualTo(1);
    assertThat(pairs.path("rows").get(0).path("before").path("value").asText()).isEqualTo("one");
    assertThat(pairs.path("rows").get(0).path("after").path("value").asText()).isEqualTo("two");
    JsonNode table = diff.path("tables").get(1);
    assertThat(table.path("name").asText()).isEqualTo("t");
    assertThat(table.path("added").asInt()).isEqualTo(2);
    assertThat(diff.path("schema").get(0).path("name").asText()).isEqualTo("t");
    assertThat(diff.path("alarmBefore").isNull()).isTrue();
    assertThat(diff.path("alarmAfter").isNull()).isFalse();
    JsonNode none = node.look("past", "h", "diff?from=" + two + "&to=" + two).value();
    assertThat(none.path("tables")).isEmpty();
  }

  @Test
  void aForkBeginsWhereItsSourceWasAndBothGoOnByThemselves() {
    String one = set("i", "one");
    set("i", "two");
    JsonNode forked = fork("i", "{\"to\":\"i fork\",\"at\":\"" + one + "\"}").value();
    assertThat(forked.path("source").asText()).isEqualTo(one);
    assertThat(value("i fork")).isEqualTo("one");
    assertThat(call("i fork", "name").text()).isEqualTo("i fork");
    assertThat(call("i fork", "bookmark").text()).isEqualTo(forked.path("now").asText());
    set("i fork", "of the fork");
    assertThat(value("i")).isEqualTo("two");
    set("i", "three");
    node.restart();
    assertThat(value("i fork")).isEqualTo("of the fork");
    assertThat(value("i")).isEqualTo("three");
    // Also when nobody says its name.
    assertThat(call("id:" + forked.path("id").asText(), "name").text()).isEqualTo("i fork");
    assertThat(commits("i fork", "")).hasSize(2);
    assertThat(restore("i fork", one).message()).contains("one of another object");
  }

  @Test
  void aForkOfNowHasWhatIsDurable() {
    set("j", "one");
    fork("j", "{\"to\":\"j fork\"}").value();
    assertThat(value("j fork")).isEqualTo("one");
  }

  @Test
  void aForkHasNoAlarmUnlessAskedFor() {
    long far = System.currentTimeMillis() + 3_600_000;
    call("k", "ringAt", far);
    fork("k", "{\"to\":\"k silent\"}").value();
    fork("k", "{\"to\":\"k ringing\",\"alarm\":\"kept\"}").value();
    assertThat(call("k silent", "due").value().longValue()).isZero();
    assertThat(call("k ringing", "due").value().longValue()).isEqualTo(far);
    assertThat(call("k", "due").value().longValue()).isEqualTo(far);
    assertThat(listed("k silent").path("alarm").isNull()).isTrue();
    assertThat(listed("k ringing").path("alarm").isNull()).isFalse();
  }

  @Test
  void aForkDoesNotOverwrite() {
    set("l", "one");
    set("l taken", "mine");
    Answer refused = fork("l", "{\"to\":\"l taken\"}");
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.code()).isEqualTo("wrong_state");
    assertThat(refused.message()).contains("found one that has stored something");
    assertThat(fork("l", "{\"to\":\"l\"}").code()).isEqualTo("wrong_state");
    call("l taken", "deleteAll");
    assertThat(fork("l", "{\"to\":\"l taken\"}").code()).isEqualTo("wrong_state");
    assertThat(fork("nothing", "{\"to\":\"l other\"}").code()).isEqualTo("wrong_state");
    assertThat(value("l")).isEqualTo("one");
  }

  @Test
  void aForkReachesAnObjectThatIsInMemoryAndNeverStored() {
    set("m", "one");
    assertThat(value("m fork")).isEmpty();
    fork("m", "{\"to\":\"m fork\"}").value();
    assertThat(value("m fork")).isEqualTo("one");
  }

  @Test
  void aForkThatCannotBeStoredIsNotThereAndCanBeRepeated() {
    set("n", "one");
    HeldJournal.mode(Mode.FAIL);
    assertThat(fork("n", "{\"to\":\"n fork\"}").code()).isEqualTo("storage_failed");
    HeldJournal.mode(Mode.PASS);
    assertThat(value("n fork")).isEmpty();
    fork("n", "{\"to\":\"n fork\"}").value();
    assertThat(value("n fork")).isEqualTo("one");
  }

  @Test
  void ofTwoForksToOneNameOneIsRefused() {
    String one = set("o", "one");
    String two = set("o", "two");
    var first = node.changeAsync("past", "o", "fork", "{\"to\":\"o fork\",\"at\":\"" + one + "\"}");
    var second =
        node.changeAsync("past", "o", "fork", "{\"to\":\"o fork\",\"at\":\"" + two + "\"}");
    List<Answer> answers = List.of(NodeFixture.await(first), NodeFixture.await(second));
    assertThat(answers).extracting(Answer::ok).containsExactlyInAnyOrder(true, false);
    assertThat(value("o fork")).isEqualTo(answers.getFirst().ok() ? "one" : "two");
  }

  @Test
  void theListHasAllThatHaveStoredPageByPage() {
    for (int i = 0; i < 12; i++) {
      node.call("counter", "listed " + i, "increment").value();
    }
    node.call("counter", "never stored", "value").value();
    List<String> names = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    String next = "";
    do {
      String path = "/admin/v1/namespaces/runtime.counter/objects?limit=5" + next;
      JsonNode page = node.adminAnswer(path).value();
      for (JsonNode object : page.path("objects")) {
        names.add(object.path("name").asText());
        ids.add(object.path("id").asText());
        assertThat(object.path("databaseBytes").asLong()).isPositive();
        assertThat(object.path("storedBytes").asLong()).isPositive();
      }
      next = page.path("next").isNull() ? "" : "&after=" + page.path("next").asText();
    } while (!next.isEmpty());
    assertThat(ids).isSorted().doesNotHaveDuplicates().hasSize(12);
    for (int i = 0; i < 12; i++) {
      assertThat(names).contains("listed " + i);
    }
  }

  private static JsonNode listed(String name) {
    for (JsonNode object : node.adminAnswer(PAST + "?limit=1000").value().path("objects")) {
      if (object.path("name").asText().equals(name)) {
        return object;
      }
    }
    throw new AssertionError("expected object " + name + " in the list");
  }

  @Test
  void withoutTheAdminTokenThereIsNothing() {
    int status = node.send(node.request(PAST).build(), BodyHandlers.ofString()).statusCode();
    assertThat(status).isEqualTo(401);
  }

  /// The sweep of a node that keeps next to nothing.
  @Test
  void whatIsOlderThanTheRetentionGoesWhileTheNodeRuns() {
    try (NodeFixture brief =
        NodeFixture.with(
            "holdfast.persistence.history.retention=300ms",
            "holdfast.persistence.history.sweep-interval=50ms",
            "holdfast.objects.idle-timeout=500ms",
            "holdfast.persistence.writer.snapshots.events-max=5")) {
      String first = brief.call("past", "a", "setAndBookmark", "v", "0").text();
      for (int i = 1; i < 12; i++) {
        brief.call("past", "a", "set", "v", "" + i).status();
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> brief.look("past", "a", "history").value().path("commits").size() < 12);
      Answer refused = brief.change("past", "a", "restore", "{\"at\":\"" + first + "\"}");
      assertThat(refused.message()).contains("with which its history begins");
      assertThat(brief.call("past", "a", "get", "v").text()).isEqualTo("11");
      brief.restart();
      assertThat(brief.call("past", "a", "get", "v").text()).isEqualTo("11");
      assertThat(brief.call("past", "a", "setAndBookmark", "v", "12").text())
          .startsWith("000000000000000d-");
    }
  }

  @Test
  void aNodeWithoutHistoryAndAdminApiServesObjects() {
    try (NodeFixture plain =
        NodeFixture.with(
            "holdfast.persistence.history.retention=0",
            "holdfast.admin.enabled=off",
            "holdfast.persistence.writer.snapshots.events-max=5")) {
      String bookmark = "";
      for (int i = 0; i < 20; i++) {
        bookmark = plain.call("past", "a", "setAndBookmark", "v", "" + i).text();
      }
      assertThat(bookmark).startsWith("0000000000000014-");
      Answer refused = plain.call("past", "a", "restore", bookmark);
      assertThat(refused.code()).isEqualTo("invalid_argument");
      assertThat(refused.message()).contains("retention = 0");
      plain.restart();
      assertThat(plain.call("past", "a", "get", "v").text()).isEqualTo("19");
      assertThat(plain.send(plain.request(PAST).build(), BodyHandlers.ofString()).statusCode())
          .isEqualTo(404);
    }
  }
}
