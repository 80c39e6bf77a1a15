package io.holdfast.multijvm;

import java.io.IOException;
import java.time.Duration;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// Faults of a cluster, one after the other. The seed gives which, where and how long; nodes that
/// end because of them are started again.
final class ChaosFaults {
  private static final Duration STOPPED_MAX = Duration.ofSeconds(7);
  private static final Duration CUT_MAX = Duration.ofSeconds(8);
  private static final Duration SETTLED = Duration.ofSeconds(5);
  private static final Duration SETTLED_WITHIN = Duration.ofSeconds(120);
  private static final Duration SLOW_MAX = Duration.ofMillis(300);

  private static final String CLOCK_JUMP = "clock jump";
  private static final long CLOCK_OFF_MAX = Duration.ofHours(2).toSeconds();

  private final TestCluster cluster;
  private final Optional<OwnDockerd> engine;
  private final Random random;
  private final Map<String, Integer> counts = new TreeMap<>();
  private final List<Long> deaths = new ArrayList<>();

  /// @param engine the Docker Engine that may be killed; only then clocks are set, too
  ChaosFaults(TestCluster cluster, Optional<OwnDockerd> engine, long seed) {
    this.cluster = cluster;
    this.engine = engine;
    this.random = new Random(seed);
  }

  /// How many of each kind.
  Map<String, Integer> counts() {
    return counts;
  }

  /// Whether the wall clock of a node was set off.
  boolean clocksJumped() {
    return counts.containsKey(CLOCK_JUMP);
  }

  /// When nodes were killed.
  List<Long> deaths() {
    return deaths;
  }

  void play(Duration length) throws IOException, InterruptedException {
    long end = System.nanoTime() + length.toNanos();
    while (System.nanoTime() - end < 0) {
      rest(Duration.ofSeconds(3));
      next();
      startEnded();
    }
    settle();
  }

  private void next() throws IOException, InterruptedException {
    int number = 1 + random.nextInt(cluster.size());
    NodeProcess node = cluster.node(number);
    Gate gate = cluster.gate(number);
    switch (random.nextInt(engine.isPresent() ? 10 : 8)) {
      case 0, 1, 2 -> {
        count("kill -9");
        node.kill();
        deaths.add(System.nanoTime());
        rest(Duration.ofSeconds(4));
      }
      case 3 -> {
        if (isStopped(node)) {
          count("SIGSTOP");
          rest(STOPPED_MAX);
          node.resume();
        }
      }
      case 4 -> {
        count("nothing reaches a node");
        gate.cut();
        rest(CUT_MAX);
        gate.heal();
      }
      case 5 -> {
        count("all cut off from each other");
        cluster.gates().forEach(Gate::cut);
        rest(CUT_MAX);
        cluster.gates().forEach(Gate::heal);
      }
      case 6 -> {
        count("slow link");
        gate.delay(Duration.ofMillis(random.nextLong(SLOW_MAX.toMillis())));
        rest(CUT_MAX);
        gate.delay(Duration.ZERO);
      }
      case 7 -> {
        count("kill -9 of Cassandra");
        cluster.cassandra().kill();
        rest(Duration.ofSeconds(2));
        cluster.cassandra().restart();
      }
      case 8 -> {
        Duration off = Duration.ofSeconds(random.nextLong(-CLOCK_OFF_MAX, CLOCK_OFF_MAX));
        count(CLOCK_JUMP);
        System.out.printf("chaos: the clock of node %d is off by %s%n", number, off);
        node.setClock(off);
        rest(CUT_MAX);
      }
      default -> {
        count("kill -9 of the Docker Engine");
        OwnDockerd own = engine.orElseThrow();
        own.kill();
        rest(Duration.ofSeconds(2));
        own.start(OwnDockerd.Containers.END_WITH_IT);
      }
    }
  }

  /** Unless it has just ended. */
  private static boolean isStopped(NodeProcess node) {
    try {
      node.pause();
      return true;
    } catch (AssertionError e) {
      if (node.isAlive()) {
        throw e;
      }
      return false;
    }
  }

  private void count(String what) {
    System.out.printf("chaos: %s %s%n", LocalTime.now(), what);
    counts.merge(what, 1, Integer::sum);
  }

  private void rest(Duration max) {
    NodeProcess.pause(Duration.ofMillis(random.nextLong(max.toMillis())));
  }

  /** With the others it may take a moment until a node that was silent knows that it has to end. */
  private void startEnded() {
    for (int number = 1; number <= cluster.size(); number++) {
      NodeProcess node = cluster.node(number);
      if (!node.isAlive()) {
        node.spawn();
      }
    }
  }

  /// All nodes are there, and have been for so long that none of them ends any more for what was.
  private void settle() {
    if (clocksJumped()) {
      for (int number = 1; number <= cluster.size(); number++) {
        cluster.node(number).setClock(Duration.ZERO);
      }
    }
    long begun = System.nanoTime();
    long since = begun;
    while (System.nanoTime() - since < SETTLED.toNanos()) {
      if (!allAreReady()) {
        since = System.nanoTime();
      }
      if (System.nanoTime() - begun > SETTLED_WITHIN.toNanos()) {
        throw new AssertionError("the nodes were not all there within " + SETTLED_WITHIN);
      }
      startEnded();
      NodeProcess.pause(Duration.ofMillis(200));
    }
  }

  private boolean allAreReady() {
    return IntStream.rangeClosed(1, cluster.size())
        .allMatch(number -> cluster.node(number).isReady());
  }
}
