package io.holdfast.node.object;

import io.holdfast.protocol.CallContext;
import org.jspecify.annotations.Nullable;

/// One run of an event. Bound to the thread that runs it, so that whatever the event's code calls
/// knows whose turn it is.
final class Turn {
  static final ScopedValue<Turn> CURRENT = ScopedValue.newInstance();

  final Incarnation incarnation;
  final CallContext context;

  /** True while the event has given the turn away and waits. */
  boolean away;

  /** How many transactions are open: while there are any, the turn cannot be given away. */
  int transactions;

  /** How many blockConcurrencyWhile are open: while there are any, waiting keeps the turn. */
  int closings;

  /** What is to be written before the event commits a part of its writes and goes on. */
  @Nullable Runnable beforePart;

  Turn(Incarnation incarnation, CallContext context) {
    this.incarnation = incarnation;
    this.context = context;
  }

  void writeBeforePart() {
    Runnable write = beforePart;
    if (write != null) {
      write.run();
    }
  }
}
