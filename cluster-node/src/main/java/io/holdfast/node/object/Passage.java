package io.holdfast.node.object;

import java.util.concurrent.atomic.AtomicReference;

/// The way of a command to its object: it ends when the command leaves this node or is with its
/// object, or is given up before. Thread-safe.
final class Passage {
  private enum State {
    WAITS,
    HAS_ENDED,
    IS_GIVEN_UP
  }

  private final AtomicReference<State> state = new AtomicReference<>(State.WAITS);

  /// @return false when it was given up: then the command must not be carried out
  boolean end() {
    return state.compareAndSet(State.WAITS, State.HAS_ENDED) || state.get() == State.HAS_ENDED;
  }

  /// @return whether it was on its way until now
  boolean giveUp() {
    return state.compareAndSet(State.WAITS, State.IS_GIVEN_UP);
  }

  boolean isGivenUp() {
    return state.get() == State.IS_GIVEN_UP;
  }

  boolean isOver() {
    return state.get() != State.WAITS;
  }

  /// It is sent once more, from where it was.
  void beginAgain() {
    boolean _ = state.compareAndSet(State.HAS_ENDED, State.WAITS);
  }
}
