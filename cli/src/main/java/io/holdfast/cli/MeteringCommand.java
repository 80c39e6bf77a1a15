package io.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `holdfast metering`.
@Command(
    name = "metering",
    description = "Shows what apps used, by day (UTC) and namespace.",
    mixinStandardHelpOptions = true)
final class MeteringCommand extends NodeCommand {
  @Option(names = "--app", paramLabel = "APP", description = "Only this app.")
  private @Nullable String app;

  @Option(
      names = "--from",
      paramLabel = "DAY",
      description = "The first day, such as 2026-11-01. Default: the last one.")
  private @Nullable String from;

  @Option(names = "--to", paramLabel = "DAY", description = "The last day. Default: today.")
  private @Nullable String to;

  @Override
  JsonNode ask(AdminClient client) {
    Map<String, Optional<String>> parameters = new LinkedHashMap<>();
    parameters.put("app", Optional.ofNullable(app));
    parameters.put("from", Optional.ofNullable(from));
    parameters.put("to", Optional.ofNullable(to));
    return client.get(AdminClient.path("metering"), parameters);
  }

  @Override
  void print(JsonNode answer, PrintWriter out, PrintWriter err) {
    TextTable table =
        new TextTable(
            "DAY",
            "APP",
            "NAMESPACE",
            "CONTAINER S",
            "VCPU S",
            "GIB S",
            "DISK GB S",
            "EGRESS",
            "OBJECT GB S",
            "REQUESTS",
            "ROWS READ",
            "WRITTEN");
    for (JsonNode day : answer.path("days")) {
      JsonNode containers = day.path("containers");
      JsonNode objects = day.path("objects");
      table.row(
          Text.of(day.path("day")),
          Text.of(day.path("app")),
          Text.of(day.path("namespace")),
          number(containers.path("seconds")),
          number(containers.path("vcpuSeconds")),
          number(containers.path("memoryGibSeconds")),
          number(containers.path("diskGbSeconds")),
          Text.bytes(containers.path("egressBytes").asLong()),
          number(objects.path("memoryGbSeconds")),
          Text.of(objects.path("requests")),
          Text.of(objects.path("rowsRead")),
          Text.of(objects.path("rowsWritten")));
    }
    table.print(out);
  }

  private static String number(JsonNode value) {
    return String.format(Locale.ROOT, "%.2f", value.asDouble());
  }
}
