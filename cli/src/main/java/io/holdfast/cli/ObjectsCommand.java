package io.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.cli.AdminClient.Call;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `holdfast objects …`.
@Command(
    name = "objects",
    description = "Lists objects, shows their past, puts them back, makes new ones of them.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      ObjectsCommand.ListObjects.class,
      ObjectsCommand.History.class,
      ObjectsCommand.Diff.class,
      ObjectsCommand.Fork.class,
      ObjectsCommand.Restore.class,
      ObjectsCommand.Move.class
    })
final class ObjectsCommand {
  private static final String NAMESPACE =
      "The namespace: APP.NAME, or NAME when only one app has it.";
  private static final String OBJECT = "The object's name, or id: and its 64 hex digits.";
  private static final String MOMENT =
      "A bookmark, or a time such as 2026-11-24T10:00:00Z: the last commit up to it.";

  /// The object that a command is about: its first two parameters.
  static final class OneObject {
    @Parameters(index = "0", paramLabel = "NAMESPACE", description = NAMESPACE)
    private String namespace = "";

    @Parameters(index = "1", paramLabel = "NAME", description = OBJECT)
    private String name = "";

    Call call(String verb) {
      return Call.of(namespace, name, verb);
    }
  }

  /// `list`.
  @Command(
      name = "list",
      description = "Lists the objects of a namespace that have stored anything, by id.",
      mixinStandardHelpOptions = true)
  static final class ListObjects extends NodeCommand {
    @Parameters(paramLabel = "NAMESPACE", description = NAMESPACE)
    private String namespace = "";

    @Option(
        names = "--limit",
        paramLabel = "N",
        defaultValue = "100",
        description = "How many at the most, up to 1000. Default: 100.")
    private int limit;

    @Option(names = "--after", paramLabel = "ID", description = "Go on after this id.")
    private @Nullable String after;

    @Override
    JsonNode ask(AdminClient client) {
      return client.get(
          Call.of(namespace).with("limit", limit).with("after", Optional.ofNullable(after)));
    }

    @Override
    void print(JsonNode answer, PrintWriter out, PrintWriter err) {
      TextTable table = new TextTable("ID", "NAME", "DATABASE", "STORED", "ALARM");
      for (JsonNode object : answer.path("objects")) {
        String more = object.path("storedBytesExact").asBoolean() ? "" : "+";
        table.row(
            Text.of(object.path("id")),
            Text.of(object.path("name")),
            Text.bytes(object.path("databaseBytes").asLong()),
            Text.bytes(object.path("storedBytes").asLong()) + more,
            Text.of(object.path("alarm")));
      }
      table.print(out);
      tellOfMore(answer, "--after", err);
    }
  }

  /// `history`.
  @Command(
      name = "history",
      description =
          "Shows the commits of an object, newest first, each with the bookmark after it.",
      mixinStandardHelpOptions = true)
  static final class History extends NodeCommand {
    @Mixin private final OneObject object = new OneObject();

    @Option(
        names = "--limit",
        paramLabel = "N",
        defaultValue = "20",
        description = "How many at the most, up to 1000. Default: 20.")
    private int limit;

    @Option(
        names = "--before",
        paramLabel = "BOOKMARK",
        description = "Only commits before this one.")
    private @Nullable String before;

    @Override
    JsonNode ask(AdminClient client) {
      return client.get(
          object.call("history").with("limit", limit).with("before", Optional.ofNullable(before)));
    }

    @Override
    void print(JsonNode answer, PrintWriter out, PrintWriter err) {
      TextTable table =
          new TextTable("BOOKMARK", "TIME", "KIND", "TRANSACTIONS", "WRITTEN", "DATABASE");
      for (JsonNode commit : answer.path("commits")) {
        table.row(
            Text.of(commit.path("bookmark")),
            Text.of(commit.path("time")),
            Text.of(commit.path("kind")).toLowerCase(Locale.ROOT),
            Text.of(commit.path("transactions")),
            Text.bytes(commit.path("bytes").asLong()),
            Text.bytes(commit.path("databaseBytes").asLong()));
      }
      table.print(out);
      tellOfMore(answer, "--before", err);
    }
  }

  private static void tellOfMore(JsonNode answer, String option, PrintWriter err) {
    if (answer.path("next").isTextual()) {
      err.println("There are more: " + option + " " + Text.of(answer.path("next")));
    }
  }

  /// `diff`.
  @Command(
      name = "diff",
      description = "Shows what differs between two moments of an object, table by table.",
      mixinStandardHelpOptions = true)
  static final class Diff extends NodeCommand {
    @Mixin private final OneObject object = new OneObject();

    @Parameters(index = "2", paramLabel = "FROM", description = MOMENT)
    private String from = "";

    @Parameters(index = "3", paramLabel = "TO", description = MOMENT)
    private String to = "";

    @Option(
        names = "--rows",
        paramLabel = "N",
        defaultValue = "100",
        description = "How many rows are shown, up to 1000; all are counted. Default: 100.")
    private int rows;

    @Override
    JsonNode ask(AdminClient client) {
      return client.get(object.call("diff").with("from", from).with("to", to).with("rows", rows));
    }

    @Override
    void print(JsonNode answer, PrintWriter out, PrintWriter err) {
      DiffText.print(answer, out);
      if (answer.path("rowsOmitted").asBoolean()) {
        err.println("There are more rows than are shown: --rows");
      }
    }
  }

  /// `fork`.
  @Command(
      name = "fork",
      description = {
        "Makes a new object that begins with what another of its namespace is, or was.",
        "The two have nothing to do with one another from then on. A name that has ever stored"
            + " anything is refused."
      },
      mixinStandardHelpOptions = true)
  static final class Fork extends NodeCommand {
    @Mixin private final OneObject object = new OneObject();

    @Parameters(index = "2", paramLabel = "NEW_NAME", description = "The name of the new object.")
    private String newName = "";

    @Option(names = "--at", paramLabel = "MOMENT", description = MOMENT + " Default: now.")
    private @Nullable String at;

    @Option(
        names = "--keep-alarm",
        description = "The new object gets the alarm too; otherwise it has none.")
    private boolean keepAlarm;

    @Override
    JsonNode ask(AdminClient client) {
      return client.post(
          object
              .call("fork")
              .with("to", newName)
              .with("at", Optional.ofNullable(at))
              .with("alarm", keepAlarm ? "kept" : "dropped"));
    }

    @Override
    void print(JsonNode answer, PrintWriter out, PrintWriter err) {
      out.println("new object  " + Text.of(answer.path("id")));
      out.println("made of     " + Text.of(answer.path("source")));
      out.println("is now at   " + Text.of(answer.path("now")));
    }
  }

  /// `restore`.
  @Command(
      name = "restore",
      description = {
        "Resets an object and puts it back to what it was: pairs, tables and alarm.",
        "Nothing is lost: the bookmark it prints undoes it."
      },
      mixinStandardHelpOptions = true)
  static final class Restore extends NodeCommand {
    @Mixin private final OneObject object = new OneObject();

    @Parameters(index = "2", paramLabel = "MOMENT", description = MOMENT)
    private String at = "";

    @Override
    JsonNode ask(AdminClient client) {
      return client.post(object.call("restore").with("at", at));
    }

    @Override
    void print(JsonNode answer, PrintWriter out, PrintWriter err) {
      out.println("restored   " + Text.of(answer.path("restored")));
      out.println("is now at  " + Text.of(answer.path("now")));
      out.println("undo with  " + Text.of(answer.path("undo")));
    }
  }

  /// `move`.
  @Command(
      name = "move",
      description = {
        "Gives an object its home in another region, with all that it has stored.",
        "Calls that come meanwhile wait. An object whose events do not end within 2 s stays."
      },
      mixinStandardHelpOptions = true)
  static final class Move extends NodeCommand {
    @Mixin private final OneObject object = new OneObject();

    @Parameters(index = "2", paramLabel = "REGION", description = "The name of the region.")
    private String region = "";

    @Override
    JsonNode ask(AdminClient client) {
      return client.post(object.call("move").with("region", region));
    }

    @Override
    void print(JsonNode answer, PrintWriter out, PrintWriter err) {
      out.println("lives in  " + Text.of(answer.path("region")));
    }
  }
}
