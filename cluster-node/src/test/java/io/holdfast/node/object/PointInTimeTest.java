package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.node.Answer;
import io.holdfast.node.HeldJournal;
import io.holdfast.node.HeldJournal.Mode;
import io.holdfast.node.NodeFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Objects that go back to what they were. Each test has an object of its own.
class PointInTimeTest {
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

  private static void abort(String name) {
    assertThat(call(name, "abort").code()).isEqualTo("object_reset");
  }

  private static long restores(String name) {
    long count = 0;
    for (JsonNode commit : node.look("past", name, "history?limit=1000").value().path("commits")) {
      count += commit.path("kind").asText().equals("RESTORE") ? 1 : 0;
    }
    return count;
  }

  @Test
  void anObjectGoesBackAtItsNextSessionAndForwardAgain() {
    String one = set("a", "one");
    set("a", "two");
    String undo = call("a", "restore", one).text();
    assertThat(value("a")).isEqualTo("two");
    set("a", "three");
    abort("a");
    assertThat(value("a")).isEqualTo("one");
    String again = call("a", "restore", undo).text();
    abort("a");
    // Also what was written between the request and the restore.
    assertThat(value("a")).isEqualTo("three");
    call("a", "restore", again);
    abort("a");
    assertThat(value("a")).isEqualTo("one");
    abort("a");
    assertThat(value("a")).isEqualTo("one");
    assertThat(restores("a")).isEqualTo(3);
  }

  @Test
  void everyBookmarkCanBeGoneBackToAcrossSnapshots() {
    List<String> bookmarks = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      bookmarks.add(set("b", "" + i));
    }
    assertThat(bookmarks).isSorted().doesNotHaveDuplicates();
    for (int i : List.of(17, 3, 29, 0, 12)) {
      call("b", "restore", bookmarks.get(i));
      abort("b");
      assertThat(value("b")).isEqualTo("" + i);
    }
  }

  @Test
  void aBookmarkNamesTheWritesOfItsOwnEvent() {
    JsonNode two = call("c", "setTwice", "v", "one", "two").value();
    set("c", "three");
    call("c", "restore", two.get(0).asText());
    abort("c");
    assertThat(value("c")).isEqualTo("one");
    call("c", "restore", two.get(1).asText());
    abort("c");
    assertThat(value("c")).isEqualTo("two");
  }

  @Test
  void bookmarksTakenByEventsAtOnceNameEachItsOwnState() {
    Map<String, CompletableFuture<Answer>> answers = new HashMap<>();
    for (int i = 0; i < 20; i++) {
      answers.put("" + i, node.callAsync("past", "d", "setAndBookmark", "v", "" + i));
    }
    Map<String, String> bookmarks = new HashMap<>();
    answers.forEach((written, answer) -> bookmarks.put(written, NodeFixture.await(answer).text()));
    assertThat(bookmarks.values()).doesNotHaveDuplicates();
    for (String written : List.of("3", "11", "19")) {
      call("d", "restore", bookmarks.get(written));
      abort("d");
      assertThat(value("d")).isEqualTo(written);
    }
  }

  @Test
  void theSameStateHasOneBookmarkInAllSessions() {
    String bookmark = set("e", "one");
    assertThat(call("e", "bookmark").text()).isEqualTo(bookmark);
    abort("e");
    assertThat(call("e", "bookmark").text()).isEqualTo(bookmark);
    assertThat(call("never stored", "bookmark").text()).startsWith("0000000000000000-");
  }

  @Test
  void anObjectCanGoBackToBeforeItsFirstWrite() {
    String nothing = call("f", "bookmark").text();
    set("f", "one");
    String undo = call("f", "restore", nothing).text();
    abort("f");
    assertThat(value("f")).isEmpty();
    call("f", "restore", undo);
    // Nothing was written since: the request is the first write again.
    abort("f");
    assertThat(value("f")).isEqualTo("one");
    assertThat(call("f", "name").text()).isEqualTo("f");
  }

  @Test
  void aRequestSurvivesTheEndOfTheNode() {
    String one = set("g", "one");
    set("g", "two");
    call("g", "restore", one);
    node.restart();
    assertThat(value("g")).isEqualTo("one");
    assertThat(restores("g")).isEqualTo(1);
  }

  @Test
  void aRestoreThatCannotBeStoredIsRepeatedOnce() {
    String one = set("h", "one");
    set("h", "two");
    call("h", "restore", one);
    HeldJournal.mode(Mode.FAIL);
    abort("h");
    assertThat(call("h", "get", "v").code()).isEqualTo("storage_failed");
    assertThat(call("h", "get", "v").code()).isEqualTo("storage_failed");
    HeldJournal.mode(Mode.PASS);
    assertThat(value("h")).isEqualTo("one");
    assertThat(restores("h")).isEqualTo(1);
  }

  @Test
  void aRestoreThatWasStoredButNotAcknowledgedIsNotRepeated() {
    String one = set("i", "one");
    set("i", "two");
    call("i", "restore", one);
    HeldJournal.mode(Mode.FAIL_AFTER);
    abort("i");
    assertThat(call("i", "get", "v").code()).isEqualTo("storage_failed");
    HeldJournal.mode(Mode.PASS);
    assertThat(value("i")).isEqualTo("one");
    set("i", "three");
    abort("i");
    assertThat(value("i")).isEqualTo("three");
    assertThat(restores("i")).isEqualTo(1);
  }

  @Test
  void aRequestThatIsNotDurableIsNotThere() {
    String one = set("j", "one");
    set("j", "two");
    HeldJournal.mode(Mode.FAIL);
    assertThat(call("j", "restore", one).code()).isEqualTo("storage_failed");
    HeldJournal.mode(Mode.PASS);
    assertThat(value("j")).isEqualTo("two");
    assertThat(restores("j")).isZero();
  }

  @Test
  void theNextSessionWaitsForTheRestoreToBeDurable() {
    String one = set("k", "one");
    set("k", "two");
    call("k", "restore", one);
    abort("k");
    HeldJournal.mode(Mode.HOLD);
    var reading = node.callAsync("past", "k", "get", "v");
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> HeldJournal.heldCount() > 0);
    assertThat(reading.isDone()).isFalse();
    HeldJournal.mode(Mode.PASS);
    assertThat(NodeFixture.await(reading).text()).isEqualTo("one");
  }

  @Test
  void theAlarmGoesBackTooWithItsIndex() {
    long far = System.currentTimeMillis() + 3_600_000;
    call("l", "ringAt", far);
    String withAlarm = set("l", "one");
    call("l", "cancel");
    String without = set("l", "two");
    call("l", "restore", withAlarm);
    abort("l");
    assertThat(call("l", "due").value().longValue()).isEqualTo(far);
    assertThat(hasAlarm("l")).isTrue();
    call("l", "restore", without);
    abort("l");
    assertThat(call("l", "due").value().longValue()).isZero();
    assertThat(hasAlarm("l")).isFalse();
  }

  private static boolean hasAlarm(String name) {
    String list = "/admin/v1/namespaces/past/objects?limit=1000";
    JsonNode objects = node.adminAnswer(list).value().path("objects");
    for (JsonNode object : objects) {
      if (object.path("name").asText().equals(name)) {
        return !object.path("alarm").isNull();
      }
    }
    throw new AssertionError("expected object " + name + ", found " + objects);
  }

  @Test
  void anAlarmWhoseTimeHasPassedRingsAfterTheRestore() {
    long soon = System.currentTimeMillis() + 500;
    call("m", "ringAt", soon);
    String withAlarm = set("m", "one");
    call("m", "cancel");
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> System.currentTimeMillis() > soon + 10);
    assertThat(call("m", "rings").number()).isZero();
    call("m", "restore", withAlarm);
    abort("m");
    assertThat(value("m")).isEqualTo("one");
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> call("m", "rings").number() == 1);
  }

  @Test
  void aTimeNamesTheLastCommitBeforeIt() {
    String one = set("n", "one");
    long between = System.currentTimeMillis() + 5;
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> System.currentTimeMillis() > between);
    set("n", "two");
    assertThat(call("n", "bookmarkAt", between).text()).isEqualTo(one);
    assertThat(call("n", "bookmarkAt", System.currentTimeMillis()).text())
        .isEqualTo(call("n", "bookmark").text());
  }

  @Test
  void badBookmarksAreRefusedWithAReason() {
    String own = set("o", "one");
    String foreign = set("p", "one");
    refused(call("o", "restore", "yesterday"), "expected a bookmark of 16 hex digits");
    refused(call("o", "restore", foreign), "one of another object");
    refused(call("o", "restore", "0000000000000007" + own.substring(16)), "one of the future");
    refused(call("o", "bookmarkAt", System.currentTimeMillis() + 60_000), "in the future");
    refused(call("o", "bookmarkAt", 1), "the history that is kept");
    assertThat(call("o", "restoreInTransaction", own).code()).isEqualTo("wrong_state");
    abort("o");
    assertThat(call("o", "bookmark").text()).isEqualTo(own);
  }

  private static void refused(Answer answer, String text) {
    assertThat(answer.code()).isEqualTo("invalid_argument");
    assertThat(answer.message()).contains(text);
  }

  @Test
  void aLaterRequestTakesThePlaceOfAnEarlierOne() {
    String one = set("q", "one");
    String two = set("q", "two");
    set("q", "three");
    call("q", "restore", one);
    call("q", "restore", two);
    abort("q");
    assertThat(value("q")).isEqualTo("two");
  }

  @Test
  void tablesGoBackAndDeletedOnesComeBack() {
    call("r", "sql", "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
    call("r", "sql", "INSERT INTO t (v) VALUES ('x'), ('y')");
    String full = call("r", "bookmark").text();
    call("r", "deleteAll");
    call("r", "restore", full);
    abort("r");
    assertThat(call("r", "sql", "INSERT INTO t (id, v) VALUES (3, 'z')").ok()).isTrue();
    assertThat(call("r", "sql", "INSERT INTO t (id, v) VALUES (2, 'z')").code())
        .isEqualTo("sql_error");
  }

  @Test
  void restoreAndAbortInOneEvent() {
    String one = set("s", "one");
    set("s", "two");
    assertThat(call("s", "restoreAtOnce", one).code()).isEqualTo("object_reset");
    assertThat(value("s")).isEqualTo("one");
  }

  @Test
  void aWholeHistoryOfRestoresAndUndosStaysReadable() {
    List<String> values = new ArrayList<>();
    List<String> bookmarks = new ArrayList<>();
    for (int round = 0; round < 12; round++) {
      String written = "round " + round;
      bookmarks.add(set("t", written));
      values.add(written);
      int target = (round * 7) % bookmarks.size();
      call("t", "restore", bookmarks.get(target));
      abort("t");
      assertThat(value("t")).as("round %d", round).isEqualTo(values.get(target));
    }
  }
}
