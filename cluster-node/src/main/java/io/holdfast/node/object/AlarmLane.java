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
 * its steps. So alarms begin a few at a time, and events of clients do not wait for them. One whose handler runs for long most
 * likely waits for something, and makes room for the next. One that is being brought into memory, or whose writes are, for
 * long waits for a store that has too much to do: another one would give it more. But not for ever, for its constructor may
 * wait for something, too.
 */
/// Lets a few alarms of this node begin at one time. Thread-safe; never blocks.
final class AlarmLane {
  /** So often it is looked whether one has not ended for the sake of its handler. */
  private static final int LOOKS_MAX = 20;

  private final Consumer<Runnable> later;

  // Guarded by this.
  private final Queue<Waiting> waiting = new ArrayDeque<>();
  private int free;

  private record Waiting(Run run, Runnable begin) {}

  /// The run of an alarm.
  interface Run {
    /// Completes when it has ended.
    CompletableFuture<?> end();

    /// Whether its handler runs, which may wait for anything.
    boolean isHandled();
  }

  /// @param width how many may begin at one time
  /// @param later runs something after a time in which an alarm that waits for nothing ends
  AlarmLane(int width, Consumer<Runnable> later) {
    this.free = width;
    this.later = later;
  }

  /// Asks for an alarm to begin.
  ///
  /// @param begin runs once it may, when that is later; must not block
  /// @return whether it may now
  boolean enter(Run run, Runnable begin) {
    synchronized (this) {
      if (free == 0) {
        waiting.add(new Waiting(run, begin));
        return false;
      }
      free--;
    }
    hold(run);
    return true;
  }

  /// How many wait.
  synchronized int waiting() {
    return waiting.size();
  }

  private void hold(Run run) {
    AtomicBoolean left = new AtomicBoolean();
    Runnable leave =
        () -> {
          if (left.compareAndSet(false, true)) {
            next();
          }
        };
    leaveWhenHandled(run, leave, LOOKS_MAX);
    var _ = run.end().whenComplete((_, _) -> leave.run());
  }

  private void leaveWhenHandled(Run run, Runnable leave, int looksLeft) {
    later.accept(() -> {
      if (run.isHandled() || looksLeft == 1) {
        leave.run();
      } else if (!run.end().isDone()) {
        leaveWhenHandled(run, leave, looksLeft - 1);
      }
    });
  }

  private void next() {
    for (Waiting next = take(); next != null; next = take()) {
      next.begin().run();
      if (!next.run().end().isDone()) {
        hold(next.run());
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
