package io.holdfast.cassandra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Nodes that want three leases, with clocks of different speed, pauses, deaths, slow and lost
/// requests: each seed is another run, the same each time.
class NodeLeasesSimulation {
  private static final Duration TTL = Duration.ofMillis(1_000);
  private static final Duration MARGIN = Duration.ofMillis(100);
  private static final List<String> LEASES = List.of("shard-1", "shard-2", "shard-3");
  private static final int NODES = 3;
  private static final int STEPS = 1_500;

  static LongStream seeds() {
    return LongStream.range(0, 100);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void noLeaseIsHeldByTwo(long seed) {
    World world = new World(seed, MARGIN);
    world.run();
    assertThat(world.owners.values())
        .as("seed %d: each passes from one to the other", seed)
        .hasSize(LEASES.size())
        .allSatisfy(owners -> assertThat(owners).isGreaterThan(1));
  }

  @Test
  void findsSessionsThatBelieveForLongerThanOthersWait() {
    assertThatThrownBy(() ->
            seeds()
                .forEach(seed -> {
                  World world = new World(seed, MARGIN);
                  world.ownerTtl = TTL.multipliedBy(2);
                  world.run();
                }))
        .hasMessageContaining("two hold");
  }

  @Test
  void whoSeesAnotherMemberBeginsNoCluster() {
    World world = new World(1, MARGIN);
    world.calm = true;
    NodeLeases first = world.node(0);
    NodeLeases second = world.node(1);
    NodeLeases third = world.node(2);
    first.open();
    second.open();
    third.open();
    assertThat(first.mayFound()).isTrue();
    assertThat(second.mayFound()).as("another is about to").isFalse();
    first.isMember();
    second.isMember();
    first.close();
    assertThat(third.mayFound()).as("the second is there").isFalse();
    third.watch();
    for (int i = 0; i < 4; i++) {
      world.nanos += TTL.toNanos() / 3;
      third.beat();
    }
    assertThat(third.mayFound()).as("nobody has ended its session").isFalse();
    third.watch();
    assertThat(third.mayFound()).as("it has died").isTrue();
  }

  @Test
  void aSessionThatWasEndedIsLost() {
    World world = new World(1, MARGIN);
    world.calm = true;
    NodeLeases stopped = world.node(0);
    NodeLeases other = world.node(1);
    int[] told = {0};
    stopped.onLost(() -> told[0]++);
    stopped.open();
    other.open();
    assertThat(stopped.acquire("shard-1")).isTrue();
    other.watch();
    for (int i = 0; i < 4; i++) {
      world.nanos += TTL.toNanos() / 3;
      other.beat();
    }
    assertThat(other.acquire("shard-1")).as("nobody has ended the session").isFalse();
    other.watch();
    assertThat(other.acquire("shard-1")).isTrue();
    assertThat(stopped.isHeld("shard-1")).isFalse();
    stopped.beat();
    assertThat(told[0]).isEqualTo(1);
    stopped.onLost(() -> told[0]++);
    assertThat(told[0]).as("who asks later is told, too").isEqualTo(2);
    assertThat(stopped.acquire("shard-2")).isFalse();
  }

  @Test
  void aLeaseThatTheStoreDidNotTakeBackIsGivenBackLater() {
    World world = new World(1, MARGIN);
    world.calm = true;
    NodeLeases first = world.node(0);
    NodeLeases next = world.node(1);
    first.open();
    next.open();
    assertThat(first.acquire("shard-1")).isTrue();
    world.away = true;
    first.release("shard-1");
    assertThat(first.isHeld("shard-1")).isFalse();
    world.away = false;
    assertThat(next.acquire("shard-1")).isFalse();
    first.watch();
    assertThat(next.acquire("shard-1")).isTrue();
  }

  @Test
  void aLeaseThatWasGotWithoutAnAnswerIsGivenBackAllTheSame() {
    World world = new World(1, MARGIN);
    world.calm = true;
    NodeLeases first = world.node(0);
    NodeLeases next = world.node(1);
    first.open();
    next.open();
    world.losesReplies = true;
    assertThatThrownBy(() -> first.acquire("shard-1")).hasMessageContaining("lost");
    world.losesReplies = false;
    assertThat(next.acquire("shard-1")).as("the store has it as the first one's").isFalse();
    first.release("shard-1");
    assertThat(next.acquire("shard-1")).isTrue();
  }

  @Test
  void aStoreThatIsBusyForAMomentDoesNotKeepANodeFromBeginning() {
    World world = new World(1, MARGIN);
    world.calm = true;
    NodeLeases first = world.node(0);
    world.refusals = 2;
    first.open();
    assertThat(first.isAlive()).isTrue();
    world.refusals = 2;
    first.isMember();
    assertThat(world.refusals).isZero();
    NodeLeases next = world.node(1);
    next.open();
    assertThat(next.mayFound()).as("the first is a member").isFalse();
  }

  @Test
  void aSessionThatEndsInOrderFreesItsLeasesAtOnce() {
    World world = new World(1, MARGIN);
    world.calm = true;
    NodeLeases first = world.node(0);
    NodeLeases next = world.node(1);
    first.open();
    next.open();
    assertThat(first.acquire("shard-1")).isTrue();
    assertThat(next.acquire("shard-1")).isFalse();
    first.release("shard-1");
    assertThat(next.acquire("shard-1")).isTrue();
    assertThat(first.acquire("shard-2")).isTrue();
    first.close();
    assertThat(next.acquire("shard-2")).isTrue();
  }

  /** All there is; its time is the true one. */
  private static final class World implements LeaseStore, SessionList {
    private final long seed;
    private final Random random;
    private final Duration margin;
    private final Map<String, LeaseRow> rows = new HashMap<>();
    private final Map<String, TreeSet<String>> listed = new HashMap<>();
    private final List<Node> nodes = new ArrayList<>();
    private final List<Runnable> late = new ArrayList<>();
    private final Map<String, Integer> owners = new HashMap<>();
    private final Map<String, Integer> lastOwner = new HashMap<>();
    private Duration ownerTtl = TTL;
    private boolean calm;
    private boolean away;
    private int refusals;
    private boolean losesReplies;
    private int lives;
    private int depth;
    private long nanos;

    World(long seed, Duration margin) {
      this.seed = seed;
      this.random = new Random(seed);
      this.margin = margin;
    }

    NodeLeases node(int number) {
      double speed = calm ? 1 : 0.96 + number * 0.04;
      return new NodeLeases(
          "eu",
          "node" + number + "-" + lives++,
          this,
          this,
          number == 0 ? ownerTtl : TTL,
          margin,
          () -> (long) (nanos * speed));
    }

    void run() {
      for (int i = 0; i < NODES; i++) {
        nodes.add(new Node(this, i));
      }
      for (int i = 0; i < STEPS; i++) {
        pass(Duration.ofMillis(random.nextInt(60)));
        step();
      }
    }

    private void step() {
      List<Node> idle = nodes.stream().filter(node -> !node.waits).toList();
      if (!idle.isEmpty()) {
        idle.get(random.nextInt(idle.size())).step(random);
      }
    }

    private void pass(Duration time) {
      long left = time.toNanos();
      while (left > 0) {
        long some = Math.min(left, 5_000_000);
        nanos += some;
        left -= some;
        LEASES.forEach(this::check);
      }
    }

    private void check(String lease) {
      Node holder = null;
      for (Node node : nodes) {
        if (node.holds(lease)) {
          if (holder != null) {
            throw new AssertionError(
                "seed %d: two hold %s at %d ms: node %d and node %d"
                    .formatted(seed, lease, nanos / 1_000_000, holder.number, node.number));
          }
          holder = node;
        }
      }
      if (holder != null && !Objects.equals(lastOwner.put(lease, holder.number), holder.number)) {
        owners.merge(lease, 1, Integer::sum);
      }
    }

    /** On its way to the store or back: others go on meanwhile. */
    private void travel() {
      if (calm) {
        return;
      }
      if (!late.isEmpty() && random.nextInt(6) == 0) {
        late.remove(random.nextInt(late.size())).run();
      }
      pass(Duration.ofMillis(random.nextInt(25) == 0 ? random.nextInt(1_500) : random.nextInt(8)));
      if (depth < 2) {
        depth++;
        try {
          for (int i = random.nextInt(3); i > 0; i--) {
            step();
          }
        } finally {
          depth--;
        }
      }
    }

    private void maybeLost() {
      if (refusals > 0) {
        refusals--;
        throw new HoldfastException(ErrorCode.STORAGE_FAILED, "busy");
      }
      if (away || (!calm && random.nextInt(25) == 0)) {
        throw new HoldfastException(ErrorCode.STORAGE_FAILED, "lost");
      }
    }

    @Override
    public Optional<LeaseRow> read(String name) {
      travel();
      maybeLost();
      Optional<LeaseRow> found = Optional.ofNullable(rows.get(name));
      travel();
      return found;
    }

    @Override
    public boolean swap(String name, Optional<LeaseRow> expected, LeaseRow next) {
      travel();
      if (!calm && random.nextInt(40) == 0) {
        late.add(() -> change(name, expected, next));
        throw new HoldfastException(ErrorCode.STORAGE_FAILED, "happens later");
      }
      maybeLost();
      boolean applied = change(name, expected, next);
      travel();
      if (losesReplies) {
        throw new HoldfastException(ErrorCode.STORAGE_FAILED, "lost");
      }
      maybeLost();
      return applied;
    }

    private boolean change(String name, Optional<LeaseRow> expected, LeaseRow next) {
      boolean fits = Optional.ofNullable(rows.get(name)).equals(expected);
      if (fits) {
        rows.put(name, next);
      }
      return fits;
    }

    @Override
    public List<String> sessions(String region) {
      travel();
      maybeLost();
      return List.copyOf(listed.getOrDefault(region, new TreeSet<>()));
    }

    @Override
    public void add(String region, String id) {
      maybeLost();
      boolean _ = listed.computeIfAbsent(region, _ -> new TreeSet<>()).add(id);
    }

    @Override
    public void remove(String region, String id) {
      maybeLost();
      boolean _ = listed.getOrDefault(region, new TreeSet<>()).remove(id);
    }
  }

  /** One node, which begins a new life when its session is over, and dies now and then. */
  private static final class Node {
    private final World world;
    private final int number;
    private @Nullable NodeLeases leases;
    private boolean open;
    private boolean lost;
    private boolean waits;
    private long stoppedUntil;

    Node(World world, int number) {
      this.world = world;
      this.number = number;
    }

    boolean holds(String lease) {
      return leases != null && leases.isHeld(lease);
    }

    void step(Random random) {
      if (world.nanos < stoppedUntil) {
        return;
      }
      if (random.nextInt(60) == 0) {
        stoppedUntil = world.nanos + Duration.ofMillis(random.nextInt(3_000)).toNanos();
        return;
      }
      waits = true;
      try {
        act(random);
      } catch (HoldfastException _) {
        // As its threads do: again later.
      } finally {
        waits = false;
      }
    }

    private void act(Random random) {
      NodeLeases now = leases;
      if (now == null || lost || random.nextInt(400) == 0) {
        leases = world.node(number); // The one before is gone without a word.
        leases.onLost(() -> lost = true);
        lost = false;
        open = false;
        return;
      }
      if (!open) {
        now.open();
        open = true;
        return;
      }
      String lease = LEASES.get(random.nextInt(LEASES.size()));
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> now.beat();
        case 3, 4 -> now.watch();
        case 5, 6 -> {
          boolean _ = now.acquire(lease);
        }
        default -> {
          if (random.nextInt(6) == 0) {
            now.release(lease);
          } else {
            now.beat();
          }
        }
      }
    }
  }
}
