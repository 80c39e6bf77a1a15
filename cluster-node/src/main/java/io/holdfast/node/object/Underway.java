package io.holdfast.node.object;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/*
 * Sharding holds back what it does not know where to send, without an end. It also sends to nodes that have just left,
 * because they had the shard a moment ago; remoting drops that, and tells nobody.
 */
/// The commands of this node on their way to objects, none of which takes for ever. Thread-safe.
public final class Underway {
  private static final Duration LOOK_EVERY = Duration.ofMillis(250);

  private final Queue<Waiting> waiting = new ConcurrentLinkedQueue<>();
  private final LongSupplier nanoTime;

  private record Waiting(Passage passage, long deadlineNanos, Runnable lost) {}

  Underway(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /// @param timer on which it looks, until that ends
  public static Underway on(ScheduledExecutorService timer) {
    Underway underway = new Underway(System::nanoTime);
    ScheduledFuture<?> _ =
        timer.scheduleWithFixedDelay(
            underway::look, LOOK_EVERY.toMillis(), LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
    return underway;
  }

  /// A command is sent.
  ///
  /// @param lost runs when it has not come to its end within `max`
  void watch(Passage passage, Duration max, Runnable lost) {
    passage.beginAgain();
    waiting.add(new Waiting(passage, nanoTime.getAsLong() + max.toNanos(), lost));
  }

  /// Gives up what has been on its way for too long.
  void look() {
    long now = nanoTime.getAsLong();
    waiting.removeIf(command -> {
      if (now - command.deadlineNanos >= 0 && command.passage.giveUp()) {
        command.lost.run();
      }
      return command.passage.isOver();
    });
  }
}
