package io.holdfast.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `holdfast logs`. The log is printed as it is: what is in it is up to the container.
@Command(
    name = "logs",
    description = {
      "Shows what a container wrote to stdout and stderr.",
      "Of one that is gone, the end of its log, as long as the node runs."
    },
    mixinStandardHelpOptions = true)
final class LogsCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;
  @Mixin private final NodeOptions node = new NodeOptions();
  @Mixin private final OneContainer container = new OneContainer();

  @Option(
      names = {"-f", "--follow"},
      description = "Go on until the container ends.")
  private boolean follow;

  @Option(
      names = "--tail",
      paramLabel = "N",
      defaultValue = "100",
      description = "How many of the last lines, up to 10000. Default: 100.")
  private int tail;

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("used without a command line");
    }
    Map<String, Optional<String>> parameters = new LinkedHashMap<>();
    parameters.put("tail", Optional.of(Integer.toString(tail)));
    parameters.put("follow", follow ? Optional.of("true") : Optional.empty());
    PrintWriter out = spec.commandLine().getOut();
    try (AdminClient client = node.client();
        InputStream log = client.text(container.path("logs"), parameters);
        Reader text = new InputStreamReader(log, StandardCharsets.UTF_8)) {
      char[] buffer = new char[8_192];
      for (int count = text.read(buffer); count >= 0; count = text.read(buffer)) {
        out.write(buffer, 0, count);
        out.flush();
      }
      return 0;
    } catch (IOException e) {
      throw new Refusal("the log broke off: " + e, e);
    }
  }
}
