package io.holdfast.node.object;

import io.holdfast.sdk.HoldfastException;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * The output gate. Commits of an incarnation are counted: 1, 2, 3, … Whatever leaves the object carries the count at which
 * it was produced, and leaves once all commits up to that count are durable. So an answer never tells of a write that a
 * crash could undo, and reading data that is not yet durable is gated like writing it.
 *
 * Nothing leaves while this node is not sure to be the owner of the object: another may have taken it, and what is answered
 * here could be older than what was answered there.
 *
 * Owned by the actor. Only `durable` is read by others: turn threads ask it whether there is anything to wait for.
 */
final class OutputGate {
  /** Something that leaves the object, once it may. */
  interface Effect {
    void release();

    void fail(HoldfastException reason);
  }

  private static final Logger log = LoggerFactory.getLogger(OutputGate.class);

  /// Tells when it may leave.
  record Signal(CompletableFuture<Void> future) implements Effect {
    @Override
    public void release() {
      future.complete(null);
    }

    @Override
    public void fail(HoldfastException reason) {
      future.completeExceptionally(reason);
    }
  }

  private record Held(long through, Effect effect) {}

  private final BooleanSupplier owned;
  private final ArrayDeque<Held> held = new ArrayDeque<>();
  private volatile long durable;

  /// @param owned whether this node is the object's owner just now
  OutputGate(BooleanSupplier owned) {
    this.owned = owned;
  }

  /// Whether what waits for commits up to this count may leave. Any thread.
  boolean isOpen(long through) {
    return through <= durable && owned.getAsBoolean();
  }

  void admit(long through, Effect effect) {
    if (through <= durable) {
      apart(effect::release);
    } else {
      held.add(new Held(through, effect));
    }
  }

  /// All commits up to this count are durable. Turn threads learn of it last, so that what they let
  /// out by themselves never overtakes what was held.
  void durable(long through) {
    while (!held.isEmpty() && held.getFirst().through <= through) {
      apart(held.removeFirst().effect::release);
    }
    durable = through;
  }

  void failAll(HoldfastException reason) {
    held.forEach(one -> apart(() -> one.effect.fail(reason)));
    held.clear();
  }

  /** What one effect throws is no reason to hold back the others. */
  private static void apart(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException e) {
      log.warn("an effect of an object failed to leave", e);
    }
  }

  boolean isEmpty() {
    return held.isEmpty();
  }
}
