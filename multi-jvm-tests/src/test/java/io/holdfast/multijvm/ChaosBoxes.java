package io.holdfast.multijvm;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/// A client that uses objects with containers through any node, and an eye on the engine: no object
/// has two containers at a time, and each hears of the end of one before the start of the next.
final class ChaosBoxes {
  private static final Duration SETTLED_WITHIN = Duration.ofSeconds(60);

  private final TestCluster cluster;
  private final List<String> names;
  private final Random random;
  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicInteger acknowledged = new AtomicInteger();
  private final Map<String, Integer> violations = new ConcurrentHashMap<>();
  private Thread client;
  private ContainerEye eye;

  ChaosBoxes(TestCluster cluster, long seed, int count) {
    this.cluster = cluster;
    this.names = IntStream.range(0, count).mapToObj(n -> "s" + seed + "-" + n).toList();
    this.random = new Random(seed);
  }

  int acknowledged() {
    return acknowledged.get();
  }

  /// How many of each kind.
  Map<String, Integer> violations() {
    return Map.copyOf(violations);
  }

  private void violated(String kind, String text) {
    System.out.printf("chaos: VIOLATION, %s: %s%n", kind, text);
    violations.merge(kind, 1, Integer::sum);
  }

  void start() {
    client = Thread.ofPlatform().name("boxes").start(this::play);
    eye = ContainerEye.open();
  }

  void stop() throws InterruptedException {
    over.set(true);
    client.join();
  }

  private void play() {
    while (!over.get()) {
      String name = names.get(random.nextInt(names.size()));
      if (answer(name, random.nextInt(cluster.size()) + 1, "echo there").equals("there\n")) {
        acknowledged.incrementAndGet();
      }
    }
  }

  /** Empty when it was not answered with 200. */
  private String answer(String name, int node, String script) {
    try {
      NodeProcess.Answer answer = cluster.node(node).post("/box/" + name, script);
      return answer.status() == 200 ? answer.body() : "";
    } catch (UncheckedIOException e) {
      NodeProcess.pause(Duration.ofMillis(20));
      return "";
    }
  }

  /// Once all nodes are there again.
  void check() throws InterruptedException {
    eye.close();
    eye.twice().forEach(object -> violated("two containers", "of object " + object));
    long end = System.nanoTime() + SETTLED_WITHIN.toNanos();
    for (String name : names) {
      while (!answer(name, 1, "echo there").equals("there\n")) {
        if (System.nanoTime() > end) {
          violated("box does not answer", name);
          break;
        }
      }
      List<String> log = cluster.node(1).get("/box/" + name).body().lines().toList();
      for (int i = 2; i < log.size(); i++) {
        if (log.get(i).equals("start") && log.get(i - 1).equals("start")) {
          violated("end not heard of", name + ": " + log);
        }
      }
    }
  }
}
