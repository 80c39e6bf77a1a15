package io.holdfast.node.object;

import io.holdfast.node.Answer;
import io.holdfast.node.NodeFixture;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.management.ObjectName;

/// What objects cost that are in memory with a stored counter and do nothing, their databases
/// closed: heap and resident memory each, and the classes that make it up. Run `main`: objects,
/// classes to print.
///
/// All in one JVM, with its caller.
public final class IdleBench {
  private static final int AT_ONCE = 16;
  private static final int WARM_UP = 500;

  private IdleBench() {}

  private record Memory(long heapBytes, long residentBytes, Map<String, Long> bytesByClass) {}

  public static void main(String[] args) throws Exception {
    int objects = args.length > 0 ? Integer.parseInt(args[0]) : 10_000;
    int classes = args.length > 1 ? Integer.parseInt(args[1]) : 30;
    try (NodeFixture node =
        NodeFixture.with(
            "holdfast.objects.idle-timeout=1 h", "holdfast.objects.calls-per-10s-max=0")) {
      count(node, "warm-", WARM_UP);
      settle(node);
      Memory before = memory();
      count(node, "object-", objects);
      Memory open = memory();
      settle(node);
      Memory after = memory();
      System.out.printf(
          "%d objects: heap %.1f KB each open, %.1f KB idle; resident %d MB before, %d MB open, %d MB"
              + " idle: %.1f KB each%n",
          objects,
          (open.heapBytes - before.heapBytes) / 1024.0 / objects,
          (after.heapBytes - before.heapBytes) / 1024.0 / objects,
          before.residentBytes >> 20,
          open.residentBytes >> 20,
          after.residentBytes >> 20,
          (after.residentBytes - before.residentBytes) / 1024.0 / objects);
      Map<String, Long> grown = new HashMap<>(after.bytesByClass);
      before.bytesByClass.forEach((name, bytes) -> grown.merge(name, -bytes, Long::sum));
      grown.entrySet().stream()
          .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
          .limit(classes)
          .forEach(each ->
              System.out.printf("%8d bytes each  %s%n", each.getValue() / objects, each.getKey()));
    }
  }

  private static void count(NodeFixture node, String prefix, int objects) {
    List<CompletableFuture<Answer>> calls = new ArrayList<>();
    for (int i = 0; i < objects; i++) {
      calls.add(node.callAsync("keyed", prefix + i, "add", 1));
      if (i >= AT_ONCE) {
        NodeFixture.await(calls.get(i - AT_ONCE));
      }
    }
    calls.forEach(NodeFixture::await);
  }

  /// Databases are closed 5 s after their last use.
  private static void settle(NodeFixture node) throws InterruptedException {
    TimeUnit.SECONDS.sleep(7);
    System.out.println(node.metric("holdfast_objects") + " objects in memory");
  }

  private static Memory memory() throws Exception {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    return new Memory(heap, residentBytes(), histogram());
  }

  private static long residentBytes() throws Exception {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    return 0;
  }

  private static Map<String, Long> histogram() throws Exception {
    String table =
        (String)
            ManagementFactory.getPlatformMBeanServer()
                .invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"),
                    "gcClassHistogram",
                    new Object[] {new String[0]},
                    new String[] {String[].class.getName()});
    Map<String, Long> bytes = new HashMap<>();
    for (String line : table.split("\n")) {
      String[] columns = line.strip().split("\\s+");
      if (columns.length >= 4 && columns[0].endsWith(":")) {
        bytes.merge(columns[3], Long.parseLong(columns[2]), Long::sum);
      }
    }
    return bytes;
  }
}
