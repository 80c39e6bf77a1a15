package io.holdfast.cli;

import java.io.PrintWriter;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/// `holdfast`.
@Command(
    name = "holdfast",
    description =
        "Looks at a Holdfast node and changes what it holds, over its admin API; makes the tables in Cassandra and the certificates of nodes.",
    mixinStandardHelpOptions = true,
    versionProvider = HoldfastCommand.Version.class,
    subcommands = {
      ObjectsCommand.class,
      ContainersCommand.class,
      LogsCommand.class,
      MeteringCommand.class,
      RegionsCommand.class,
      SchemaCommand.class,
      CaCommand.class
    },
    synopsisSubcommandLabel = "COMMAND",
    footerHeading = "%nBeside these, with the settings of a node:%n",
    footer =
        "  holdfast data export|import FILE [--config FILE] [--set KEY=VALUE]...  copies a store to a file and back",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:the node, or Cassandra, refused or cannot be reached; the reason is on standard error",
      "2:the command line is wrong"
    })
public final class HoldfastCommand {
  /// Runs one command line.
  ///
  /// @return the exit code
  static int run(PrintWriter out, PrintWriter err, String... arguments) {
    return new CommandLine(new HoldfastCommand())
        .setOut(out)
        .setErr(err)
        .setUsageHelpAutoWidth(true)
        .setExecutionExceptionHandler(HoldfastCommand::failed)
        .execute(arguments);
  }

  /// A refusal is told in one line; anything else is a bug and shows where.
  private static int failed(
      Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
    if (failure instanceof Refusal refusal) {
      command.getErr().println("holdfast: " + Text.printable(refusal.getMessage()));
    } else {
      failure.printStackTrace(command.getErr());
    }
    return CommandLine.ExitCode.SOFTWARE;
  }

  /// The version in the jar's manifest.
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = HoldfastCommand.class.getPackage().getImplementationVersion();
      return new String[] {"holdfast " + Optional.ofNullable(version).orElse("(not packaged)")};
    }
  }
}
