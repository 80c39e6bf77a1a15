package io.holdfast.node.object;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/*
 * A node that starts may have a hundred thousand alarms that are due. Each brings an object into memory, and all that is
 * ready to run shares the processors in the order of its arrival: a request would wait behind a thousand alarms at each of
 * its steps. So alarms begin a few at a time, and events of clients do not wait for them. One that runs for long most likely
 * waits for something, and makes room for the next.
 */
/// Lets a few alarms of this node begin at one time. Thread-safe; never blocks.
final class AlarmLane {
  private final Consumer<Runnable> later;

  // Guarded by this.
  private final Queue<Waiting> waiting = new ArrayDeque<>();
  private int free;

  private record Waiting(CompletableFuture<?> end, Runnable begin) {}

  /// @param width how many may begin at one time
  /// @param later runs something once an alarm that has not ended meanwhile is to make room
  AlarmLane(int width, Consumer<Runnable> later) {
    this.free = width;
    this.later = later;
  }

  /// Asks for an alarm to begin.
  ///
  /// @param end completes when it has ended
  /// @param begin runs once it may, when that is later; must not block
  /// @return whether it may now
  boolean enter(CompletableFuture<?> end, Runnable begin) {
    synchronized (this) {
      if (free == 0) {
        waiting.add(new Waiting(end, begin));
        return false;
      }
      free--;
    }
    hold(end);
    return true;
  }

  /// How many wait.
  synchronized int waiting() {
    return waiting.size();
  }

  private void hold(CompletableFuture<?> end) {
    AtomicBoolean left = new AtomicBoolean();
    Runnable leave =
        () -> {
          if (left.compareAndSet(false, true)) {
            next();
          }
        };
    later.accept(leave);
    var _ = end.whenComplete((_, _) -> leave.run());
  }

  private void next() {
    for (Waiting next = take(); next != null; next = take()) {
      next.begin().run();
      if (!next.end().isDone()) {
        hold(next.end());
        return;
      }
    }
  }

  private synchronized @Nullable Waiting take() {
    Waiting next = waiting.poll();
    if (next == null) {
      free++;
    }
    return next;
  }
}
