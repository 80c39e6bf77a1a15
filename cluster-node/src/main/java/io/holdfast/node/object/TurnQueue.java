package io.holdfast.node.object;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The turn of an object: who holds it runs, all others wait in the order they came.
///
/// Two kinds wait: events that have not begun, which cost no thread until it is their turn, and
/// threads that gave the turn away to wait for something and want it back. The monitor is held for
/// a few instructions only, never while anything blocks.
final class TurnQueue {
  /** A thread that wants the turn back. */
  private static final class Returning {
    private final Thread thread = Thread.currentThread();
    private volatile boolean granted;
  }

  private final ArrayDeque<Object> waiting = new ArrayDeque<>();
  private boolean held;
  private boolean sealed;
  private boolean closed;

  /// Adds an event. True when the turn was free and is now the caller's to hand to that event. Does
  /// nothing when the queue is closed.
  boolean enter(ObjectEvent event) {
    synchronized (this) {
      if (closed) {
        return false;
      }
      if (held) {
        waiting.add(event);
        return false;
      }
      held = true;
      return true;
    }
  }

  /// From now on nobody gets the turn any more: what waits stays until [#close()].
  void seal() {
    synchronized (this) {
      sealed = true;
    }
  }

  /// Takes the turn if nobody has it.
  boolean tryTake() {
    synchronized (this) {
      boolean free = !held && !closed;
      held |= free;
      return free;
    }
  }

  /// Gives the turn to the next in line. When that is an event, it is returned and the caller must
  /// see to it that it runs.
  @Nullable ObjectEvent release() {
    Returning next;
    synchronized (this) {
      if (sealed) {
        return null;
      }
      switch (waiting.poll()) {
        case null -> {
          held = false;
          return null;
        }
        case ObjectEvent event -> {
          return event;
        }
        case Returning returning -> next = returning;
        case Object other -> throw new IllegalStateException("unexpected waiter " + other);
      }
    }
    grant(next);
    return null;
  }

  /// Waits until the turn is the caller's again; interrupts do not end the wait. Returns at once
  /// when the queue is closed.
  void reacquire() {
    Returning me;
    synchronized (this) {
      if (closed) {
        return;
      }
      if (!held) {
        held = true;
        return;
      }
      me = new Returning();
      waiting.add(me);
    }
    boolean interrupted = false;
    while (!me.granted) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /// Ends the queue: threads that wait for the turn go on at once, events that had not begun are
  /// returned.
  List<ObjectEvent> close() {
    List<ObjectEvent> events = new ArrayList<>();
    List<Returning> threads = new ArrayList<>();
    synchronized (this) {
      closed = true;
      for (Object waiter : waiting) {
        if (waiter instanceof ObjectEvent event) {
          events.add(event);
        } else {
          threads.add((Returning) waiter);
        }
      }
      waiting.clear();
    }
    threads.forEach(TurnQueue::grant);
    return events;
  }

  boolean isClosed() {
    synchronized (this) {
      return closed;
    }
  }

  /// How many wait.
  int length() {
    synchronized (this) {
      return waiting.size();
    }
  }

  private static void grant(Returning returning) {
    returning.granted = true;
    LockSupport.unpark(returning.thread);
  }
}
