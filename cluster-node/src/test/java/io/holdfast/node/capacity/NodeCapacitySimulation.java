package io.holdfast.node.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.protocol.NamespaceId;
import io.holdfast.sdk.ErrorCode;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Random takes, ends, failures, cancellations and timeouts; after each step what is taken is the
/// sum of what runs, nobody waits who could run, and nobody waits for too long.
class NodeCapacitySimulation {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final int LENGTH_MAX = 20;
  private static final int STEPS = 3_000;
  private static final Resources BUDGET = new Resources(4_000, 4L << 30, 1_000, 30);

  static java.util.stream.LongStream seeds() {
    return java.util.stream.LongStream.range(0, 40);
  }

  private record Life(StartTicket ticket, long sinceMillis) {}

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void whatIsTakenIsWhatRuns(long seed) {
    new World(seed).run();
  }

  private static final class World {
    private final Random random;
    private final CapacityFixture room =
        new CapacityFixture(BUDGET, TIMEOUT, LENGTH_MAX, World::instancesMax);
    private final List<Life> lives = new ArrayList<>();
    private long nowMillis;

    World(long seed) {
      this.random = new Random(seed);
    }

    private static int instancesMax(NamespaceId namespace) {
      return 1 + 4 * (namespace.name().charAt(0) - 'a');
    }

    void run() {
      for (int step = 0; step < STEPS; step++) {
        int dice = random.nextInt(100);
        if (dice < 45) {
          start();
        } else if (dice < 50) {
          find();
        } else if (dice < 85) {
          endOne();
        } else {
          pass(random.nextInt(2_000));
        }
        lives.removeIf(life -> life.ticket().state == StartTicket.State.OVER);
        check();
      }
      lives.forEach(life -> life.ticket().release());
      assertThat(room.capacity.figures().taken()).isEqualTo(Resources.NONE);
      assertThat(room.capacity.figures().waiting()).isZero();
    }

    private NamespaceId namespace() {
      return CapacityFixture.namespace(String.valueOf((char) ('a' + random.nextInt(5))));
    }

    private Resources need() {
      boolean large = random.nextInt(8) == 0;
      return CapacityFixture.container(
          large ? 3_000 : 1 + random.nextInt(400), large ? 3_000 : 1 + random.nextInt(300));
    }

    private void start() {
      try {
        lives.add(new Life(room.take(namespace().name(), need()), nowMillis));
      } catch (HoldfastException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.CONTAINER_NO_CAPACITY);
      }
    }

    private void find() {
      lives.add(new Life(room.capacity.found(namespace(), need()), nowMillis));
    }

    /** It ended, failed to start, or was called off; sometimes that is told twice. */
    private void endOne() {
      if (!lives.isEmpty()) {
        StartTicket ticket = lives.get(random.nextInt(lives.size())).ticket();
        ticket.release();
        if (random.nextBoolean()) {
          ticket.release();
        }
      }
    }

    private void pass(int millis) {
      nowMillis += millis;
      room.pass(Duration.ofMillis(millis));
    }

    private void check() {
      Resources sum = Resources.NONE;
      Map<NamespaceId, Integer> instances = new HashMap<>();
      int waiting = 0;
      for (Life life : lives) {
        StartTicket ticket = life.ticket();
        assertThat(ticket.granted.isCompletedExceptionally()).isFalse();
        if (ticket.state == StartTicket.State.HELD) {
          assertThat(ticket.granted).isDone();
          sum = sum.plus(ticket.need);
          instances.merge(ticket.namespace, 1, Integer::sum);
        } else {
          waiting++;
          assertThat(nowMillis - life.sinceMillis()).isLessThan(TIMEOUT.toMillis());
        }
      }
      assertThat(room.capacity.figures()).isEqualTo(new NodeCapacity.Figures(BUDGET, sum, waiting));
      assertThat(waiting).isLessThanOrEqualTo(LENGTH_MAX);
      checkNobodyWaitsInVain(sum, instances);
    }

    private void checkNobodyWaitsInVain(Resources taken, Map<NamespaceId, Integer> instances) {
      boolean keptForALargeOne =
          lives.stream()
              .map(Life::ticket)
              .anyMatch(t ->
                  t.state == StartTicket.State.WAITING && t.overtaken >= WaitingLine.OVERTAKEN_MAX);
      Map<NamespaceId, StartTicket> first = new HashMap<>();
      lives.stream()
          .map(Life::ticket)
          .filter(t -> t.state == StartTicket.State.WAITING)
          .forEach(t -> first.putIfAbsent(t.namespace, t));
      first.forEach((namespace, ticket) -> {
        Resources with = taken.plus(ticket.need);
        boolean fits = with.shareOf(BUDGET) <= 1;
        boolean allowed = instances.getOrDefault(namespace, 0) < instancesMax(namespace);
        assertThat(fits && allowed && !keptForALargeOne)
            .as("%s of %s waits though it could run", ticket.need, namespace)
            .isFalse();
      });
    }
  }
}
