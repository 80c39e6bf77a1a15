package io.holdfast.node.object;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.node.Answer;
import io.holdfast.node.NodeFixture;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// What alarms cost on a whole node of this JVM. Run `main`: rounds, alarms at one time, alarms
/// pending.
///
/// Rounds of three kinds, which print how late the alarms of new objects were: each set 2 s ahead
/// of its own call (W10), all set for one moment with the objects in memory, and with the objects
/// gone from it. Then it sets alarms an hour ahead and prints what they cost.
public final class AlarmBench {
  private static final int AT_ONCE = 16;
  private static final Duration LEAVE = Duration.ofSeconds(6);

  private AlarmBench() {}

  public static void main(String[] args) throws InterruptedException {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 9;
    int burst = args.length > 1 ? Integer.parseInt(args[1]) : 1_000;
    int pending = args.length > 2 ? Integer.parseInt(args[2]) : 100_000;
    try (NodeFixture node = NodeFixture.with("holdfast.objects.idle-timeout=4 s")) {
      for (int round = 0; round < rounds; round++) {
        burst(node, round, burst);
      }
      if (pending > 0) {
        pending(node, pending);
      }
    }
  }

  /** How alarms are set. */
  private enum Kind {
    SPREAD,
    IN_MEMORY,
    GONE
  }

  private static void burst(NodeFixture node, int round, int alarms) throws InterruptedException {
    Kind kind = Kind.values()[round % 3];
    String prefix = "round-" + round + "-";
    long at =
        switch (kind) {
          case SPREAD -> -2_000;
          case IN_MEMORY -> System.currentTimeMillis() + 3_000;
          case GONE -> System.currentTimeMillis() + 6_000 + LEAVE.toMillis();
        };
    long setMillis = set(node, prefix, alarms, at);
    if (kind != Kind.SPREAD) {
      Thread.sleep(Math.max(0, at - System.currentTimeMillis() - 100));
    }
    long inMemory = node.metric("holdfast_objects");
    double cpu = cpuMillis();
    Thread.sleep(3_000);
    List<Long> late = new ArrayList<>();
    JsonNode found = node.call("ringing", "onlooker", "latenesses", prefix).value();
    found.forEach(each -> late.add(each.longValue()));
    System.out.printf(
        "%s: set %d in %d ms; %d objects in memory; rang %d, late p50 %d ms, p99 %d ms, max %d"
            + " ms; %.2f ms CPU each%n",
        kind,
        alarms,
        setMillis,
        inMemory,
        late.size(),
        at(late, 0.50),
        at(late, 0.99),
        at(late, 1),
        (cpuMillis() - cpu) / alarms);
  }

  private static long at(List<Long> sorted, double part) {
    return sorted.isEmpty()
        ? -1
        : sorted.get(Math.min(sorted.size() - 1, (int) (sorted.size() * part)));
  }

  private static void pending(NodeFixture node, int alarms) throws InterruptedException {
    long before = heapBytes();
    double cpuBefore = cpuMillis();
    long setMillis = set(node, "far-", alarms, System.currentTimeMillis() + 3_600_000);
    double setCpu = cpuMillis() - cpuBefore;
    Thread.sleep(LEAVE.toMillis() + 4_000);
    long after = heapBytes();
    double idleBefore = cpuMillis();
    Thread.sleep(10_000);
    System.out.printf(
        "%d pending: set in %d ms with %.2f ms CPU each, call included; %d objects in memory; %d"
            + " bytes of heap each; idle then %.1f ms CPU per second%n",
        alarms,
        setMillis,
        setCpu / alarms,
        node.metric("holdfast_objects"),
        (after - before) / alarms,
        (cpuMillis() - idleBefore) / 10);
  }

  /** At a time, or with a negative one so many milliseconds after each call. */
  private static long set(NodeFixture node, String prefix, int alarms, long atMillis) {
    long start = System.nanoTime();
    List<CompletableFuture<Answer>> calls = new ArrayList<>();
    for (int i = 0; i < alarms; i++) {
      calls.add(
          atMillis < 0
              ? node.callAsync("ringing", prefix + i, "ringIn", -atMillis, "")
              : node.callAsync("ringing", prefix + i, "ringAt", atMillis));
      if (i >= AT_ONCE) {
        NodeFixture.await(calls.get(i - AT_ONCE));
      }
    }
    calls.forEach(NodeFixture::await);
    return Duration.ofNanos(System.nanoTime() - start).toMillis();
  }

  private static double cpuMillis() {
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return system.getProcessCpuTime() / 1e6;
  }

  private static long heapBytes() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
