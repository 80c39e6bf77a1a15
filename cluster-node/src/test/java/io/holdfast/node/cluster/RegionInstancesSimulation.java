package io.holdfast.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.cassandra.InstanceShares;
import io.holdfast.cassandra.InstanceTable;
import io.holdfast.engine.InstanceType;
import io.holdfast.node.capacity.NodeCapacity;
import io.holdfast.node.capacity.Resources;
import io.holdfast.node.capacity.Room;
import io.holdfast.node.capacity.StartTicket;
import io.holdfast.protocol.NamespaceId;
import io.holdfast.protocol.ObjectAddress;
import io.holdfast.protocol.ObjectIds;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Three nodes that share the instances of a namespace, with starts, ends, deaths, slow and lost
/// requests: each seed is another run, the same each time.
class RegionInstancesSimulation {
  private static final NamespaceId NAMESPACE = new NamespaceId("test", "boxes");
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration SILENT_MAX = Duration.ofSeconds(3);
  private static final int MAX = 5;
  private static final int NODES = 3;
  private static final int STEPS = 500;

  static LongStream seeds() {
    return LongStream.range(0, 30);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void neverMoreRunThanMayAndNobodyWaitsInVain(long seed) {
    World world = new World(seed);
    for (int step = 0; step < STEPS; step++) {
      world.step();
    }
    assertThat(world.most).as("seed %d: all that may have run", seed).isEqualTo(MAX);
    world.calm();
    assertThat(world.waiting() == 0 || world.running() == MAX).as("seed %d", seed).isTrue();
    world.nodes.forEach(Node::endAll);
    world.calm();
    Node one = world.nodes.getFirst();
    one.start(MAX);
    world.pass(Duration.ofSeconds(2));
    assertThat(one.running())
        .as("seed %d: one node has all when it needs them", seed)
        .isEqualTo(MAX);
    assertThat(world.table.values()).allSatisfy(row -> assertThat(row.byLife()).hasSize(1));
  }

  @Test
  void aStartWaitsUntilAContainerOfAnotherNodeHasEnded() {
    World world = World.inCalm();
    Node first = world.nodes.get(0);
    Node second = world.nodes.get(1);
    first.start(MAX);
    assertThat(first.running()).isEqualTo(MAX);
    second.start(1);
    world.pass(Duration.ofSeconds(3));
    assertThat(second.running()).isZero();
    first.endOne();
    world.pass(Duration.ofSeconds(1));
    assertThat(second.running()).isEqualTo(1);
  }

  @Test
  void whatADeadNodeHadIsFreeWhenItsSessionIsOver() {
    World world = World.inCalm();
    Node first = world.nodes.get(0);
    Node second = world.nodes.get(1);
    first.start(MAX);
    second.start(1);
    first.die();
    world.pass(SILENT_MAX.minusMillis(1));
    assertThat(second.running()).isZero();
    world.pass(Duration.ofSeconds(1));
    assertThat(second.running()).isEqualTo(1);
  }

  @Test
  void aNodeThatKnowsASmallerMaximumKeepsToThat() {
    World world = World.inCalm();
    Node first = world.nodes.get(0);
    Node second = world.nodes.get(1);
    second.max = 2;
    first.start(4);
    second.start(1);
    for (int i = 0; i < 2; i++) {
      first.endOne();
      world.pass(Duration.ofSeconds(1));
      assertThat(second.running()).isZero();
    }
    first.endOne();
    world.pass(Duration.ofSeconds(1));
    assertThat(second.running()).isEqualTo(1);
  }

  /** All there is; one thing happens after the other. */
  private static final class World implements InstanceTable {
    private final Random random;
    private final Map<String, InstanceShares> table = new HashMap<>();
    private final PriorityQueue<Task> tasks =
        new PriorityQueue<>(Comparator.comparingLong(Task::atMillis));
    private final List<Runnable> late = new ArrayList<>();
    private final Map<String, Long> diedAt = new HashMap<>();
    private final Map<String, Integer> ranAtDeath = new HashMap<>();
    private final List<Node> nodes = new ArrayList<>();
    private boolean isCalm;
    private int most;
    private int lives;
    private int depth;
    private long nowMillis;

    private record Task(long atMillis, Runnable task) {}

    World(long seed) {
      random = new Random(seed);
      for (int i = 0; i < NODES; i++) {
        nodes.add(new Node(this));
      }
    }

    /** Where nothing is lost. */
    static World inCalm() {
      World world = new World(0);
      world.isCalm = true;
      return world;
    }

    void step() {
      int dice = random.nextInt(100);
      Node node = nodes.get(random.nextInt(NODES));
      if (dice < 40) {
        node.start(1);
      } else if (dice < 70) {
        node.endOne();
      } else if (dice < 71) {
        node.die();
      } else {
        pass(Duration.ofMillis(random.nextInt(400)));
      }
      check();
    }

    private void check() {
      int all = running();
      for (Map.Entry<String, Integer> dead : ranAtDeath.entrySet()) {
        all += isOver(dead.getKey()) ? 0 : dead.getValue();
      }
      assertThat(all).isLessThanOrEqualTo(MAX);
      most = Math.max(most, all);
    }

    /** Nothing is lost any more, and all that was begun has ended. */
    void calm() {
      isCalm = true;
      late.forEach(Runnable::run);
      late.clear();
      pass(PATIENCE.plus(SILENT_MAX));
    }

    int running() {
      return nodes.stream().mapToInt(Node::running).sum();
    }

    int waiting() {
      return nodes.stream().mapToInt(node -> node.capacity.figures().waiting()).sum();
    }

    void pass(Duration time) {
      long until = nowMillis + time.toMillis();
      while (!tasks.isEmpty() && tasks.peek().atMillis() <= until) {
        Task next = tasks.remove();
        nowMillis = Math.max(nowMillis, next.atMillis());
        next.task().run();
      }
      nowMillis = Math.max(nowMillis, until);
    }

    void after(Duration delay, Runnable task) {
      boolean _ = tasks.add(new Task(nowMillis + delay.toMillis(), task));
    }

    boolean isOver(String life) {
      Long died = diedAt.get(life);
      return died != null && nowMillis - died >= SILENT_MAX.toMillis();
    }

    /** On its way to the store or back: others go on meanwhile. */
    private void travel() {
      if (isCalm) {
        return;
      }
      if (!late.isEmpty() && random.nextInt(4) == 0) {
        late.remove(random.nextInt(late.size())).run();
      }
      if (depth < 2) {
        depth++;
        for (int i = random.nextInt(3); i > 0; i--) {
          step();
        }
        depth--;
      }
      if (random.nextInt(20) == 0) {
        throw new HoldfastException(ErrorCode.STORAGE_FAILED, "lost");
      }
    }

    @Override
    public InstanceShares read(String pool) {
      travel();
      InstanceShares found = table.getOrDefault(pool, InstanceShares.NONE);
      travel();
      return found;
    }

    @Override
    public boolean swap(String pool, InstanceShares next) {
      if (!isCalm && random.nextInt(20) == 0) {
        late.add(() -> change(pool, next));
        throw new HoldfastException(ErrorCode.STORAGE_FAILED, "happens later");
      }
      travel();
      boolean applied = change(pool, next);
      travel();
      return applied;
    }

    private boolean change(String pool, InstanceShares next) {
      boolean fits = table.getOrDefault(pool, InstanceShares.NONE).version() == next.version() - 1;
      if (fits) {
        table.put(pool, next);
      }
      return fits;
    }
  }

  private static final class Node {
    private final World world;
    private String life = "";
    private NodeCapacity capacity;
    private List<StartTicket> tickets = new ArrayList<>();
    private int names;
    private int max = MAX;

    Node(World world) {
      this.world = world;
      this.capacity = begin();
    }

    private NodeCapacity begin() {
      life = "life-" + world.lives++;
      String own = life;
      NodeCapacity.Timer timer =
          (delay, task) ->
              world.after(
                  delay,
                  () -> {
                    if (!world.diedAt.containsKey(own)) {
                      task.run();
                    }
                  });
      RegionInstances division =
          new RegionInstances("eu", life, world, world::isOver, _ -> max, Runnable::run, timer);
      return Room.of(
          _ -> max, Optional.of(division), () -> world.nowMillis * 1_000_000, timer, PATIENCE);
    }

    /** Its containers are gone when its session is over. */
    void die() {
      world.diedAt.put(life, world.nowMillis);
      world.ranAtDeath.put(life, running());
      tickets = new ArrayList<>();
      capacity = begin();
    }

    void start(int count) {
      for (int i = 0; i < count; i++) {
        startOne();
      }
    }

    private void startOne() {
      try {
        ObjectAddress object =
            new ObjectAddress(NAMESPACE, new ObjectIds(NAMESPACE).named("box-" + names++));
        tickets.add(capacity.take(object, Resources.of(InstanceType.LITE)));
      } catch (HoldfastException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.CONTAINER_NO_CAPACITY);
      }
    }

    void endOne() {
      if (!tickets.isEmpty()) {
        tickets.remove(world.random.nextInt(tickets.size())).release();
      }
    }

    void endAll() {
      List<StartTicket> all = tickets;
      tickets = new ArrayList<>();
      all.forEach(StartTicket::release);
    }

    int running() {
      return (int) capacity.figures().taken().instances();
    }
  }
}
