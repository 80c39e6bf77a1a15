package io.holdfast.testcassandra;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// A node of a ring of Cassandra for `make cluster`: `Main DIRECTORY CQL-PORT STORAGE-PORT NUMBER
/// DATACENTER=ADDRESS…`. Starts the node of that number, from 1, says so when it serves and sees
/// those before it, and ends it when it is ended itself.
public final class Main {
  private Main() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length < 5) {
      System.err.println(
          "expected the directory for its data, the ports for CQL and for the ring, its number and DATACENTER=ADDRESS of each node");
      System.exit(2);
    }
    List<String[]> ring = Arrays.stream(arguments).skip(4).map(node -> node.split("=", 2)).toList();
    int number = Integer.parseInt(arguments[3]) - 1;
    TestCassandra _ =
        TestCassandra.member(
            Path.of(arguments[0]).toAbsolutePath(),
            ring.stream().map(node -> InetAddress.ofLiteral(node[1])).toList(),
            number,
            ring.get(number)[0],
            Integer.parseInt(arguments[1]),
            Integer.parseInt(arguments[2]));
    System.out.println("ready");
    System.out.flush();
    Thread.currentThread().join(); // Its end is that of this process.
  }
}
