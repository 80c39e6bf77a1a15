package io.holdfast.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.util.Arrays;

/// Starts a node.
public final class Main {
  private static final int EXIT_CANNOT_START = 2;

  /** Whoever starts it has to start it again. */
  private static final int EXIT_LOST = 3;

  private Main() {}

  public static void main(String[] args) {
    if (args.length > 0 && args[0].equals(DataCommand.NAME)) {
      String[] rest = Arrays.copyOfRange(args, 1, args.length);
      orTell("", () -> DataCommand.parse(rest).run(System.out));
    } else {
      orTell("cannot start: ", () -> node(args));
    }
  }

  private static void orTell(String prefix, Runnable task) {
    try {
      task.run();
    } catch (HoldfastException e) {
      end(prefix + e.code().code() + ": " + e.getMessage());
    } catch (ConfigException e) {
      end(prefix + ErrorCode.CONFIG_INVALID.code() + ": " + e.getMessage());
    } catch (RuntimeException e) {
      e.printStackTrace();
      end(prefix + "internal: " + e);
    }
  }

  private static void node(String... args) {
    NodeArguments arguments = NodeArguments.parse(args);
    switch (arguments.wish()) {
      case PRINT_HELP -> System.out.print(NodeArguments.HELP);
      case PRINT_CONFIG -> System.out.print(PrintedConfig.of(arguments.config()));
      case RUN -> run(arguments.config());
    }
  }

  private static void run(Config config) {
    Node node = Node.start(config);
    node.announce(System.out);
    // A signal ends the process anyway; a node that left its cluster by itself must not linger.
    node.terminated().thenRun(() -> Runtime.getRuntime().exit(node.isLost() ? EXIT_LOST : 0));
  }

  private static void end(String why) {
    System.err.println("holdfast: " + why);
    System.exit(EXIT_CANNOT_START);
  }
}
