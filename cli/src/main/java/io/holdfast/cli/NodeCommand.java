package io.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// A command that asks the node, then prints.
abstract class NodeCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Mixin final NodeOptions node = new NodeOptions();

  abstract JsonNode ask(AdminClient client);

  abstract void print(JsonNode answer, PrintWriter out, PrintWriter err);

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("used without a command line");
    }
    PrintWriter out = spec.commandLine().getOut();
    try (AdminClient client = node.client()) {
      JsonNode answer = ask(client);
      if (node.json()) {
        out.println(answer);
      } else {
        print(answer, out, spec.commandLine().getErr());
      }
    }
    out.flush();
    return 0;
  }
}
