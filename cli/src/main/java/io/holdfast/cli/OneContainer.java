package io.holdfast.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// The container that a command is about: its first parameter.
final class OneContainer {
  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  @Parameters(
      index = "0",
      paramLabel = "APP/NAMESPACE/NAME",
      description =
          "Whose container: the object's app, namespace and name, or id: and 64 hex digits.")
  private String object = "";

  /// The path of what is asked of it. The name may have slashes.
  String path(String verb) {
    List<String> parts = List.of(object.split("/", 3));
    if (parts.size() != 3 || parts.stream().anyMatch(String::isEmpty)) {
      if (command == null) {
        throw new IllegalStateException("used without a command");
      }
      throw new ParameterException(
          command.commandLine(), "expected APP/NAMESPACE/NAME, found '" + object + "'");
    }
    return AdminClient.path("containers", parts.get(0), parts.get(1), parts.get(2), verb);
  }
}
