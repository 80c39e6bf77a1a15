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
      data(Arrays.copyOfRange(args, 1, args.length));
    } else {
      node(args);
    }
  }

  private static void data(String... args) {
    try {
      DataCommand.parse(args).run(System.out);
    } catch (HoldfastException e) {
      end(e.code().code() + ": " + e.getMessage());
    } catch (ConfigException e) {
      end(ErrorCode.CONFIG_INVALID.code() + ": " + e.getMessage());
    }
  }

  private static void node(String... args) {
    try {
      NodeArguments arguments = NodeArguments.parse(args);
      switch (arguments.wish()) {
        case PRINT_HELP -> System.out.print(NodeArguments.HELP);
        case PRINT_CONFIG -> System.out.print(PrintedConfig.of(arguments.config()));
        case RUN -> run(arguments.config());
      }
    } catch (HoldfastException e) {
      cannotStart(e.code().code() + ": " + e.getMessage());
    } catch (ConfigException e) {
      cannotStart(ErrorCode.CONFIG_INVALID.code() + ": " + e.getMessage());
    } catch (RuntimeException e) {
      e.printStackTrace();
      cannotStart("internal: " + e);
    }
  }

  private static void run(Config config) {
    Node node = Node.start(config);
    node.announce(System.out);
    // A signal ends the process anyway; a node that left its cluster by itself must not linger.
    node.terminated().thenRun(() -> Runtime.getRuntime().exit(node.isLost() ? EXIT_LOST : 0));
  }

  private static void cannotStart(String why) {
    end("cannot start: " + why);
  }

  private static void end(String why) {
    System.err.println("holdfast: " + why);
    System.exit(EXIT_CANNOT_START);
  }
}
