package io.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `holdfast containers …`.
@Command(
    name = "containers",
    description = "Lists the containers of a node, stops them, starts them anew.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      ContainersCommand.ListContainers.class,
      ContainersCommand.Stop.class,
      ContainersCommand.Restart.class
    })
final class ContainersCommand {
  /// `list`.
  @Command(
      name = "list",
      description = "Lists the containers that start, run or stop.",
      mixinStandardHelpOptions = true)
  static final class ListContainers extends NodeCommand {
    @Option(names = "--app", paramLabel = "APP", description = "Only those of this app.")
    private @Nullable String app;

    @Override
    JsonNode ask(AdminClient client) {
      return client.get(AdminClient.path("containers"), Map.of("app", Optional.ofNullable(app)));
    }

    @Override
    void print(JsonNode answer, PrintWriter out, PrintWriter err) {
      TextTable table =
          new TextTable(
              "APP",
              "NAMESPACE",
              "OBJECT",
              "STATUS",
              "SINCE",
              "TYPE",
              "IMAGE",
              "CONTAINER",
              "NODE");
      for (JsonNode each : answer.path("containers")) {
        JsonNode name = each.path("objectName");
        String id = Text.of(each.path("containerId"));
        table.row(
            Text.of(each.path("app")),
            Text.of(each.path("namespace")),
            name.isTextual() ? Text.of(name) : "id:" + Text.of(each.path("objectId")),
            Text.of(each.path("status")),
            Text.of(each.path("since")),
            Text.of(each.path("instanceType")),
            Text.of(each.path("image")),
            id.substring(0, Math.min(12, id.length())),
            Text.of(each.path("node")));
      }
      table.print(out);
    }
  }

  /** Tells a node to do something with one container. */
  private abstract static class Order extends NodeCommand {
    @Mixin private final OneContainer container = new OneContainer();
    private final String verb;
    private final String done;

    Order(String verb, String done) {
      this.verb = verb;
      this.done = done;
    }

    @Override
    JsonNode ask(AdminClient client) {
      return client.post(container.path(verb));
    }

    @Override
    void print(JsonNode answer, PrintWriter out, PrintWriter err) {
      out.println(done);
    }
  }

  /// `stop`.
  @Command(
      name = "stop",
      description = {
        "Ends a container: what is in flight ends, SIGTERM, grace, SIGKILL.",
        "Its object hears of it; the next request to it may start another one."
      },
      mixinStandardHelpOptions = true)
  static final class Stop extends Order {
    Stop() {
      super("stop", "stopped");
    }
  }

  /// `restart`.
  @Command(
      name = "restart",
      description = "Ends a container and has its object start another one.",
      mixinStandardHelpOptions = true)
  static final class Restart extends Order {
    Restart() {
      super("restart", "restarted");
    }
  }
}
