package io.holdfast.node.object;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Commits, merges, groups of several parts, crashes, recoveries, restores, snapshots and writers
/// that live on after they were superseded, on one scheduler that a seed drives. Real are the
/// database, the pipeline of commits, the output gate, the log with its encoder, snapshots and
/// recovery; simulated are the journal, the actors around them, and time.
///
/// Promises that hold in every run:
///
/// - what was answered is there after every recovery, until it is deleted;
/// - a recovered state is one that was: all groups up to an acknowledged one, and nothing or whole
///   groups more; its pages, its rows and its alarm are those of the object that wrote them;
/// - nothing that a superseded writer stores counts once its successor serves, and nothing leaves
///   it;
/// - a call that is repeated with its id takes effect once, and each attempt ends once;
/// - the alarm index says what the events say.
///
/// A long run: `scripts/mvn -q -Dfast test -pl cluster-node -am -Dtest=ObjectSimulation
/// -Dsurefire.failIfNoSpecifiedTests=false -Dholdfast.simulation.seeds=100000`; one seed again with
/// `-Dholdfast.simulation.first-seed=SEED -Dholdfast.simulation.seeds=1`.
class ObjectSimulation {
  private static final long FIRST_SEED = Long.getLong("holdfast.simulation.first-seed", 1);
  private static final long SEEDS = Long.getLong("holdfast.simulation.seeds", 20);

  /// How many runs a broken mechanism may survive.
  private static final long MUTATED_SEEDS = 60;

  /// What is broken on purpose.
  enum Mutation {
    NONE,
    ACKNOWLEDGES_BEFORE_DURABLE,
    CHECKS_NO_EPOCH,
    ZOMBIES_ARE_ACKNOWLEDGED
  }

  @Test
  void promisesHoldThroughCrashesZombiesAndRestores() {
    long start = System.nanoTime();
    int crashes = 0;
    int answered = 0;
    for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      SimulatedWorld world = run(seed, Mutation.NONE);
      crashes += world.crashes();
      answered += world.answered();
    }
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    System.out.printf(
        "ObjectSimulation: seeds %d to %d, %d crashes, %d answers, %d crashes per minute%n",
        FIRST_SEED,
        FIRST_SEED + SEEDS - 1,
        crashes,
        answered,
        crashes * 60_000L / Math.max(1, took.toMillis()));
    assertThat(crashes).as("crashes").isGreaterThan((int) SEEDS);
    assertThat(answered).as("answered calls").isGreaterThan((int) SEEDS);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void findsWhatIsBrokenOnPurpose(Mutation mutation) {
    assertThat(LongStream.range(0, MUTATED_SEEDS).anyMatch(seed -> fails(seed, mutation)))
        .as("%s was found in %d runs", mutation, MUTATED_SEEDS)
        .isTrue();
  }

  private static boolean fails(long seed, Mutation mutation) {
    try {
      SimulatedWorld ignored = run(seed, mutation);
      return false;
    } catch (AssertionError broken) {
      return true;
    }
  }

  private static SimulatedWorld run(long seed, Mutation mutation) {
    SimulatedWorld world = new SimulatedWorld(seed, mutation);
    try {
      world.run();
      return world;
    } catch (RuntimeException | SimulatedViolation e) {
      throw new AssertionError("seed " + seed + ", " + world + ": " + e.getMessage(), e);
    }
  }
}
