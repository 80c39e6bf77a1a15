package io.holdfast.node;

import com.typesafe.config.ConfigRenderOptions;
import io.holdfast.sdk.HoldfastException;

/// Starts a node.
public final class Main {
  private static final int EXIT_CANNOT_START = 2;

  private Main() {}

  public static void main(String[] args) {
    try {
      NodeArguments arguments = NodeArguments.parse(args);
      switch (arguments.wish()) {
        case PRINT_HELP -> System.out.print(NodeArguments.HELP);
        case PRINT_CONFIG ->
            System.out.print(
                arguments
                    .config()
                    .getConfig("holdfast")
                    .root()
                    .render(ConfigRenderOptions.defaults().setOriginComments(false).setJson(false)));
        case RUN -> Node.start(arguments.config()).announce(System.out);
      }
    } catch (HoldfastException e) {
      System.err.println("holdfast: cannot start: " + e.code().code() + ": " + e.getMessage());
      System.exit(EXIT_CANNOT_START);
    }
  }
}
