package io.holdfast.node.metering;

import static io.holdfast.node.metering.MeterFixture.NAMESPACE;
import static io.holdfast.node.metering.MeterFixture.TYPE;
import static io.holdfast.node.metering.MeterFixture.id;
import static io.holdfast.node.metering.MeterFixture.owner;
import static io.holdfast.node.metering.MeterFixture.stats;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Containers that begin, work and end, requests, flushes, and nodes that crash at any moment:
/// containers are counted exactly, requests up to those since the last flush.
class MeterBookSimulation {
  private static final int STEPS = 250;

  @TempDir Path directory;

  /** What really happened, as the engine knows it. */
  private static final class Truth {
    long startedMillis;
    long cpuMicros;
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3})
  void containersAreCountedExactlyAndRequestsWithinTheBound(long seed) {
    Random random = new Random(seed);
    try (MeterFixture fixture = new MeterFixture(directory.resolve("data"))) {
      Map<Integer, Truth> running = new TreeMap<>();
      long millis = 0;
      long cpu = 0;
      long requests = 0;
      long unflushed = 0;
      long lostMax = 0;
      int next = 0;
      for (int step = 0; step < STEPS; step++) {
        fixture.pass(10L * random.nextInt(200_000));
        switch (random.nextInt(12)) {
          case 0, 1 -> {
            Truth truth = new Truth();
            truth.startedMillis = fixture.nowMillis;
            running.put(next, truth);
            fixture.start(next++);
          }
          case 2 -> {
            if (!running.isEmpty()) {
              int number = running.keySet().iterator().next();
              Truth truth = running.remove(number);
              fixture.containers().readLast(owner(number), _ -> stats(truth.cpuMicros, 0));
              fixture.containers().ended(owner(number));
              millis += fixture.nowMillis - truth.startedMillis;
              cpu += truth.cpuMicros;
              fixture.book.flush(); // As before it is removed: then nobody else knows its end.
              unflushed = 0;
              fixture.containers().gone(owner(number));
            }
          }
          case 3, 4, 5 -> running.values().forEach(truth -> truth.cpuMicros += random.nextInt(99));
          case 6 ->
              fixture
                  .containers()
                  .readAll(id -> stats(running.get(number(id.value())).cpuMicros, 0));
          case 7, 8 -> {
            fixture.book.of(NAMESPACE).request();
            requests++;
            unflushed++;
          }
          case 9, 10 -> {
            fixture.book.flush();
            unflushed = 0;
          }
          default -> {
            fixture.crash();
            lostMax += unflushed;
            unflushed = 0;
            fixture.pass(10L * random.nextInt(1_000));
            for (Map.Entry<Integer, Truth> each : Map.copyOf(running).entrySet()) {
              int number = each.getKey();
              Truth truth = each.getValue();
              if (random.nextInt(5) == 0) {
                // It ended meanwhile, and had used no CPU since it was last read.
                running.remove(number);
                millis += fixture.nowMillis - truth.startedMillis;
                fixture
                    .containers()
                    .found(
                        owner(number), id(number), TYPE, Instant.ofEpochMilli(truth.startedMillis));
                fixture.containers().readLast(owner(number), _ -> stats(truth.cpuMicros, 0));
                cpu += truth.cpuMicros;
                fixture.containers().ended(owner(number));
              } else {
                fixture
                    .containers()
                    .found(
                        owner(number), id(number), TYPE, Instant.ofEpochMilli(truth.startedMillis));
              }
            }
            fixture.containers().foundAll();
            fixture.book.flush();
          }
        }
      }
      for (Map.Entry<Integer, Truth> each : running.entrySet()) {
        Truth truth = each.getValue();
        fixture.containers().readLast(owner(each.getKey()), _ -> stats(truth.cpuMicros, 0));
        fixture.containers().ended(owner(each.getKey()));
        millis += fixture.nowMillis - truth.startedMillis;
        cpu += truth.cpuMicros;
      }
      Usage total = fixture.total();
      assertThat(total.containerMillis()).isEqualTo(millis);
      assertThat(total.memoryMibMillis()).isEqualTo(millis * TYPE.memoryMib());
      assertThat(total.cpuMicros()).isEqualTo(cpu);
      assertThat(total.containerStarts()).isEqualTo(next);
      assertThat(total.requests()).isBetween(requests - lostMax, requests);
    }
  }

  private static int number(String id) {
    return Integer.parseInt(id.substring(1));
  }
}
