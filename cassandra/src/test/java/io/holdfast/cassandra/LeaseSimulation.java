package io.holdfast.cassandra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Processes that want one lease, with clocks of different speed, pauses, slow and lost requests:
/// each seed is another run, the same each time.
class LeaseSimulation {
  private static final Duration TTL = Duration.ofMillis(1_000);
  private static final Duration MARGIN = Duration.ofMillis(100);
  private static final int STEPS = 3_000;

  static LongStream seeds() {
    return LongStream.range(0, 100);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void oneAtMostBelievesThatItHasTheLease(long seed) {
    World world = new World(seed);
    for (int i = 0; i < 3; i++) {
      world.join(TTL, MARGIN);
    }
    world.run(STEPS);
    assertThat(world.owners).as("seed %d: it passes from one to the other", seed).isGreaterThan(5);
  }

  @Test
  void findsAnOwnerThatBelievesForLongerThanOthersWait() {
    assertThatThrownBy(() ->
            seeds()
                .forEach(seed -> {
                  World world = new World(seed);
                  world.join(TTL.multipliedBy(2), MARGIN);
                  world.join(TTL, MARGIN);
                  world.run(STEPS);
                }))
        .hasMessageContaining("two hold the lease");
  }

  @Test
  void findsClocksThatDriftByMoreThanTheMargin() {
    assertThatThrownBy(() ->
            seeds()
                .forEach(seed -> {
                  World world = new World(seed);
                  world.drift = 0.4;
                  for (int i = 0; i < 3; i++) {
                    world.join(TTL, MARGIN);
                  }
                  world.run(STEPS);
                }))
        .hasMessageContaining("two hold the lease");
  }

  @Test
  void theNextOneHasItSoonAfterTheOwnerDied() {
    World world = new World(1);
    world.calm = true;
    Process dies = world.join(TTL, MARGIN);
    Process waits = world.join(TTL, MARGIN);
    assertThat(dies.lease.tryAcquire()).isTrue();
    long died = world.nanos;
    while (!waits.lease.tryAcquire()) {
      world.pass(Duration.ofMillis(50));
    }
    assertThat(Duration.ofNanos(world.nanos - died)).isLessThan(Duration.ofMillis(1_200));
    assertThat(waits.lease.token()).hasValue(2);
  }

  @Test
  void theNextOneHasItAtOnceWhenItWasGivenBack() {
    World world = new World(1);
    world.calm = true;
    Process first = world.join(TTL, MARGIN);
    Process next = world.join(TTL, MARGIN);
    assertThat(first.lease.tryAcquire()).isTrue();
    assertThat(next.lease.tryAcquire()).isFalse();
    first.lease.release();
    assertThat(first.lease.isHeld()).isFalse();
    assertThat(next.lease.tryAcquire()).isTrue();
    assertThat(first.lease.renew()).isFalse();
  }

  @Test
  void anOwnerThatWasStoppedKnowsAtOnceThatItsTimeIsOver() {
    World world = new World(1);
    world.calm = true;
    Process stopped = world.join(TTL, MARGIN);
    assertThat(stopped.lease.tryAcquire()).isTrue();
    world.pass(Duration.ofSeconds(1));
    assertThat(stopped.lease.isHeld()).isFalse();
    assertThat(stopped.lease.renew()).as("nobody has taken it").isTrue();
  }

  /** All there is; its time is the true one. */
  private static final class World implements LeaseStore {
    private final long seed;
    private final Random random;
    private final List<Process> processes = new ArrayList<>();
    private Optional<LeaseRow> row = Optional.empty();
    private long nanos;
    private final List<Runnable> late = new ArrayList<>();
    private int depth;
    private int owners;
    private long lastToken;
    private double drift = 0.04;
    private boolean calm;

    World(long seed) {
      this.seed = seed;
      this.random = new Random(seed);
    }

    Process join(Duration ttl, Duration margin) {
      double speed = calm ? 1 : 1 + (random.nextDouble() - 0.5) * 2 * drift;
      Process process = new Process("p" + processes.size(), speed, this, ttl, margin);
      processes.add(process);
      return process;
    }

    void run(int steps) {
      for (int i = 0; i < steps; i++) {
        pass(Duration.ofMillis(random.nextInt(120)));
        step();
      }
    }

    /** One that is not waiting for the store does something. */
    private void step() {
      List<Process> idle = processes.stream().filter(process -> !process.waits).toList();
      if (!idle.isEmpty()) {
        idle.get(random.nextInt(idle.size())).step(random);
      }
    }

    void pass(Duration time) {
      long left = time.toNanos();
      while (left > 0) {
        long some = Math.min(left, 5_000_000);
        nanos += some;
        left -= some;
        check();
      }
    }

    private void check() {
      List<String> holders =
          processes.stream().filter(each -> each.lease.isHeld()).map(each -> each.name).toList();
      if (holders.size() > 1) {
        throw new AssertionError(
            "seed %d: two hold the lease at %d ms: %s".formatted(seed, nanos / 1_000_000, holders));
      }
      for (Process each : processes) {
        each.lease
            .token()
            .ifPresent(token -> {
              assertThat(token)
                  .as("seed %d: tokens count up", seed)
                  .isGreaterThanOrEqualTo(lastToken);
              if (token > lastToken) {
                lastToken = token;
                owners++;
              }
            });
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
      pass(Duration.ofMillis(random.nextInt(10) == 0 ? random.nextInt(1_500) : random.nextInt(20)));
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
      if (!calm && random.nextInt(12) == 0) {
        throw new HoldfastException(ErrorCode.STORAGE_FAILED, "lost");
      }
    }

    @Override
    public Optional<LeaseRow> read(String name) {
      travel();
      maybeLost();
      Optional<LeaseRow> found = row;
      travel();
      return found;
    }

    @Override
    public boolean swap(String name, Optional<LeaseRow> expected, LeaseRow next) {
      travel();
      Runnable change =
          () -> {
            if (row.equals(expected)) {
              row = Optional.of(next);
            }
          };
      if (!calm && random.nextInt(20) == 0) {
        late.add(change);
        throw new HoldfastException(ErrorCode.STORAGE_FAILED, "happens later");
      }
      maybeLost();
      boolean applied = row.equals(expected);
      change.run();
      travel();
      maybeLost();
      return applied;
    }
  }

  /** One that wants the lease; its clock has a speed of its own. */
  private static final class Process {
    private final String name;
    private final Lease lease;
    private boolean waits;
    private long stoppedUntil;
    private final World world;

    Process(String name, double speed, World world, Duration ttl, Duration margin) {
      this.name = name;
      this.world = world;
      this.lease =
          new Lease("shard-1", name, world, ttl, margin, () -> (long) (world.nanos * speed));
    }

    void step(Random random) {
      if (world.nanos < stoppedUntil) {
        return;
      }
      if (random.nextInt(25) == 0) {
        stoppedUntil = world.nanos + Duration.ofMillis(random.nextInt(4_000)).toNanos();
        return;
      }
      waits = true;
      try {
        if (random.nextInt(60) == 0) {
          lease.release();
        } else if (lease.isHeld() || random.nextInt(8) == 0) {
          boolean _ = lease.renew();
        } else {
          boolean _ = lease.tryAcquire();
        }
      } catch (HoldfastException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_FAILED);
      } finally {
        waits = false;
      }
    }
  }
}
