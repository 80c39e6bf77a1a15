package io.holdfast.node.guard;

import io.holdfast.engine.ContainerEngine;
import io.holdfast.engine.FoundContainer;
import io.holdfast.sdk.HoldfastException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Removes the containers of a node as soon as its time is over, and goes on with that until it has
/// time again, or is gone and none is left. Thread-safe.
final class Guard {
  private static final Duration LOOK_EVERY = Duration.ofMillis(100);

  /** A start that the engine was asked for may still be on its way. */
  private static final int EMPTY_LOOKS = 5;

  private static final int SIGKILL = 9;
  private static final Duration GIVE_UP_AFTER = Duration.ofMinutes(10);

  private final ContainerEngine engine;
  private final Consumer<String> log;
  private final LongSupplier nanoTime;

  // Guarded by this.
  private boolean gone;
  private long goneSinceNanos;
  private long untilNanos;

  /// @param nanoTime a monotonic clock
  Guard(ContainerEngine engine, Consumer<String> log, LongSupplier nanoTime) {
    this.engine = engine;
    this.log = log;
    this.nanoTime = nanoTime;
    this.untilNanos = nanoTime.getAsLong() + Long.MAX_VALUE / 2; // The node says when it has any.
  }

  /// The node says how long it may have containers from now on.
  synchronized void left(long millis) {
    untilNanos = nanoTime.getAsLong() + TimeUnit.MILLISECONDS.toNanos(millis);
    notifyAll();
  }

  /// The node has ended.
  synchronized void nodeIsGone() {
    gone = true;
    goneSinceNanos = nanoTime.getAsLong();
    notifyAll();
  }

  /// Guards until the node is gone and none of its containers is left.
  void run() {
    boolean away = false;
    int empty = 0;
    while (empty < EMPTY_LOOKS && !isToGiveUp()) {
      boolean over = awaitOver();
      try {
        empty = removeAll() && over ? empty + 1 : 0;
        away = false;
      } catch (HoldfastException e) {
        if (!away) {
          log.accept("holdfast guard: the engine does not answer: " + e.getMessage());
        }
        away = true;
      }
      pause();
    }
  }

  private synchronized boolean isToGiveUp() {
    return gone && nanoTime.getAsLong() - goneSinceNanos > GIVE_UP_AFTER.toNanos();
  }

  /** Waits until the time of the node is over; whether for good. */
  private synchronized boolean awaitOver() {
    while (!gone) {
      long millis = TimeUnit.NANOSECONDS.toMillis(untilNanos - nanoTime.getAsLong());
      if (millis <= 0) {
        break;
      }
      waitFor(millis);
    }
    return gone;
  }

  private synchronized void pause() {
    waitFor(LOOK_EVERY.toMillis());
  }

  /** Called with the monitor held. */
  private void waitFor(long millis) {
    try {
      wait(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether there was none. */
  private boolean removeAll() {
    List<FoundContainer> found = engine.list();
    each(found, this::kill); // Removing takes longer, and matters to nobody.
    each(found, this::remove);
    return found.isEmpty();
  }

  private static void each(List<FoundContainer> found, Consumer<FoundContainer> task) {
    List<Thread> threads =
        found.stream().map(one -> Thread.ofVirtual().start(() -> task.accept(one))).toList();
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void kill(FoundContainer found) {
    try {
      engine.signal(found.id(), SIGKILL);
    } catch (HoldfastException e) {
      // It has ended, or is frozen: then it is removed all the same.
    }
  }

  private void remove(FoundContainer found) {
    try {
      engine.destroy(found.id());
      log.accept(
          "holdfast guard: removed container %s of a node without a lease".formatted(found.id()));
    } catch (HoldfastException e) {
      log.accept("holdfast guard: container %s: %s".formatted(found.id(), e.getMessage()));
    }
  }
}
