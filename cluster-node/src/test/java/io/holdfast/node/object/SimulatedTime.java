package io.holdfast.node.object;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;

/// The one scheduler of a simulation: what happens next is decided by its clock and its seed alone.
final class SimulatedTime {
  private record Step(long atMicros, long number, Runnable action) {}

  private final PriorityQueue<Step> steps =
      new PriorityQueue<>(Comparator.comparingLong(Step::atMicros).thenComparing(Step::number));
  private final Random random;
  private long nowMicros;
  private long number;

  SimulatedTime(long seed) {
    random = new Random(seed);
  }

  long nowMicros() {
    return nowMicros;
  }

  Random random() {
    return random;
  }

  /// True once in so many times.
  boolean once(int in) {
    return random.nextInt(in) == 0;
  }

  void after(long micros, Runnable action) {
    steps.add(new Step(nowMicros + micros, number++, action));
  }

  /// At some moment up to then; most are early, as with queues and networks.
  void within(long micros, Runnable action) {
    double part = random.nextDouble();
    after((long) (micros * part * part), action);
  }

  /// False when nothing is left to happen.
  boolean step() {
    Step next = steps.poll();
    if (next == null) {
      return false;
    }
    nowMicros = next.atMicros;
    next.action.run();
    return true;
  }
}
