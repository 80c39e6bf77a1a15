package io.holdfast.testcassandra;

import java.io.IOException;
import java.nio.file.Path;

/// A Cassandra for `make cluster`: `Main DIRECTORY` starts one, prints where it speaks CQL, and
/// ends it when it is ended itself.
public final class Main {
  private Main() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length != 1) {
      System.err.println("expected one argument, the directory for its data");
      System.exit(2);
    }
    TestCassandra cassandra = TestCassandra.start(Path.of(arguments[0]).toAbsolutePath());
    System.out.printf(
        "%s:%d%n",
        cassandra.contactPoint().getAddress().getHostAddress(), cassandra.contactPoint().getPort());
    System.out.flush();
    Thread.currentThread().join(); // Its end is that of this process.
  }
}
