package io.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `holdfast regions …`.
@Command(
    name = "regions",
    description = "Lists the regions of the cluster, gives a lost one up, takes it back.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      RegionsCommand.ListRegions.class,
      RegionsCommand.Lost.class,
      RegionsCommand.Back.class
    })
final class RegionsCommand {
  /// `list`.
  @Command(
      name = "list",
      description = "Lists the regions as the node sees them.",
      mixinStandardHelpOptions = true)
  static final class ListRegions extends NodeCommand {
    @Override
    JsonNode ask(AdminClient client) {
      return client.get(AdminClient.path("regions"), Map.of());
    }

    @Override
    void print(JsonNode answer, PrintWriter out, PrintWriter err) {
      TextTable table = new TextTable("REGION", "STATE");
      for (JsonNode each : answer.path("regions")) {
        table.row(Text.of(each.path("name")), state(each));
      }
      table.print(out);
    }
  }

  private static String state(JsonNode region) {
    String reached =
        region.path("here").asBoolean()
            ? "here"
            : region.path("reachable").asBoolean() ? "reachable" : "unreachable";
    return region.path("lost").asBoolean() ? "lost, " + reached : reached;
  }

  /** Says something of one region. */
  private abstract static class Word extends NodeCommand {
    @Parameters(paramLabel = "REGION", description = "The name of the region.")
    private String region = "";

    private final String verb;

    Word(String verb) {
      this.verb = verb;
    }

    @Override
    JsonNode ask(AdminClient client) {
      return client.post(AdminClient.path("regions", region, verb));
    }

    @Override
    void print(JsonNode answer, PrintWriter out, PrintWriter err) {
      out.println(Text.of(answer.path("name")) + "  " + state(answer));
    }
  }

  /// `lost`.
  @Command(
      name = "lost",
      description = {
        "Gives a region up: its objects find other homes when they are called or their alarms are due,",
        "with what was copied from there. It runs nothing until it is taken back."
      },
      mixinStandardHelpOptions = true)
  static final class Lost extends Word {
    Lost() {
      super("lost");
    }
  }

  /// `back`.
  @Command(
      name = "back",
      description = "Takes a region back: it runs the objects that have not found another home.",
      mixinStandardHelpOptions = true)
  static final class Back extends Word {
    Back() {
      super("back");
    }
  }
}
