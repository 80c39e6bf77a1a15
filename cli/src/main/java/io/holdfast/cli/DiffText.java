package io.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/// A diff as lines: `+` added, `-` removed, `~` changed.
final class DiffText {
  private DiffText() {}

  static void print(JsonNode diff, PrintWriter out) {
    out.println("from  " + Text.of(diff.path("from")));
    out.println("to    " + Text.of(diff.path("to")));
    if (!diff.path("alarmBefore").equals(diff.path("alarmAfter"))) {
      out.println();
      out.println(
          "alarm: "
              + Text.of(diff.path("alarmBefore"))
              + " -> "
              + Text.of(diff.path("alarmAfter")));
    }
    diff.path("schema").forEach(change -> printSchema(change, out));
    diff.path("tables").forEach(table -> printTable(table, out));
    if (diff.path("schema").isEmpty() && diff.path("tables").isEmpty()) {
      out.println();
      out.println("no pair, row or table differs");
    }
  }

  private static void printSchema(JsonNode change, PrintWriter out) {
    out.println();
    out.println(Text.of(change.path("type")) + " " + Text.of(change.path("name")) + ":");
    if (change.path("before").isTextual()) {
      out.println("  - " + Text.of(change.path("before")));
    }
    if (change.path("after").isTextual()) {
      out.println("  + " + Text.of(change.path("after")));
    }
  }

  private static void printTable(JsonNode table, PrintWriter out) {
    out.println();
    String name =
        table.path("pairs").asBoolean() ? "pairs" : "table " + Text.of(table.path("name"));
    if (table.path("problem").isTextual()) {
      out.println(name + ": not compared: " + Text.of(table.path("problem")));
      return;
    }
    out.printf(
        "%s: %d added, %d removed, %d changed%n",
        name,
        table.path("added").asLong(),
        table.path("removed").asLong(),
        table.path("changed").asLong());
    table.path("rows").forEach(row -> printRow(row, out));
  }

  private static void printRow(JsonNode row, PrintWriter out) {
    JsonNode before = row.path("before");
    JsonNode after = row.path("after");
    if (before.isNull()) {
      out.println("  + " + fields(row.path("key")) + ": " + fields(after));
    } else if (after.isNull()) {
      out.println("  - " + fields(row.path("key")) + ": " + fields(before));
    } else {
      out.println("  ~ " + fields(row.path("key")) + ":");
      after.properties().stream()
          .filter(field -> !field.getValue().equals(before.path(field.getKey())))
          .forEach(field ->
              out.println(
                  "      "
                      + Text.printable(field.getKey())
                      + ": "
                      + value(before.path(field.getKey()))
                      + " -> "
                      + value(field.getValue())));
    }
  }

  private static String fields(JsonNode row) {
    return StreamSupport.stream(row.properties().spliterator(), false)
        .map((Map.Entry<String, JsonNode> field) ->
            Text.printable(field.getKey()) + "=" + value(field.getValue()))
        .collect(Collectors.joining(" "));
  }

  private static String value(JsonNode value) {
    return value.isMissingNode() ? "null" : Text.printable(value.toString());
  }
}
