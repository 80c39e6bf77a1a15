package io.holdfast.cli;

import java.io.PrintWriter;

/// The process: exits with 0 when done, 1 when the node refused or cannot be reached, 2 when the
/// command line is wrong.
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    PrintWriter out = new PrintWriter(System.out, true);
    PrintWriter err = new PrintWriter(System.err, true);
    System.exit(HoldfastCommand.run(out, err, arguments));
  }
}
