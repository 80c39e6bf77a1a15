package io.holdfast.node.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Objects that send to each other over a network that drops, delays, doubles and loses answers,
/// while they crash at any point; in virtual time, from one seed.
///
/// `-Dholdfast.simulation.seeds=N` sets how many, `-Dholdfast.simulation.seed=N` the first.
final class MessageSimulation {
  private static final int SEEDS = Integer.getInteger("holdfast.simulation.seeds", 5);
  private static final long FIRST = Long.getLong("holdfast.simulation.seed", 1);
  private static final int OBJECTS = 3;
  private static final int STEPS = 1_500;
  private static final int PATIENCE_MILLIS = 1_000;
  private static final long START_MILLIS = 1_700_000_000_000L;

  /** What protects the messages, and can be turned off to see it break. */
  enum Mutation {
    NONE,
    LEAVES_BEFORE_DURABLE,
    FORGETS_WHAT_WAS_TAKEN
  }

  private record Task(long atMillis, long order, Runnable action) {}

  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(Comparator.comparingLong(Task::atMillis).thenComparingLong(Task::order));
  private final List<SimulatedObject> objects = new ArrayList<>();
  private Random random = new Random(0);
  private Mutation mutation = Mutation.NONE;
  private boolean faults = true;
  private long nowMillis = START_MILLIS;
  private long order;
  private int crashes;

  static List<Long> seeds() {
    return IntStream.range(0, SEEDS).mapToObj(i -> FIRST + i).toList();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyMessageIsTakenOnceAndInOrder(long seed) {
    run(seed, Mutation.NONE);
  }

  @Test
  void messagesThatLeaveBeforeTheyAreDurableAreFoundOut() {
    assertBreaks(Mutation.LEAVES_BEFORE_DURABLE);
  }

  @Test
  void aReceiverThatForgetsWhatItTookIsFoundOut() {
    assertBreaks(Mutation.FORGETS_WHAT_WAS_TAKEN);
  }

  private static void assertBreaks(Mutation mutation) {
    assertThatThrownBy(
            () -> {
              for (long seed = FIRST; seed < FIRST + 20; seed++) {
                new MessageSimulation().run(seed, mutation);
              }
            })
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("from");
  }

  private void run(long seed, Mutation with) {
    random = new Random(seed);
    mutation = with;
    for (int i = 0; i < OBJECTS; i++) {
      objects.add(new SimulatedObject(this, "o" + i));
    }
    try {
      for (int step = 0; step < STEPS; step++) {
        act();
        advance(random.nextInt(60));
        if (step % 10 == 0) {
          check(seed);
        }
      }
      faults = false;
      settle(seed);
      checkAllTaken(seed);
      assertThat(crashes).as("seed %d: crashes", seed).isGreaterThan(20);
    } finally {
      objects.forEach(SimulatedObject::close);
    }
  }

  private void act() {
    SimulatedObject object = any();
    switch (random.nextInt(20)) {
      case 0 -> {
        object.crash();
        crashes++;
      }
      case 1, 2, 3, 4, 5 -> object.send(any(), 1 + random.nextInt(7), random.nextInt(5) == 0);
      default -> objects.forEach(SimulatedObject::wakeIfDue);
    }
  }

  private SimulatedObject any() {
    return objects.get(random.nextInt(objects.size()));
  }

  private void advance(long millis) {
    long until = nowMillis + millis;
    while (!tasks.isEmpty() && tasks.peek().atMillis() <= until) {
      Task task = tasks.remove();
      nowMillis = Math.max(nowMillis, task.atMillis());
      task.action().run();
    }
    nowMillis = until;
  }

  private void settle(long seed) {
    long deadline = nowMillis + 3_600_000;
    while (!tasks.isEmpty() || !objects.stream().allMatch(SimulatedObject::isIdle)) {
      assertThat(nowMillis).as("seed %d: comes to rest", seed).isLessThan(deadline);
      objects.forEach(SimulatedObject::wakeIfDue);
      advance(100);
    }
  }

  /// At any time: what was taken is a beginning of what was durably sent.
  private void check(long seed) {
    for (SimulatedObject receiver : objects) {
      for (SimulatedObject sender : objects) {
        List<Integer> taken = receiver.taken(sender.name);
        assertThat(taken)
            .as("seed %d: %s from %s", seed, receiver.name, sender.name)
            .isEqualTo(IntStream.range(0, taken.size()).boxed().toList());
        assertThat(taken.size())
            .as("seed %d: %s from %s, against what was sent", seed, receiver.name, sender.name)
            .isLessThanOrEqualTo(sender.durablySentTo(receiver));
      }
    }
  }

  private void checkAllTaken(long seed) {
    int all = 0;
    for (SimulatedObject receiver : objects) {
      for (SimulatedObject sender : objects) {
        assertThat(receiver.taken(sender.name))
            .as("seed %d: %s from %s in the end", seed, receiver.name, sender.name)
            .hasSize(sender.durablySentTo(receiver));
        all += sender.durablySentTo(receiver);
      }
    }
    assertThat(all).as("seed %d: messages", seed).isGreaterThan(200);
  }

  // ---- the world of the objects

  InstantSource clock() {
    return () -> Instant.ofEpochMilli(nowMillis);
  }

  RandomGenerator random() {
    return random;
  }

  boolean withoutGate() {
    return mutation == Mutation.LEAVES_BEFORE_DURABLE;
  }

  boolean withoutDeduplication() {
    return mutation == Mutation.FORGETS_WHAT_WAS_TAKEN;
  }

  void soon(Runnable action) {
    tasks.add(new Task(nowMillis, order++, action));
  }

  void later(Runnable action) {
    tasks.add(new Task(nowMillis + random.nextInt(40), order++, action));
  }

  /// Carries a parcel to its receiver and the answer back, or not.
  void carry(SimulatedObject sender, int life, Outbox.Parcel parcel) {
    SimulatedObject receiver =
        objects.stream()
            .filter(one -> one.address.equals(parcel.receiver()))
            .findFirst()
            .orElseThrow();
    Reply reply = new Reply(answer -> sender.answered(life, parcel, answer));
    int luck = faults ? random.nextInt(10) : 9;
    if (luck == 1) {
      later(() -> receiver.deliver(parcel.batch(), _ -> {}));
    }
    if (luck > 0) {
      boolean lost = luck == 2;
      later(() ->
          receiver.deliver(
              parcel.batch(),
              receipt -> later(() -> reply.with(lost ? Optional.empty() : Optional.of(receipt)))));
    }
    // What is dropped on the way, and a receiver that crashes, never answers.
    tasks.add(new Task(nowMillis + PATIENCE_MILLIS, order++, () -> reply.with(Optional.empty())));
  }

  /** The one answer that a parcel gets. */
  private static final class Reply {
    private final Consumer<Optional<Receipt>> sender;
    private boolean given;

    Reply(Consumer<Optional<Receipt>> sender) {
      this.sender = sender;
    }

    void with(Optional<Receipt> answer) {
      if (!given) {
        given = true;
        sender.accept(answer);
      }
    }
  }
}
