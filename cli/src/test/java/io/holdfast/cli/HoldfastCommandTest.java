package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HoldfastCommandTest {
  @TempDir Path directory;
  private FakeNode node;
  private StringWriter out;
  private StringWriter err;

  @BeforeEach
  void start() throws IOException {
    node = new FakeNode();
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private int run(String... arguments) {
    out = new StringWriter();
    err = new StringWriter();
    return HoldfastCommand.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
  }

  private int objects(String... arguments) {
    List<String> all = new ArrayList<>(List.of("objects"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--url", node.url(), "--token", "t0ken"));
    return run(all.toArray(String[]::new));
  }

  @Test
  void listsObjectsInColumns() {
    node.answers(
        200,
        """
        {"objects":[
          {"id":"0a","name":"short","databaseBytes":8192,"storedBytes":700,"storedBytesExact":true,"alarm":null},
          {"id":"0b","name":null,"databaseBytes":1,"storedBytes":1048577,"storedBytesExact":false,
           "alarm":"2026-11-24T10:00:00Z"}],
         "next":"0b"}
        """);
    assertThat(objects("list", "app.rooms", "--limit", "2", "--after", "09")).isZero();
    assertThat(node.requests)
        .containsExactly("GET /admin/v1/namespaces/app.rooms/objects?limit=2&after=09");
    assertThat(node.tokens).containsExactly("Bearer t0ken");
    assertThat(out.toString())
        .isEqualTo(
            """
            ID  NAME   DATABASE  STORED    ALARM
            0a  short  8.0 KiB   700 B     -
            0b  -      1 B       1.0 MiB+  2026-11-24T10:00:00Z
            """);
    assertThat(err.toString()).contains("There are more: --after 0b");
  }

  @Test
  void showsHistory() {
    node.answers(
        200,
        """
        {"commits":[{"bookmark":"02-1","time":"2026-11-24T10:00:00Z","kind":"RESTORE","bytes":90,
          "databaseBytes":8192,"transactions":3}],"next":null}
        """);
    assertThat(objects("history", "rooms", "a b/ü")).isZero();
    assertThat(node.requests)
        .containsExactly("GET /admin/v1/namespaces/rooms/objects/a%20b%2F%C3%BC/history?limit=20");
    assertThat(out.toString()).contains("02-1", "restore", "8.0 KiB").doesNotContain("more");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void showsWhatDiffers() {
    node.answers(
        200,
        """
        {"from":"1","to":"2","alarmBefore":null,"alarmAfter":"2026-11-24T10:00:00Z","rowsOmitted":true,
         "schema":[{"type":"table","name":"t","before":null,"after":"CREATE TABLE t (v)"}],
         "tables":[{"name":"pairs","pairs":true,"added":1,"removed":1,"changed":1,"problem":null,"rows":[
            {"key":{"key":"a"},"before":null,"after":{"value":"1"}},
            {"key":{"key":"b"},"before":{"value":"2"},"after":null},
            {"key":{"key":"c"},"before":{"value":"3"},"after":{"value":"4"}}]},
          {"name":"big","pairs":false,"added":0,"removed":0,"changed":0,"rows":[],"problem":"too many"}]}
        """);
    assertThat(objects("diff", "rooms", "x", "1", "2", "--rows", "3")).isZero();
    assertThat(node.requests)
        .containsExactly("GET /admin/v1/namespaces/rooms/objects/x/diff?from=1&to=2&rows=3");
    assertThat(out.toString())
        .isEqualTo(
            """
            from  1
            to    2

            alarm: - -> 2026-11-24T10:00:00Z

            table t:
              + CREATE TABLE t (v)

            pairs: 1 added, 1 removed, 1 changed
              + key="a": value="1"
              - key="b": value="2"
              ~ key="c":
                  value: "3" -> "4"

            table big: not compared: too many
            """);
    assertThat(err.toString()).contains("--rows");
  }

  @Test
  void forksAndRestores() {
    node.answers(200, "{\"id\":\"0a\",\"source\":\"1\",\"now\":\"2\"}");
    assertThat(objects("fork", "rooms", "x", "y", "--at", "1", "--keep-alarm")).isZero();
    assertThat(objects("fork", "rooms", "x", "z")).isZero();
    node.answers(200, "{\"restored\":\"1\",\"undo\":\"5\",\"now\":\"6\"}");
    assertThat(objects("restore", "rooms", "x", "1")).isZero();
    assertThat(out.toString()).contains("undo with  5");
    assertThat(node.requests)
        .containsExactly(
            "POST /admin/v1/namespaces/rooms/objects/x/fork"
                + " {\"to\":\"y\",\"at\":\"1\",\"alarm\":\"kept\"}",
            "POST /admin/v1/namespaces/rooms/objects/x/fork"
                + " {\"to\":\"z\",\"alarm\":\"dropped\"}",
            "POST /admin/v1/namespaces/rooms/objects/x/restore {\"at\":\"1\"}");
  }

  @Test
  void printsTheAnswerAsItIsForPrograms() {
    node.answers(200, "{\"restored\":\"1\",\"undo\":\"5\",\"now\":\"6\"}");
    assertThat(objects("restore", "rooms", "x", "1", "--json")).isZero();
    assertThat(out.toString().strip())
        .isEqualTo("{\"restored\":\"1\",\"undo\":\"5\",\"now\":\"6\"}");
  }

  @Test
  void tellsWhyTheNodeRefuses() {
    node.answers(
        409,
        "{\"error\":{\"code\":\"wrong_state\",\"message\":\"expected no object\",\"requestId\":\"r1\"}}");
    assertThat(objects("fork", "rooms", "x", "y")).isEqualTo(1);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().strip())
        .isEqualTo("holdfast: expected no object (wrong_state, HTTP 409, request r1)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "<html>", "[]", "null", "{\"error\":1}"})
  void tellsWhenSomebodyElseAnswers(String answer) {
    node.answers(502, answer);
    assertThat(objects("list", "rooms")).isEqualTo(1);
    assertThat(err.toString()).contains("expected the answer of a Holdfast node").hasLineCount(1);
  }

  @Test
  void tellsWhenNobodyAnswers() {
    node.close();
    assertThat(objects("list", "rooms")).isEqualTo(1);
    assertThat(err.toString()).contains("no node answers at " + node.url()).hasLineCount(1);
  }

  @Test
  void namesCannotPlayWithTheTerminal() {
    node.answers(
        200,
        "{\"objects\":[{\"id\":\"0a\",\"name\":\"\\u001b[2J\\nx\\u202e\",\"databaseBytes\":1,"
            + "\"storedBytes\":1,\"storedBytesExact\":true,\"alarm\":null}],\"next\":null}");
    assertThat(objects("list", "rooms")).isZero();
    assertThat(out.toString())
        .contains("\\u{1b}[2J\\u{a}x\\u{202e}")
        .doesNotContain("\u001b")
        .hasLineCount(2);
  }

  @Test
  void readsTheTokenFromAFile() throws IOException {
    Path file = Files.writeString(directory.resolve("token"), "of the file\n");
    assertThat(run("objects", "list", "r", "--url", node.url() + "/", "--token-file", file + ""))
        .isZero();
    assertThat(node.tokens).containsExactly("Bearer of the file");
    assertThat(node.requests).containsExactly("GET /admin/v1/namespaces/r/objects?limit=100");
  }

  @Test
  void wrongCommandLinesEndWithTwoAndAskNobody() {
    assertThat(run("objects", "list", "r", "--url", node.url())).isEqualTo(2);
    assertThat(err.toString()).contains("expected the admin token");
    assertThat(run("objects", "list", "r", "--url", node.url(), "--token-file", directory + "/no"))
        .isEqualTo(2);
    assertThat(run("objects", "list", "r", "--url", "ftp://x", "--token", "t")).isEqualTo(2);
    assertThat(run("objects", "list", "r", "--url", "not a url", "--token", "t")).isEqualTo(2);
    assertThat(objects("list")).isEqualTo(2);
    assertThat(objects("list", "r", "--limit", "many")).isEqualTo(2);
    assertThat(objects("restore", "r", "x")).isEqualTo(2);
    assertThat(objects("restore", "r", "x", "1", "2")).isEqualTo(2);
    assertThat(objects("drop", "r")).isEqualTo(2);
    assertThat(run("objects")).isEqualTo(2);
    assertThat(run()).isEqualTo(2);
    assertThat(node.requests).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "objects --help",
        "objects list --help",
        "objects history --help",
        "objects diff --help",
        "objects fork --help",
        "objects restore --help"
      })
  void helpsWithEachCommand(String line) {
    assertThat(run(line.split(" "))).isZero();
    assertThat(out.toString()).startsWith("Usage: holdfast");
    assertThat(run("--version")).isZero();
  }

  @Test
  void namesOfDotsAreNotTakenForFolders() {
    node.answers(200, "{\"commits\":[],\"next\":null}");
    assertThat(objects("history", "r", "..")).isZero();
    assertThat(node.requests)
        .containsExactly("GET /admin/v1/namespaces/r/objects/%2E%2E/history?limit=20");
  }
}
